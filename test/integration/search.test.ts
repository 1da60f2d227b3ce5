// Search, saved hits and evaluation through the contract, on pictures whose colours make right answers known.
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Pair } from '../../src/shared/contract/entities'
import { openColourProject, shortRecipe, type ColourProject } from '../helpers/colourProject'

let project: ColourProject
let captions: Pair[] = []
const caption = (colour: string, split: Pair['split'] = 'train') => captions.find((pair) => pair.split === split && pair.right.text!.includes(colour))!
const picture = (r: number, g: number, b: number) => sharp({ create: { width: 20, height: 10, channels: 3, background: { r, g, b } } }).png().toBuffer()
const base = ['bundled:nano']

beforeAll(async () => {
  project = await openColourProject()
  captions = (await project.client.pairs.list({ filter: { query: 'task:caption' } })).pairs
})
afterAll(() => project.dispose())

describe('search.query', () => {
  it('finds pictures by text', async () => {
    const { columns } = await project.client.search.query({ text: 'something magenta', modelIds: base, split: 'train', limit: 3 })
    expect(columns).toHaveLength(1)
    expect(columns[0]).toMatchObject({ modelId: 'bundled:nano', candidateCount: 6 })
    expect(columns[0]!.hits).toHaveLength(3)
    expect(columns[0]!.hits[0]).toMatchObject({ side: 'left', pair: { id: caption('magenta').id } })
    expect(columns[0]!.hits[0]!.score).toBeGreaterThan(columns[0]!.hits[1]!.score)
  })

  it('finds texts by a picture of the project, under every split', async () => {
    const { columns } = await project.client.search.query({ image: { kind: 'project', imageId: caption('green').left.imageId! }, modelIds: base, target: 'texts' })
    expect(columns[0]!.candidateCount).toBe(18)
    expect(columns[0]!.hits.slice(0, 3).every(({ pair, side }) => side === 'right' && pair.right.text!.includes('green'))).toBe(true)
  })

  it('finds pictures by picture and text together', async () => {
    const { columns } = await project.client.search.query({ text: 'blue blue blue', image: { kind: 'project', imageId: caption('green').left.imageId! }, modelIds: base, split: 'train' })
    expect(columns[0]!.hits[0]!.pair.id).toBe(caption('blue').id)
  })

  it('leaves the query itself out, and shows equal sides once', async () => {
    const imageId = caption('red').left.imageId!
    const { columns } = await project.client.search.query({ image: { kind: 'project', imageId }, modelIds: base, split: 'train', limit: 200 })
    const imageIds = columns[0]!.hits.map(({ pair, side }) => pair[side].imageId)
    expect(imageIds).not.toContain(imageId)
    expect(new Set(imageIds).size).toBe(imageIds.length)
    expect(imageIds).toHaveLength(5)
  })

  it('takes an uploaded picture and one by path, and tokenizes it once', async () => {
    const queryImageId = await project.engine.services.images.addQueryImage(await picture(20, 30, 200))
    const before = project.compute.countOf('tokenizeImages')
    const ask = () => project.client.search.query({ image: { kind: 'query', queryImageId }, modelIds: base, split: 'test' })
    expect((await ask()).columns[0]!.hits[0]!.pair.id).toBe(caption('blue', 'test').id)
    await ask()
    expect(project.compute.countOf('tokenizeImages')).toBe(before + 1)
    const path = join(project.dir, 'typed.png')
    await sharp(await picture(220, 220, 20)).toFile(path)
    const typed = await project.client.search.useImagePath({ path })
    const { columns } = await project.client.search.query({ image: { kind: 'query', ...typed }, modelIds: base, split: 'test' })
    expect(columns[0]!.hits[0]!.pair.id).toBe(caption('yellow', 'test').id)
    await expect(project.client.search.useImagePath({ path: join(project.dir, 'absent.png') })).rejects.toMatchObject({ code: 'unreadable-file' })
  })

  it('shows two models side by side and keeps their vectors apart', async () => {
    const { runId, jobId } = await project.client.runs.start({ recipe: shortRecipe })
    await project.waitForJob(jobId)
    const { columns } = await project.client.search.query({ text: 'red', modelIds: ['bundled:nano', `run:${runId}:best`], split: 'train' })
    expect(columns.map((column) => column.modelId)).toEqual(['bundled:nano', `run:${runId}:best`])
    expect(columns[1]!.hits[0]!.pair.id).toBe(caption('red').id)
    const dirs = project.compute.calls.flatMap((call) => (call.method === 'embedSides' ? [(call.request as { modelDir: string }).modelDir] : []))
    expect(new Set(dirs).size).toBe(2)
  })

  it('refuses an empty query, and names a model or picture that is not there', async () => {
    await expect(project.client.search.query({ text: '   ', modelIds: base })).rejects.toMatchObject({ code: 'bad-input', data: { advice: expect.any(String) } })
    await expect(project.client.search.query({ text: 'red', modelIds: ['bundled:giant'] })).rejects.toMatchObject({ code: 'not-found' })
    await expect(project.client.search.query({ image: { kind: 'project', imageId: 999 }, modelIds: base })).rejects.toMatchObject({ code: 'not-found' })
    await expect(project.client.search.query({ image: { kind: 'query', queryImageId: 'gone' }, modelIds: base })).rejects.toMatchObject({ code: 'not-found' })
    await expect(project.client.search.query({ text: 'red', modelIds: [] })).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('modelIds') })
  })
})

describe('search.saveHit', () => {
  it('makes an accepted caption pair of a text and a picture, once', async () => {
    const hit = { hitPairId: caption('cyan').id, hitSide: 'left' as const, verdict: 'positive' as const }
    const { pair } = await project.client.search.saveHit({ text: 'like a summer sky', ...hit })
    expect(pair).toMatchObject({
      left: caption('cyan').left, right: { imageId: null, text: 'like a summer sky' }, task: 'caption', split: 'train', status: 'accepted', tags: ['from search'],
    })
    expect((await project.client.search.saveHit({ text: 'like a summer sky', ...hit })).pair.id).toBe(pair.id)
    expect((await project.client.history.get({})).undoLabel).toBe('save 1 hit as pair')
    await project.client.history.undo({})
    await expect(project.client.pairs.get({ id: pair.id })).rejects.toMatchObject({ code: 'not-found' })
  })

  it('judges the pair that the query came from', async () => {
    const origin = caption('red')
    const { pair } = await project.client.search.saveHit({ image: { kind: 'project', imageId: origin.left.imageId! }, hitPairId: caption('magenta').id, hitSide: 'right', verdict: 'negative' })
    expect(pair.id).toBe(origin.id)
    expect((await project.client.negatives.getSummary({})).judgedCount).toBe(1)
    // From the text side the direction turns: the picture that was found is the anchor.
    const reversed = await project.client.search.saveHit({ text: origin.right.text!, hitPairId: caption('yellow').id, hitSide: 'left', verdict: 'negative' })
    expect(reversed.pair.id).toBe(origin.id)
    await project.client.history.undo({})
    await project.client.history.undo({})
    expect((await project.client.negatives.getSummary({})).judgedCount).toBe(0)
  })

  it('keeps a negative of a free query as a rejected pair, and adopts its picture', async () => {
    const queryImageId = await project.engine.services.images.addQueryImage(await picture(130, 10, 10))
    const { pair } = await project.client.search.saveHit({ text: 'brighter', image: { kind: 'query', queryImageId }, hitPairId: caption('red').id, hitSide: 'left', verdict: 'negative' })
    expect(pair).toMatchObject({ status: 'rejected', task: 'compose', left: { imageId: expect.any(Number), text: 'brighter' }, right: caption('red').left })
    expect((await project.engine.services.images.imageFile(pair.left.imageId!, 'full')).contentType).toBe('image/png')
  })

  it('refuses a hit that is gone and an empty query', async () => {
    await expect(project.client.search.saveHit({ text: 'x', hitPairId: 9999, hitSide: 'left', verdict: 'positive' })).rejects.toMatchObject({ code: 'not-found' })
    await expect(project.client.search.saveHit({ hitPairId: caption('red').id, hitSide: 'left', verdict: 'positive' })).rejects.toMatchObject({ code: 'bad-input' })
  })
})

describe('evaluation', () => {
  it('measures three kinds of retrieval on the test split', async () => {
    const job = await project.waitForJob((await project.client.evaluation.start({ modelId: 'bundled:nano' })).jobId)
    expect(job).toMatchObject({ state: 'done', summary: 'R@1: text→image 100.0 %, image→text 100.0 %, image+text→image 100.0 %' })
    const [evaluation] = await project.client.evaluation.list({})
    expect(evaluation).toMatchObject({ modelId: 'bundled:nano', split: 'test', textToImage: { r1: 1, count: 6 }, imageToText: { r1: 1, count: 6 }, composedToImage: { r1: 1, count: 3 } })
  })

  it('leaves out what a split does not have, and replaces the result of the same split', async () => {
    await project.waitForJob((await project.client.evaluation.start({ modelId: 'bundled:nano', split: 'validation' })).jobId)
    await project.waitForJob((await project.client.evaluation.start({ modelId: 'bundled:nano', split: 'validation' })).jobId)
    const evaluations = await project.client.evaluation.list({})
    expect(evaluations.map((evaluation) => evaluation.split)).toEqual(['validation', 'test'])
    expect(evaluations[0]!.composedToImage).toBeNull()
    await expect(project.client.evaluation.start({ modelId: 'run:99:last' })).rejects.toMatchObject({ code: 'not-found' })
  })
})
