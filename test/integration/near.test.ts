// The semantic filter on a real project: near a text, a picture or both; as a term that combines with all others.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ColourProject, openColourProject } from '../helpers/colourProject'

let project: ColourProject
const list = async (query: string, sort: 'oldest' | 'nearest' = 'oldest') => (await project.client.pairs.list({ filter: { query }, sort })).pairs.map(({ id }) => id)

beforeAll(async () => { project = await openColourProject() })
afterAll(() => project?.dispose())

describe('near', () => {
  it('says what to do where nothing is embedded, and for an empty query', async () => {
    await expect(project.client.near.find({ text: 'red' })).rejects.toThrow('No pair has an embedding')
    await expect(project.client.near.find({ text: '  ' })).rejects.toThrow('nothing to be near to')
    await project.waitForJob((await project.client.embeddings.refresh({})).jobId)
  })

  it('gives the pairs of that colour first, in the order of their similarity', async () => {
    const { near, candidateCount, leftOutCount } = await project.client.near.find({ text: 'red', most: 3 })
    expect([candidateCount, leftOutCount, near.matchCount]).toEqual([24, 0, 3])
    // The red cards of the three splits are the first pair of each: 1, 10 and 16.
    expect((await list(`near:${near.id}`)).sort((a, b) => a - b)).toEqual([1, 10, 16])
    const all = await project.client.near.find({ text: 'red', most: 24 })
    const nearest = await list(`near:${all.near.id}`, 'nearest')
    expect(nearest.slice(0, 3).sort((a, b) => a - b)).toEqual([1, 10, 16])
    expect(nearest).toHaveLength(24)
    expect(all.near.highest).toBe(near.highest)
    expect(all.near.lowest!).toBeLessThan(near.lowest!)
  })

  it('combines with other terms, NOT, counts and bulk acts', async () => {
    const { near } = await project.client.near.find({ text: 'red', most: 3 })
    expect(await list(`near:${near.id} split:test`)).toEqual([16])
    expect(await list(`-near:${near.id}`)).toHaveLength(21)
    expect((await project.client.pairs.countFacets({ filter: { query: `near:${near.id}` } })).split).toEqual({ train: 1, validation: 1, test: 1 })
    expect((await project.client.pairs.addTag({ scope: { filter: { query: `near:${near.id}` }, except: [] }, tag: 'red' })).changedCount).toBe(3)
  })

  it('takes a picture, and a picture with words as one query', async () => {
    const pair = await project.client.pairs.get({ id: 3 })
    const image = { kind: 'project', imageId: pair.left.imageId! } as const
    const alone = await project.client.near.find({ image, side: 'left', most: 1 })
    expect(await list(`near:${alone.near.id}`)).toEqual([3])
    expect(alone.near).toMatchObject({ image, text: null, side: 'left' })
    const both = await project.client.near.find({ image, text: 'red red red', most: 3 })
    expect(await list(`near:${both.near.id}`, 'nearest')).not.toContain(3)
  })

  it('leaves out what is less similar than wanted', async () => {
    const { near } = await project.client.near.find({ text: 'red', minimum: 0.99 })
    expect(near.lowest!).toBeGreaterThanOrEqual(0.99)
    expect(near.matchCount).toBeLessThan(24)
  })

  it('is still there after the project was opened again, and takes in texts that changed', async () => {
    const { near } = await project.client.near.find({ text: 'red', most: 3 })
    await project.reopen()
    expect((await project.client.near.list({ nearIds: [near.id, 999] })).map(({ id }) => id)).toEqual([near.id])
    const { revision } = await project.client.pairs.get({ id: 2 })
    await project.client.pairs.editText({ id: 2, side: 'right', text: 'red', revision })
    await project.waitForJob((await project.client.embeddings.refresh({})).jobId)
    const again = await project.client.near.find({ text: 'red', side: 'right', most: 4 })
    expect(await list(`near:${again.near.id}`)).toContain(2)
  })
})
