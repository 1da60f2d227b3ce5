// Columns for tags, split, group, task and status, and the first rows shown as the pairs that they would become.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pairFilterSchema } from '../../src/shared/contract/pairs'
import { DrawingsService } from '../../src/main/engine/services/drawings'
import { previewPairs } from '../../src/main/engine/services/import/previewPairs'
import { inspectSource, openSource } from '../../src/main/engine/services/import/runImport'
import sharp from 'sharp'
import { importingTests } from '../helpers/importing'

const { newStore, importFrom, source } = importingTests()
const sides = { leftImage: 'file', leftText: null, rightImage: null, rightText: 'words' }
const table = [
  'file,words,labels,part,scene,kind,state,tags',
  '1.png,one,"red, big",val,s1,caption,accepted,not these',
  '2.png,two,red,train,s1,vqa,,',
  '3.png,three,,,,,rejected,',
  '4.png,four,,holdout,,,,',
  'none.png,five,,,,,,',
].join('\n')
const files = { 'pairs.csv': table, '1.png': 1, '2.png': 2, '3.png': 3, '4.png': 4 }

test('columns of any name feed tags, split, group, task and status', async () => {
  const path = join(await source(files), 'pairs.csv')
  const store = newStore()
  const { pairs, reasons } = await importFrom(store, path, { ...sides, tags: 'labels', split: 'part', group: 'scene', task: 'kind', status: 'state' })
  expect(pairs.map(({ right, tags, split, task, status }) => [right.text, tags.join(' '), split, task, status])).toEqual([
    ['one', 'big red', 'validation', 'caption', 'accepted'], ['two', 'red', 'train', 'vqa', 'unreviewed'], ['three', '', 'train', 'caption', 'rejected'],
  ])
  expect(pairs[0]?.groupId).toBe(pairs[1]?.groupId)
  expect(pairs[2]?.groupId).toBeNull()
  expect(reasons[0]).toContain('holdout')
})

test('a column of that name is taken unless told otherwise, and suggested where it is there', async () => {
  const path = join(await source(files), 'pairs.csv')
  expect((await inspectSource(path)).suggestedMapping).toEqual({ leftImage: 'file', leftText: null, rightImage: null, rightText: 'words', tags: 'tags' })
  const [taken, left] = [newStore(), newStore()]
  await importFrom(taken, path, sides)
  await importFrom(left, path, { ...sides, tags: null })
  const tagsOf = (store: typeof taken): string[] => store.pairs.list(pairFilterSchema.parse({}), 'oldest', 0, 1)[0]!.tags
  expect(tagsOf(taken)).toEqual(['not these'])
  expect(tagsOf(left)).toEqual([])
  await expect(importFrom(newStore(), path, { ...sides, group: 'nowhere' })).rejects.toMatchObject({ code: 'unknown-column' })
})

test('the first rows are shown as pairs with their pictures, and nothing is written', async () => {
  const path = join(await source(files), 'pairs.csv')
  const defaults = { task: 'caption', split: 'train' } as const
  const drawings = new DrawingsService()
  const opened = await openSource(path, { ...sides, tags: 'labels', split: 'part' }, defaults, null)
  const shown = await previewPairs(opened.rows(), defaults, drawings)
  expect(shown.map(({ location, isUsable }) => `${location} ${isUsable}`)).toEqual([2, 3, 4, 5, 6].map((row) => `pairs.csv, row ${row} ${row < 5}`))
  expect(shown[0]).toMatchObject({ left: { text: null }, right: { drawingId: null, text: 'one' }, split: 'validation', tags: ['red', 'big'], problem: null })
  expect(await sharp(drawings.file(shown[0]!.left.drawingId!).path).metadata()).toMatchObject({ width: 24, height: 16 })
  expect(shown[4]).toMatchObject({ left: { drawingId: null }, problem: expect.stringContaining('none.png') as string })
  drawings.dispose()
})
