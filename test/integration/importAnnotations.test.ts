// Annotation files of the published data sets, made small: COCO, Visual Genome, VQA, SugarCrepe, OI-Crop, MMEB.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inspectSource } from '../../src/main/engine/services/import/runImport'
import { importingTests } from '../helpers/importing'
import { picture } from '../helpers/pictures'

const { newStore, importFrom, source } = importingTests()
const large = async (seed: number): Promise<Buffer> => picture(seed, 200, 120).png().toBuffer()
const json = (value: unknown): string => JSON.stringify(value)

test('COCO captions: pictures beside the annotations, captions in any order, and what belongs to nothing', async () => {
  const path = await source({
    'val2017/000000000001.png': 1, 'val2017/000000000002.png': 2,
    'annotations/captions_val2017.json': json({
      info: { year: 2017 }, licenses: [{ id: 1 }],
      annotations: [
        { id: 10, image_id: 2, caption: ' two, "quoted" \\ and {braces] ' }, { id: 11, image_id: 1, caption: 'one' }, { id: 12, image_id: 1, caption: 'one again' },
        { id: 13, image_id: 7, caption: 'of nothing' }, { id: 14, image_id: 3, caption: 'lost' }, { id: 15, image_id: 1, bbox: [0, 0, 1, 1] }, { id: 16, image_id: 1, caption: '  ' },
      ],
      images: [{ id: 1, file_name: '000000000001.png' }, { id: 2, file_name: '000000000002.png' }, { id: 3, file_name: '000000000003.png' }],
    }),
  })
  const file = join(path, 'annotations', 'captions_val2017.json')
  const preview = await inspectSource(file)
  expect(preview).toMatchObject({ kind: 'coco', usesMapping: false, task: 'caption', rowCount: 7, columns: ['left picture', 'right text'] })
  expect(preview.sampleRows[1]).toEqual({ 'left picture': '000000000001.png', 'right text': 'one' })
  expect(preview.sampleProblems).toHaveLength(4)
  expect(preview.forms.map(form => form.kind)).toContain('json')
  const { pairs, problems, reasons } = await importFrom(newStore(), file)
  expect(pairs.map(pair => [pair.left, pair.right.text, pair.task])).toEqual([
    [{ imageId: 1, text: null }, 'two, "quoted" \\ and {braces]', 'caption'], [{ imageId: 2, text: null }, 'one', 'caption'], [{ imageId: 2, text: null }, 'one again', 'caption'],
  ])
  expect(problems).toEqual(['4: broken-row', '5: missing-picture', '6: broken-row', '7: empty-caption'].map(end => `captions_val2017.json, annotation ${end}`))
  expect(reasons[1]).toContain('Put the pictures there and import again')
})

test('Visual Genome regions: crops as recipes, small and covering regions left out, four to a group', async () => {
  const region = (id: number, x: number, y: number, width: number, height: number) => ({ region_id: id, image_id: 5, phrase: `phrase ${id}`, x, y, width, height })
  const path = await source({
    'VG_100K/5.png': await large(5), 'VG_100K_2/6.png': await large(6),
    'region_descriptions.json': json([
      { id: 5, regions: [
        region(1, 0, 0, 40, 40), region(2, 5, 5, 40, 40), region(3, 50, 0, 40, 40), region(4, 100, 0, 20, 60), region(5, 100, 0, 40, 40), region(6, 150, 0, 60, 40), region(7, 0, 60, 40, 40),
        region(8, 500, 500, 40, 40), { region_id: 9, phrase: 'no box' }, region(10, -4, 105, 45, 45),
      ] },
      { id: 6, regions: [{ region_id: 20, phrase: 'other', x: 10, y: 10, width: 50, height: 60 }] },
      { id: 7, regions: [region(30, 0, 0, 40, 40)] },
    ]),
  })
  const file = join(path, 'region_descriptions.json')
  const store = newStore()
  const { pairs, problems, reasons } = await importFrom(store, file)
  const groupIds = [...new Set(pairs.map(pair => pair.groupId))]
  expect(pairs.map(pair => [pair.left.text, pair.task, groupIds.indexOf(pair.groupId) + 1])).toEqual([
    ['phrase 1', 'region', 1], ['phrase 3', 'region', 1], ['phrase 5', 'region', 1], ['phrase 6', 'region', 1], ['phrase 7', 'region', 2], ['phrase 10', 'region', 2], ['other', 'region', 3],
  ])
  const crop = store.images.get(pairs[3]!.right.imageId!)
  expect(crop).toMatchObject({ widthPx: 50, heightPx: 40, sourceImageId: pairs[3]!.left.imageId, relativePath: null, recipe: { cropBoxPx: { left: 150, top: 0, width: 50, height: 40 }, flip: null, rotateDegrees: 0 } })
  expect(problems).toEqual([
    'region_descriptions.json, item 1 (picture 5), region 9: broken-row', 'region_descriptions.json, item 3 (picture 7): missing-picture',
    'region_descriptions.json: left-out', 'region_descriptions.json, item 1 (picture 5), region 8: bad-box',
  ])
  expect(reasons.at(2)).toMatch(/^2 regions were left out/)
  // Cut at the edges of the picture.
  expect(store.images.get(pairs[5]!.right.imageId!).recipe?.cropBoxPx).toEqual({ left: 0, top: 105, width: 41, height: 15 })
  expect(await importFrom(store, file)).toMatchObject({ record: { addedPairCount: 0, knownPairCount: 7 } })
})

test('Visual Genome questions: four of a picture to a group', async () => {
  const path = await source({
    'images/1.png': 1,
    'question_answers.json': json([{ id: 1, qas: [1, 2, 3, 4, 5].map(number => ({ qa_id: number, image_id: 1, question: `What is ${number}?`, answer: number === 5 ? '' : `It is ${number}.` })) }, { qas: 3 }]),
  })
  const { pairs, problems } = await importFrom(newStore(), join(path, 'question_answers.json'))
  expect(pairs.map(pair => [pair.left, pair.right.text, pair.task, pair.groupId])).toEqual([1, 2, 3, 4].map(number => [{ imageId: 1, text: `What is ${number}?` }, `It is ${number}.`, 'vqa', 1]))
  expect(problems).toEqual(['question_answers.json, item 1 (picture 1), question 5: empty-caption', 'question_answers.json, item 2: broken-row'])
})

test('VQA: questions and answers in two files, either of them chosen; the answer of most people', async () => {
  const questions = { data_subtype: 'val2014', questions: [{ image_id: 9, question: 'Red?', question_id: 90 }, { image_id: 9, question: 'How many?', question_id: 91 }, { image_id: 9, question: 'Unanswered?', question_id: 92 }] }
  const annotations = { annotations: [{ question_id: 91, image_id: 9, answers: ['2', '3', '3'].map(answer => ({ answer })) }, { question_id: 90, image_id: 9, multiple_choice_answer: 'yes', answers: [{ answer: 'no' }] }] }
  const path = await source({ 'val2014/COCO_val2014_000000000009.png': 9, 'q/v2_OpenEnded_mscoco_val2014_questions.json': json(questions), 'q/v2_mscoco_val2014_annotations.json': json(annotations), 'alone/x_questions.json': json(questions) })
  // The published pictures are JPEG files.
  writeFileSync(join(path, 'val2014', 'COCO_val2014_000000000009.jpg'), await picture(9).jpeg().toBuffer())
  for (const name of ['v2_OpenEnded_mscoco_val2014_questions.json', 'v2_mscoco_val2014_annotations.json']) {
    const { pairs, problems } = await importFrom(newStore(), join(path, 'q', name))
    expect(pairs.map(pair => [pair.left.text, pair.right.text, pair.task, pair.groupId])).toEqual([['Red?', 'yes', 'vqa', 1], ['How many?', '3', 'vqa', 1]])
    expect(problems).toEqual(['v2_OpenEnded_mscoco_val2014_questions.json, question 92: empty-caption'])
  }
  await expect(importFrom(newStore(), join(path, 'alone', 'x_questions.json'))).rejects.toMatchObject({ code: 'bad-input', advice: expect.stringContaining('annotations') as string })
})

test('SugarCrepe: the negative is a rejected pair of the same group', async () => {
  const path = await source({ 'val2017/1.png': 1, 'swap_obj.json': json({ 0: { filename: '1.png', caption: 'a dog on a mat', negative_caption: 'a mat on a dog' }, 1: { filename: '1.png', caption: 'x' } }) })
  const { pairs, problems } = await importFrom(newStore(), join(path, 'swap_obj.json'))
  expect(pairs.map(pair => [pair.right.text, pair.status, pair.tags, pair.groupId])).toEqual([['a dog on a mat', 'unreviewed', [], 1], ['a mat on a dog', 'rejected', ['wrong candidate'], 1]])
  expect(problems).toEqual(['swap_obj.json, item 1: broken-row'])
})

test('OI-Crop and OI-Pos: the first sample is right, boxes are edges', async () => {
  const sample = (id: string, left: number) => ({ ImageID: id, bbox: { XMin: left, XMax: left + 30, YMin: 10, YMax: 50 } })
  const item = (target: string, first: string) => ({ query_img: 'a.png', query_target: target, retrieval_samples: [sample(first, 5), sample('b.png', 60)] })
  const path = await source({
    'test/a.png': await large(1), 'test/b.png': await large(2),
    'oi_crop.json': json({ meta: { subset: 'test' }, data: [item('dog', 'a.png'), item('lost', 'none.png')] }),
    'oi_pos.json': json({ meta: { subset: 'test' }, data: { left: [item('dog on the left', 'a.png')], right: [item('dog on the right', 'b.png')] } }),
  })
  const store = newStore()
  const { pairs, problems } = await importFrom(store, join(path, 'oi_crop.json'))
  expect(pairs.map(pair => [pair.left.text, pair.task, pair.status, store.images.get(pair.right.imageId!).recipe?.cropBoxPx])).toEqual([
    ['dog', 'region', 'unreviewed', { left: 5, top: 10, width: 30, height: 40 }], ['dog', 'region', 'rejected', { left: 60, top: 10, width: 30, height: 40 }],
  ])
  expect(problems).toEqual(['oi_crop.json, item 2, candidate 1: missing-picture'])
  expect((await inspectSource(join(path, 'oi_pos.json'))).kind).toBe('crop-choice')
  expect((await importFrom(newStore(), join(path, 'oi_pos.json'))).pairs.map(pair => pair.left.text)).toEqual(['dog on the left', 'dog on the left', 'dog on the right', 'dog on the right'])
})

test('MMEB: evaluation and training rows, picture marks taken off, at most nine wrong targets', async () => {
  const path = await source({
    'images/1.png': 1, 'images/2.png': 2,
    'eval.jsonl': [
      { qry_text: '<|image_1|>\nWhat is it?', qry_img_path: 'images/1.png', tgt_text: Array.from({ length: 12 }, (_, index) => `answer ${index}`), tgt_img_path: [''] },
      { qry_text: 'the blue one', qry_img_path: 'images/1.png', tgt_text: ['', ''], tgt_img_path: ['images/2.png', 'images/9.png'] }, { other: 1 },
    ].map(json).join('\n'),
    'train.json': json([{ qry: 'find a dog', qry_image_path: '', pos_text: '<|image_1|>', pos_image_path: 'images/1.png', neg_text: '', neg_image_path: 'images/2.png' }]),
  })
  const { pairs, problems } = await importFrom(newStore(), join(path, 'eval.jsonl'))
  expect(pairs.slice(0, 2).map(pair => [pair.left.text, pair.right.text, pair.task, pair.status])).toEqual([['What is it?', 'answer 0', 'vqa', 'unreviewed'], ['What is it?', 'answer 1', 'vqa', 'rejected']])
  expect(pairs).toHaveLength(11)
  expect(pairs[10]).toMatchObject({ left: { text: 'the blue one' }, right: { text: null }, task: 'compose', status: 'unreviewed' })
  expect(problems).toEqual(['eval.jsonl, line 2, candidate 2: missing-picture', 'eval.jsonl, line 3: broken-row', 'eval.jsonl: left-out'])
  const train = await importFrom(newStore(), join(path, 'train.json'))
  expect(train.pairs.map(pair => [pair.left, pair.right.text, pair.status])).toEqual([[{ imageId: null, text: 'find a dog' }, null, 'unreviewed'], [{ imageId: null, text: 'find a dog' }, null, 'rejected']])
})

test('a JSON list of objects is a table; the form can be chosen against the suggestion', async () => {
  const path = await source({ '1.png': 1, 'list.json': json([{ image: '1.png', caption: 'one' }, 'not an object']), 'strange.json': json({ a: 1 }), 'words.json': json('hello') })
  expect(await inspectSource(join(path, 'list.json'))).toMatchObject({ kind: 'json', usesMapping: true, suggestedMapping: { leftImage: 'image', rightText: 'caption' } })
  const { pairs, problems } = await importFrom(newStore(), join(path, 'list.json'))
  expect([pairs.map(pair => pair.right.text), problems]).toEqual([['one'], ['list.json, item 2: broken-row']])
  await expect(inspectSource(join(path, 'strange.json'))).rejects.toMatchObject({ code: 'bad-input' })
  await expect(inspectSource(join(path, 'words.json'))).rejects.toMatchObject({ code: 'bad-input' })
  expect((await importFrom(newStore(), join(path, 'list.json'), null, { kind: 'coco' })).pairs).toEqual([])
  await expect(inspectSource(join(path, 'list.json'), { kind: 'csv' })).rejects.toMatchObject({ code: 'bad-input', advice: expect.stringContaining('JSON list') as string })
})

test('a file that was cut short gives its rows and one problem; annotations without any picture are refused', async () => {
  const whole = json({ images: [{ id: 1, file_name: '1.png' }], annotations: [{ image_id: 1, caption: 'one' }, { image_id: 1, caption: 'two' }] })
  const path = await source({ '1.png': 1, 'cut.json': whole.slice(0, -20) })
  const { pairs, problems, reasons } = await importFrom(newStore(), join(path, 'cut.json'))
  expect([pairs.map(pair => pair.right.text), problems]).toEqual([['one'], ['cut.json: broken-file']])
  expect(reasons[0]).toContain('cut short')
  const bare = await source({ 'deep/er/captions.json': whole })
  await expect(importFrom(newStore(), join(bare, 'deep', 'er', 'captions.json'))).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('no picture') as string })
})
