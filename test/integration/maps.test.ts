// Maps of a real project through the real layout thread: made, kept, told to be out of date, coloured, filtered, cancelled.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PairMap } from '../../src/shared/contract/maps'
import { type ColourProject, openColourProject } from '../helpers/colourProject'

let project: ColourProject
const named = { modelId: null, side: 'pair', method: 'pca' } as const

const make = async (input: Partial<Parameters<ColourProject['client']['maps']['make']>[0]> = {}) => {
  const { jobId } = await project.client.maps.make({ ...named, ...input })
  return project.waitForJob(jobId)
}
const bytesOf = (arrayId: string): ArrayBuffer => Uint8Array.from(readFileSync(project.engine.services.arrays.file(arrayId).path)).buffer
const pointsOf = ({ pointsId, pairCount }: PairMap) => {
  const bytes = bytesOf(pointsId)
  return { pairIds: [...new Int32Array(bytes, 0, pairCount)], places: [...new Float32Array(bytes, pairCount * 4)] }
}
const get = async (): Promise<PairMap> => {
  const map = await project.client.maps.get(named)
  expect(map).not.toBeNull()
  return map!
}

beforeAll(async () => { project = await openColourProject() })
afterAll(() => project?.dispose())

describe('a map of the project', () => {
  it('is null until it is made, and cannot be coloured', async () => {
    expect(await project.client.maps.get(named)).toBeNull()
    await expect(project.client.maps.colour({ ...named, field: 'status' })).rejects.toThrow('no such map')
  })

  it('has every pair once, in −1…1, after embedding what was not embedded', async () => {
    const job = await make()
    expect([job.state, job.summary]).toEqual(['done', '24 pairs on the map'])
    const map = await get()
    expect(map).toMatchObject({ pairCount: 24, sampleCount: 24, newCount: 0, changedCount: 0, method: 'pca', side: 'pair' })
    expect(map.explained).toBeGreaterThan(0.3)
    const { pairIds, places } = pointsOf(map)
    expect(pairIds).toEqual(Array.from({ length: 24 }, (_, index) => index + 1))
    expect(places).toHaveLength(48)
    expect(Math.max(...places.map(Math.abs))).toBeCloseTo(1, 5)
  })

  it('puts pairs of one colour beside each other', async () => {
    const { places } = pointsOf(await get())
    const distance = (a: number, b: number): number => Math.hypot(places[a * 2]! - places[b * 2]!, places[a * 2 + 1]! - places[b * 2 + 1]!)
    // Pairs 1 to 6 and 10 to 15 are the caption pairs of train and validation, in the same order of colours.
    for (let colour = 0; colour < 6; colour++) expect(distance(colour, 9 + colour)).toBeLessThan(distance(colour, (colour + 3) % 6))
  })

  it('has points of its own for a side and for UMAP, the same again for the same seed', async () => {
    expect((await make({ side: 'left', method: 'umap', neighbourCount: 4, seed: 3 })).state).toBe('done')
    const first = await project.client.maps.get({ modelId: null, side: 'left', method: 'umap' })
    expect(first).toMatchObject({ seed: 3, neighbourCount: 4, explained: null })
    await make({ side: 'left', method: 'umap', neighbourCount: 4, seed: 3 })
    expect((await project.client.maps.get({ modelId: null, side: 'left', method: 'umap' }))!.pointsId).toBe(first!.pointsId)
    expect((await get()).pointsId).not.toBe(first!.pointsId)
  })

  it('is there after the project was opened again', async () => {
    const before = await get()
    await project.reopen()
    expect(pointsOf(await get())).toEqual(pointsOf(before))
  })
})

describe('what a map shows', () => {
  it('counts what the model would see differently, and not what was decided', async () => {
    const pair = await project.client.pairs.get({ id: 2 })
    await decide([1, 2, 3])
    expect(await get()).toMatchObject({ newCount: 0, changedCount: 0 })
    await project.client.pairs.editText({ id: 2, side: 'right', text: 'a purple card', revision: (await project.client.pairs.get({ id: pair.id })).revision })
    expect(await get()).toMatchObject({ newCount: 0, changedCount: 1 })
    await project.client.history.undo({})
    expect(await get()).toMatchObject({ newCount: 0, changedCount: 0 })
  })

  it('is coloured by categories in the order of its points', async () => {
    const colour = await project.client.maps.colour({ ...named, field: 'status' })
    if (colour.kind !== 'category') throw new Error('Status has categories.')
    expect(colour.categories.map(({ value, count }) => [value, count])).toEqual([['unreviewed', 0], ['accepted', 21], ['rejected', 3]])
    expect([...new Uint8Array(bytesOf(colour.valuesId))].slice(0, 5)).toEqual([2, 2, 2, 1, 1])
  })

  it('is coloured by tags, the commonest of a pair, with a place for those without', async () => {
    await tag([4, 5, 6], 'common')
    await tag([6, 7], 'rare')
    const colour = await project.client.maps.colour({ ...named, field: 'tag' })
    if (colour.kind !== 'category') throw new Error('Tags are categories.')
    expect(colour.categories.map(({ label, count }) => [label, count])).toEqual([['common', 3], ['rare', 1], ['No tag', 20]])
    expect([...new Uint8Array(bytesOf(colour.valuesId))].slice(3, 8)).toEqual([0, 0, 0, 1, 2])
  })

  it('is coloured by numbers, with no number where there is none', async () => {
    const colour = await project.client.maps.colour({ ...named, field: 'rightLength' })
    if (colour.kind !== 'gradient') throw new Error('A length is a number.')
    const values = new Float32Array(bytesOf(colour.valuesId))
    expect([colour.lowest, colour.highest, colour.missingCount]).toEqual(['a red card of the test set'.length, 'a magenta card of the validation set'.length, 6])
    expect(values[0]).toBe('a red card of the train set'.length)
    expect(values[6]).toBeNaN()
  })
})

describe('a filter on a map', () => {
  it('marks the points that match', async () => {
    const { valuesId, matchCount } = await project.client.maps.match({ ...named, filter: { query: 'task:edit' } })
    expect(matchCount).toBe(6)
    expect([...new Uint8Array(bytesOf(valuesId))].flatMap((mark, place) => (mark ? [place + 1] : []))).toEqual([7, 8, 9, 22, 23, 24])
  })
})

describe('a map that is cancelled', () => {
  it('ends at once and leaves no map behind', async () => {
    let open: () => void = () => undefined
    project.compute.gate = new Promise((resolve) => { open = resolve })
    // One text that no cache has, so that the job waits in its embedding.
    const { revision } = await project.client.pairs.get({ id: 10 })
    await project.client.pairs.editText({ id: 10, side: 'right', text: 'a card of no known colour', revision })
    const { jobId } = await project.client.maps.make({ modelId: null, side: 'right', method: 'umap' })
    await project.client.jobs.cancel({ jobId })
    open()
    expect((await project.waitForJob(jobId)).state).toBe('cancelled')
    expect(await project.client.maps.get({ modelId: null, side: 'right', method: 'umap' })).toBeNull()
  })
})

const decide = (ids: number[]) => project.client.pairs.setStatus({ scope: { ids }, status: 'rejected' })
const tag = (ids: number[], name: string) => project.client.pairs.addTag({ scope: { ids }, tag: name })
