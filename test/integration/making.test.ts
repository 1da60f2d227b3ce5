// Making pairs through the contract, on a real project: every act can be undone and repeated, also after a restart.
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Pair } from '../../src/shared/contract/entities'
import type { PairScope } from '../../src/shared/contract/pairs'
import { transformFamilies, transformFamilyNames } from '../../src/shared/imageTransforms'
import { openColourProject, type ColourProject } from '../helpers/colourProject'
import { picture } from '../helpers/pictures'

let project: ColourProject
beforeEach(async () => { project = await openColourProject() })
afterEach(() => project.dispose())

const all = (query = ''): PairScope => ({ filter: { query }, except: [] })
const list = async (query = ''): Promise<Pair[]> => (await project.client.pairs.list({ filter: { query }, limit: 500 })).pairs
const total = async (): Promise<number> => (await project.client.pairs.list({})).total
const content = ({ revision: _revision, updatedAtMs: _updatedAtMs, ...rest }: Pair): object => rest
const upload = async (seed: number, width = 300, height = 200) =>
  ({ kind: 'query' as const, queryImageId: await project.engine.services.images.addQueryImage(await picture(seed, width, height).png().toBuffer(), `picture ${seed}.png`) })

async function newPicture(seed = 1): Promise<number> {
  const { pairs } = await project.client.make.addPairs({ pairs: [{ left: { image: await upload(seed) }, right: { text: 'noise' }, task: 'caption' }] })
  return pairs[0]!.left.imageId!
}

describe('regions', () => {
  const box = (left: number, top: number, width = 60, height = 50) => ({ left, top, width, height })

  it('are a picture with a phrase and its part, four to a group', async () => {
    const imageId = await newPicture()
    const made: Pair[] = []
    for (let index = 0; index < 6; index++) {
      made.push(...(await project.client.make.addRegion({ imageId, box: box(40 * index, 10), phrase: `part ${index}` })).pairs)
    }
    expect(made[0]).toMatchObject({ task: 'region', status: 'accepted', split: 'train', left: { imageId, text: 'part 0' }, right: { text: null } })
    expect(new Set(made.slice(0, 4).map(({ groupId }) => groupId)).size).toBe(1)
    expect(new Set(made.slice(4).map(({ groupId }) => groupId)).size).toBe(1)
    expect(made[4]!.groupId).not.toBe(made[0]!.groupId)
    const shown = await project.client.make.getPicture({ imageId })
    expect(shown).toMatchObject({ widthPx: 300, heightPx: 200, split: 'train', countByTask: { caption: 1, region: 6 } })
    expect(shown.regions.map((region) => region.box)).toEqual([0, 1, 2, 3, 4, 5].map((index) => box(40 * index, 10)))
    // The part is drawn from the picture, and its own page leads back to it.
    const file = await project.engine.services.images.imageFile(made[2]!.right.imageId!, 'full')
    expect(await sharp(file.path).metadata()).toMatchObject({ width: 60, height: 50 })
    expect((await project.client.make.getPicture({ imageId: made[2]!.right.imageId! })).imageId).toBe(imageId)
  })

  it('are changed and undone; a stale change is refused', async () => {
    const imageId = await newPicture()
    const [pair] = (await project.client.make.addRegion({ imageId, box: box(0, 0), phrase: 'corner' })).pairs
    const { pairs, history } = await project.client.make.changeRegion({ id: pair!.id, box: box(10, 20), phrase: 'inside', revision: pair!.revision })
    expect(pairs[0]).toMatchObject({ left: { text: 'inside' }, groupId: pair!.groupId })
    expect(history.undoLabel).toBe('change a region')
    await expect(project.client.make.changeRegion({ id: pair!.id, box: box(0, 0), phrase: 'late', revision: pair!.revision })).rejects.toMatchObject({ code: 'conflict' })
    await project.client.history.undo({})
    expect((await project.client.make.getPicture({ imageId })).regions[0]).toMatchObject({ box: box(0, 0), pair: { left: { text: 'corner' } } })
  })

  it('leave no picture behind when they are undone, and come back whole after a restart', async () => {
    const imageId = await newPicture()
    const imagesBefore = (await project.client.project.get({})).imageCount
    const [pair] = (await project.client.make.addRegion({ imageId, box: box(0, 0), phrase: 'corner' })).pairs
    expect((await project.client.project.get({})).imageCount).toBe(imagesBefore + 1)
    await project.client.history.undo({})
    expect((await project.client.project.get({})).imageCount).toBe(imagesBefore)
    expect((await project.client.make.getPicture({ imageId })).regions).toEqual([])
    await project.reopen()
    await project.client.history.redo({})
    expect(content((await project.client.pairs.get({ id: pair!.id })))).toEqual(content(pair!))
    expect((await project.client.project.get({})).imageCount).toBe(imagesBefore + 1)
  })

  it('are refused outside of the picture, and on parts', async () => {
    const imageId = await newPicture()
    await expect(project.client.make.addRegion({ imageId, box: box(280, 0), phrase: 'out' })).rejects.toThrow(/reaches outside the picture of 300 × 200/)
    const [pair] = (await project.client.make.addRegion({ imageId, box: box(0, 0), phrase: 'corner' })).pairs
    await expect(project.client.make.addRegion({ imageId: pair!.right.imageId!, box: box(0, 0, 5, 5), phrase: 'part of a part' })).rejects.toThrow(/itself made from picture/)
    await expect(project.client.make.addRegion({ imageId, box: box(0, 0), phrase: '   ' })).rejects.toThrow()
  })
})

it('questions of one picture fill groups of four, also over several calls', async () => {
  const imageId = await newPicture()
  const ask = async (count: number): Promise<Pair[]> =>
    (await project.client.make.addQuestions({ imageId, items: Array.from({ length: count }, (_, index) => ({ question: `what ${index}?`, answer: `that ${index}` })) })).pairs
  const made = [...await ask(3), ...await ask(3)]
  const groups = made.map(({ groupId }) => groupId)
  expect(groups.slice(0, 4).every((id) => id === groups[0])).toBe(true)
  expect(groups[4]).toBe(groups[5])
  expect(groups[4]).not.toBe(groups[0])
  expect((await project.client.make.getPicture({ imageId })).questions).toHaveLength(6)
  expect((await project.client.history.undo({})).history.redoLabel).toBe('ask 3 questions')
  expect((await project.client.make.getPicture({ imageId })).questions).toHaveLength(3)
})

it('an edit and its way back are one group and one act', async () => {
  const before = await total()
  const { pairs } = await project.client.make.addEdit({
    before: await upload(5), after: await upload(6), text: 'add a hat', caption: 'a cat with a hat', inverse: { text: 'remove a hat', caption: null },
  })
  expect(pairs).toHaveLength(2)
  const [there, back] = pairs as [Pair, Pair]
  expect(there).toMatchObject({ task: 'edit', left: { text: 'add a hat' }, right: { text: 'a cat with a hat' } })
  expect(back).toMatchObject({ left: { imageId: there.right.imageId, text: 'remove a hat' }, right: { imageId: there.left.imageId, text: null } })
  expect(there.groupId).toBe(back.groupId)
  await project.client.history.undo({})
  expect(await total()).toBe(before)
  await expect(project.client.make.addEdit({ before: await upload(5), after: await upload(5), text: 'nothing' })).rejects.toThrow(/same one/)
})

it('dropped things become pairs of the split of their picture; a side with nothing is refused before anything is made', async () => {
  const [test] = await list('split:test task:caption')
  const { pairs } = await project.client.make.addPairs({ pairs: [
    { left: { image: { kind: 'project', imageId: test!.left.imageId! } }, right: { text: 'again' }, task: 'caption' },
    { left: { text: 'a' }, right: { text: 'b' }, task: 'compose' },
  ] })
  expect(pairs.map(({ split }) => split)).toEqual(['test', 'train'])
  const before = await total()
  await expect(project.client.make.addPairs({ pairs: [{ left: { text: 'a' }, right: {}, task: 'caption' }] })).rejects.toThrow(/Pair 1 of 1/)
  expect(await total()).toBe(before)
})

describe('acts on whole pairs', () => {
  it('delete with tags, groups and judgements, and bring them back', async () => {
    const [first, second] = await list('task:caption') as [Pair, Pair]
    await project.client.pairs.addTag({ scope: { ids: [first.id] }, tag: 'kept' })
    await project.client.make.addQuestions({ imageId: first.left.imageId!, items: [{ question: 'q', answer: 'a' }] })
    const { candidates } = await project.waitForJob((await project.client.negatives.mine({ perPair: 2 })).jobId).then(() => project.client.negatives.listCandidates({}))
    await project.client.negatives.judge({ pairId: candidates[0]!.pair.id, otherPairId: candidates[0]!.other.id, verdict: 'negative' })
    const before = (await list()).map(content)
    const judged = (await project.client.project.get({})).judgementCount
    const { changedCount, history } = await project.client.make.removePairs({ scope: all('split:train') })
    expect(history.undoLabel).toBe(`delete ${changedCount} pairs`)
    expect(await total()).toBe(before.length - changedCount)
    await project.reopen()
    await project.client.history.undo({})
    expect((await list()).map(content)).toEqual(before)
    expect((await project.client.project.get({})).judgementCount).toBe(judged)
    expect((await list('text:card'))[0]).toBeDefined()
    await project.client.history.redo({})
    expect((await list()).find(({ id }) => id === second.id)).toBeUndefined()
  })

  it('duplicate, swap and change the task, each undone', async () => {
    const before = (await list()).map(content)
    const edits = await list('task:edit split:train')
    const ids = edits.map(({ id }) => id)
    const copies = (await project.client.make.duplicatePairs({ scope: { ids } })).pairs
    expect(copies.map(({ left, right, task }) => ({ left, right, task }))).toEqual(edits.map(({ left, right, task }) => ({ left, right, task })))
    const swapped = (await project.client.make.swapSides({ scope: { ids } })).pairs
    expect(swapped.map(({ left, right }) => [left, right])).toEqual(edits.map(({ left, right }) => [right, left]))
    const { pairs, changedCount } = await project.client.make.setTask({ scope: all('task:edit,caption split:train'), task: 'compose' })
    expect(changedCount).toBe(12)
    expect(pairs.every(({ task }) => task === 'compose')).toBe(true)
    for (let step = 0; step < 3; step++) await project.client.history.undo({})
    expect((await list()).map(content)).toEqual(before)
  })

  it('change nothing and leave no entry where there is nothing to do', async () => {
    expect(await project.client.make.setTask({ scope: all('task:caption'), task: 'caption' })).toMatchObject({ changedCount: 0, history: { undoLabel: null } })
    expect(await project.client.make.removePairs({ scope: all('nowhere') })).toMatchObject({ changedCount: 0, history: { undoLabel: null } })
  })
})

describe('transformations', () => {
  const options = { plainPercent: 0, seed: 4 }
  const start = async (scope = all(), other: object = {}) => project.waitForJob((await project.client.make.startTransforms({ scope, options: { ...options, ...other } })).jobId)

  it('are made as the preview says, in whole groups, as one act', async () => {
    const before = (await list()).map(content)
    const images = (await project.client.project.get({})).imageCount
    const preview = await project.client.make.previewTransforms({ scope: all(), options })
    expect(preview).toMatchObject({ pictureCount: 18, chosenCount: 18, isEstimate: false })
    const job = await start()
    expect(job).toMatchObject({ state: 'done', summary: `${preview.pairCount} pairs in 18 groups from 18 pictures` })
    const made = await list('task:transform')
    expect(made).toHaveLength(preview.pairCount)
    const groups = new Map<number | null, Pair[]>()
    for (const pair of made) groups.set(pair.groupId, [...(groups.get(pair.groupId) ?? []), pair])
    expect(groups.size).toBe(18)
    const sizes = new Set(Object.values(transformFamilies).map(({ groupSize }) => groupSize))
    for (const pairs of groups.values()) expect(sizes).toContain(pairs.length)
    // No group leaves the split of its picture.
    for (const pairs of groups.values()) expect(new Set(pairs.map(({ split }) => split)).size).toBe(1)
    const { history } = await project.client.history.undo({})
    expect(history.redoLabel).toBe(`make transformations: ${made.length} pairs`)
    expect((await list()).map(content)).toEqual(before)
    expect((await project.client.project.get({})).imageCount).toBe(images)
    await project.client.history.redo({})
    expect((await list('task:transform')).map(content)).toEqual(made.map(content))
  })

  it('add only what is missing the second time, and keep most pictures plain by default', async () => {
    await start()
    const count = (await list('task:transform')).length
    expect((await start()).summary).toBe('0 pairs in 0 groups from 18 pictures')
    expect((await list('task:transform')).length).toBe(count)
    const preview = await project.client.make.previewTransforms({ scope: all(), options: { seed: 4 } })
    expect(preview.chosenCount).toBeLessThan(9)
  })

  it('take only the pictures of the scope, and only chosen families', async () => {
    await start(all('split:test'), { families: ['crop'] })
    const made = await list('task:transform')
    expect(made).toHaveLength(6 * 9)
    expect(made.every(({ left, split }) => split === 'test' && left.text!.startsWith('crop to '))).toBe(true)
  })

  it('draw an example of every family, and the tokenizer is given the same pixels', async () => {
    const { example } = await project.client.make.previewTransforms({ scope: all(), options })
    expect(example!.groups.map(({ family }) => family)).toEqual([...transformFamilyNames])
    for (const { family, items } of example!.groups) {
      expect(items).toHaveLength(transformFamilies[family].groupSize)
      for (const { leftDrawingId, rightDrawingId } of items) {
        const drawingId = (leftDrawingId ?? rightDrawingId)!
        expect(await sharp(project.engine.services.drawings.file(drawingId).path).metadata()).toMatchObject({ format: 'png', width: 8, height: 8 })
      }
    }
    await start(all(), { families: ['grayscale'] })
    const [pair] = await list('task:transform left:grayscale')
    const input = project.engine.services.images.modelInput(pair!.right.imageId!)
    expect(input.recipe).toMatchObject({ grayscale: true })
    const { data } = await sharp((await project.engine.services.images.imageFile(pair!.right.imageId!, 'thumbnail')).path).raw().toBuffer({ resolveWithObject: true })
    expect(Math.max(...data.subarray(0, 3)) - Math.min(...data.subarray(0, 3))).toBeLessThan(4)
  })
})

describe('templates', () => {
  it('write texts as the preview says, and undo them', async () => {
    await project.client.pairs.addTag({ scope: all('task:caption split:test'), tag: 'card' })
    const before = (await list()).map(content)
    const options = { template: 'a photo of {tag|article} in {file|words}', side: 'right' as const }
    const preview = await project.client.make.previewTemplate({ scope: all(), options })
    expect(preview).toMatchObject({ pairCount: 24, changeCount: 6, missing: { tag: 18 }, isEstimate: false })
    expect(preview.examples[0]!.after).toMatch(/^a photo of a card in \d+ \d+ \d+$/)
    const job = await project.waitForJob((await project.client.make.startTemplate({ scope: all(), options })).jobId)
    expect(job.summary).toBe('6 texts written, 18 pairs left as they were')
    expect(await list('right:"a photo of a card in"')).toHaveLength(6)
    expect((await project.client.history.get({})).undoLabel).toBe('write the right text of 6 pairs by a template')
    await project.client.history.undo({})
    expect((await list()).map(content)).toEqual(before)
  })

  it('keep texts where only empty ones are wanted, and name the known fields', async () => {
    const preview = await project.client.make.previewTemplate({ scope: all('task:edit'), options: { template: 'result of {leftText}', side: 'right', onlyEmpty: true } })
    expect(preview).toMatchObject({ pairCount: 6, changeCount: 6 })
    expect(await project.client.make.previewTemplate({ scope: all('task:edit'), options: { template: 'x', side: 'left', onlyEmpty: true } })).toMatchObject({ changeCount: 0 })
    await expect(project.client.make.startTemplate({ scope: all(), options: { template: '{colour}', side: 'left' } })).rejects.toMatchObject({ data: { advice: expect.stringContaining('{leftText}, {rightText}, {tag}') as string } })
  })
})

describe('splits', () => {
  it('move as the preview says, with nothing torn apart, as one act', async () => {
    const before = (await list()).map(content)
    const options = { shares: { train: 50, validation: 25, test: 25 }, seed: 3 }
    const preview = await project.client.make.previewSplits({ scope: all(), options })
    expect(preview).toMatchObject({ pairCount: 24, leaksBefore: { setCount: 0 }, leaksAfter: { setCount: 0 } })
    await project.waitForJob((await project.client.make.startSplits({ scope: all(), options })).jobId)
    const after = await list()
    const count = (split: string): number => after.filter((pair) => pair.split === split).length
    const sum = (split: 'train' | 'validation' | 'test'): number => Object.values(preview.after).reduce((total, of) => total + of[split], 0)
    for (const split of ['train', 'validation', 'test'] as const) expect(count(split)).toBe(sum(split))
    // Red, green, blue and yellow of one split are tied by edits: pictures share their split.
    const splitOfPicture = new Map<number, string>()
    for (const pair of after) for (const imageId of [pair.left.imageId, pair.right.imageId]) {
      if (imageId === null) continue
      expect(splitOfPicture.get(imageId) ?? pair.split).toBe(pair.split)
      splitOfPicture.set(imageId, pair.split)
    }
    expect((await project.client.history.get({})).undoLabel).toBe(`split ${preview.movedCount} pairs`)
    await project.client.history.undo({})
    expect((await list()).map(content)).toEqual(before)
  })

  it('tell leaks of regions, groups and pictures, and hold what is tied to pairs outside of the scope', async () => {
    const imageId = await newPicture()
    const [region] = (await project.client.make.addRegion({ imageId, box: { left: 0, top: 0, width: 50, height: 50 }, phrase: 'corner' })).pairs
    await project.client.pairs.setSplit({ scope: { ids: [region!.id] }, split: 'test' })
    const onlyRegion = await project.client.make.previewSplits({ scope: { ids: [region!.id] }, options: { shares: { train: 0, validation: 0, test: 1 } } })
    expect(onlyRegion).toMatchObject({ leaksBefore: { setCount: 1, pairCount: 2 }, heldCount: 1, movedCount: 1, leaksAfter: { setCount: 0 } })
    await expect(project.client.make.previewSplits({ scope: all(), options: { shares: { train: 0, validation: 0, test: 0 } } })).rejects.toThrow(/No split has a share/)
  })
})
