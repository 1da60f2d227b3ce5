// A project with 10,000 pictures under a new checkpoint: embedded from the token cache where no picture file is left to decode.
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeModelFolder } from '../../src/main/engine/compute/training/checkpoint'
import { createRandom } from '../../src/main/engine/compute/training/random'
import { createEngine, createEngineClient, type Engine, type EngineClient } from '../../src/main/engine/engine'
import { createStore, type Store } from '../../src/main/engine/store/openStore'
import type { Job } from '../../src/shared/contract/entities'
import { writeResources } from '../helpers/colourProject'
import { DirectCompute } from '../helpers/directCompute'
import { pairRow } from '../helpers/pairRows'
import { randomWeights, trainableConfig } from '../helpers/tinyModel'

const pictureCount = 10_000
const sides = 2 * pictureCount
/** Pictures that are tokenized in the test itself, before their files go too. */
const freshCount = 32

let dir = ''
let compute: DirectCompute
let engine: Engine
let client: EngineClient
const ended = async ({ jobId }: { jobId: number }): Promise<Job> => engine.services.jobs.wait(jobId)
const imagesDir = (): string => join(dir, 'many', 'images')

/** Pairs of one picture and one caption. Most pictures have tokens and no file, as if the files had been lost since; the last few have a file and no tokens. */
async function addPictures(store: Store): Promise<void> {
  const hashOf = (index: number): string => createHash('sha256').update(`picture ${index}`).digest('hex')
  const files = await Promise.all(Array.from({ length: freshCount }, async (_, index) => {
    const bytes = await sharp({ create: { width: 8, height: 8, channels: 3, background: { r: 5 * index, g: 90, b: 200 } } }).png().toBuffer()
    const relativePath = store.files.imageRelativePath(hashOf(pictureCount - 1 - index), 'png')
    await store.files.writeWhole(store.files.absolute(relativePath), bytes, { isDurable: false })
    return bytes.length
  }))
  const random = createRandom(3)
  store.transaction(() => {
    const revision = store.project.nextRevision()
    const codes: { imageId: number; codes: Uint16Array }[] = []
    for (let index = 0; index < pictureCount; index++) {
      const hash = hashOf(index)
      const imageId = store.images.ensure({ hash, widthPx: 8, heightPx: 8, format: 'png', byteCount: files[0]!, relativePath: store.files.imageRelativePath(hash, 'png'), sourceName: `${index}.png` })
      if (index < pictureCount - freshCount) codes.push({ imageId, codes: Uint16Array.from({ length: trainableConfig.imageTokenCount }, () => Math.floor(random.next() * trainableConfig.codebookSize)) })
      store.pairs.insert(store.pairs.nextId(), pairRow({ leftImageId: imageId, leftText: null, rightImageId: null, rightText: `card number ${index}`, task: 'caption', split: 'train', status: 'accepted' }), revision)
    }
    store.tokens.set('tiny-titok', codes)
  })
}

async function addModel(name: string, seed: number): Promise<string> {
  await writeModelFolder(join(dir, 'data', 'models', name), { config: trainableConfig, baseJson: { imageTokenizer: 'tiny-titok' }, weights: randomWeights(trainableConfig, seed), training: {} })
  return `imported:${name}`
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fuselip-many-'))
  await writeResources(join(dir, 'resources'))
  const store = createStore(join(dir, 'many'), { name: 'Many', isSample: false })
  await addPictures(store)
  store.close()
  compute = new DirectCompute()
  engine = await createEngine({ projectDir: join(dir, 'many'), dataDir: join(dir, 'data'), resourcesDir: join(dir, 'resources'), computeScript: '', host: 'cli', compute })
  client = createEngineClient(engine)
  expect(await ended(await client.tokens.start({}))).toMatchObject({ state: 'done', summary: `${freshCount} pictures tokenized` })
  rmSync(imagesDir(), { recursive: true })
})
afterAll(async () => {
  await engine.close()
  rmSync(dir, { recursive: true, force: true })
})

describe('10,000 pictures', () => {
  it('are embedded with a new checkpoint without a picture file, in memory that does not grow with the project', async () => {
    const modelId = await addModel('second', 21)
    compute.calls.length = 0
    const samples: { done: number; rssBytes: number }[] = []
    compute.gate = async (method) => {
      if (method === 'embedSides') samples.push({ done: engine.services.jobs.listOpen()[0]?.done ?? 0, rssBytes: process.memoryUsage.rss() })
    }
    const job = await ended(await client.embeddings.refresh({ modelId }))
    compute.gate = () => Promise.resolve()
    expect(job).toMatchObject({ state: 'done', kind: 'embed', error: null, summary: '10,000 pairs embedded with second' })
    expect(compute.calls.every(({ method }) => method === 'embedSides')).toBe(true)
    const requests = compute.requests('embedSides')
    expect(requests.reduce((sum, request) => sum + request.sides.length, 0)).toBe(sides)
    // Nothing but one piece is in memory at a time, early and late.
    expect(Math.max(...requests.map((request) => request.sides.length))).toBeLessThanOrEqual(512)
    const peak = (from: number, to: number): number => Math.max(...samples.slice(Math.floor(from * samples.length), Math.ceil(to * samples.length)).map(({ rssBytes }) => rssBytes))
    expect(peak(0.5, 1) - peak(0, 0.5)).toBeLessThan(100e6)
    const { cacheId } = await engine.services.models.resolve(modelId)
    expect(engine.services.embeddings.countCached(cacheId)).toBe(sides)
    expect(readdirSync(join(dir, 'many'))).not.toContain('images')
  })

  it('need nothing more the second time, and everything after the weights have changed', async () => {
    compute.calls.length = 0
    await ended(await client.embeddings.refresh({ modelId: 'imported:second' }))
    expect(compute.calls).toEqual([])
    const { cacheId: before } = await engine.services.models.resolve('imported:second')
    await addModel('second', 22)
    const { cacheId } = await engine.services.models.resolve('imported:second')
    expect(cacheId).not.toBe(before)
    // The vectors of the old weights are in nobody's way.
    expect(engine.services.embeddings.countCached(cacheId)).toBe(0)
    expect(await ended(await client.embeddings.refresh({ modelId: 'imported:second' }))).toMatchObject({ state: 'done' })
    expect(compute.requests('embedSides').reduce((sum, request) => sum + request.sides.length, 0)).toBe(sides)
    expect(compute.requests('tokenizeImages')).toEqual([])
    // The vectors of the old weights are gone.
    expect([engine.services.embeddings.countCached(before), engine.services.embeddings.countCached(cacheId)]).toEqual([0, sides])
  })

  it('are embedded by themselves when another model becomes the current one, and get its scores', async () => {
    const modelId = await addModel('third', 23)
    compute.calls.length = 0
    expect((await client.project.setCurrentModel({ modelId })).currentModelId).toBe(modelId)
    expect((await client.pairs.list({ limit: 1 })).pairs[0]!.score).toBeNull()
    const [job] = await client.jobs.list({ limit: 1 })
    expect(await ended({ jobId: job!.id })).toMatchObject({ state: 'done', kind: 'embed' })
    const { pairs } = await client.pairs.list({ sort: 'newest', limit: 3 })
    expect(pairs.every(({ score }) => score !== null && Math.abs(score) <= 1)).toBe(true)
    compute.calls.length = 0
    const { columns } = await client.search.query({ text: 'card number 77', modelIds: [modelId], target: 'images' })
    expect(columns[0]!.candidateCount).toBe(pictureCount)
    expect(compute.requests('embedSides').map((request) => request.sides.length)).toEqual([1])
  })

  it('give up the embedding of a model that is no longer the current one', async () => {
    const [fourth, fifth] = [await addModel('fourth', 24), await addModel('fifth', 25)]
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => { release = resolve })
    compute.gate = () => held
    await client.project.setCurrentModel({ modelId: fourth })
    const [first] = await client.jobs.list({ limit: 1 })
    await client.project.setCurrentModel({ modelId: fifth })
    compute.gate = () => Promise.resolve()
    release()
    expect((await ended({ jobId: first!.id })).state).toBe('cancelled')
    const [second] = await client.jobs.list({ limit: 1 })
    expect(second).toMatchObject({ kind: 'embed', title: 'Embed pairs with fifth' })
    await client.jobs.cancel({ jobId: second!.id })
    await ended({ jobId: second!.id })
  })

  it('wait where pictures of a model’s tokenizer would have to be decoded first', async () => {
    await writeModelFolder(join(dir, 'data', 'models', 'other'), { config: trainableConfig, baseJson: { imageTokenizer: 'other-titok' }, weights: randomWeights(trainableConfig, 26), training: {} })
    const before = (await client.jobs.list({ limit: 1 }))[0]!.id
    await client.project.setCurrentModel({ modelId: 'imported:other' })
    expect((await client.jobs.list({ limit: 1 }))[0]!.id).toBe(before)
  })
})
