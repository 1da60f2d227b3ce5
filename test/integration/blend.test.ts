// The forgetting slider on a real engine with real (tiny) models: what is measured, in which order, what is kept, what is saved.
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readModelFolder } from '../../src/main/engine/compute/fuselip/modelFolder'
import { writeModelFolder } from '../../src/main/engine/compute/training/checkpoint'
import { createEngine, createEngineClient, type Engine, type EngineClient } from '../../src/main/engine/engine'
import { createStore, openStore } from '../../src/main/engine/store/openStore'
import type { Probe } from '../../src/shared/contract/blend'
import type { Job } from '../../src/shared/contract/entities'
import { shortRecipe, writeColourProject } from '../helpers/colourProject'
import { DirectCompute } from '../helpers/directCompute'
import { randomWeights, trainableConfig } from '../helpers/tinyModel'

const base = 'bundled:nano'
const tuned = 'run:1:best'
const toybox: Probe = { kind: 'toybox' }
const line = { baseModelId: base, tunedModelId: tuned, probe: toybox, positionCount: 5 }

let dir = ''
let compute: DirectCompute
let engine: Engine
let client: EngineClient

const open = async (): Promise<void> => {
  compute = new DirectCompute()
  engine = await createEngine({ projectDir: join(dir, 'colours'), dataDir: join(dir, 'data'), resourcesDir: join(dir, 'resources'), computeScript: '', host: 'cli', compute })
  client = createEngineClient(engine)
}
const ended = async ({ jobId }: { jobId: number }): Promise<Job> => engine.services.jobs.wait(jobId)
const tokenFor = (path: string): string => engine.services.picker.tokenForPath(path)
const amountsAsked = (): number[] => compute.requests('embedBlend').map(({ amount }) => amount)

/** A run as it is after its end, with a checkpoint of other weights, trained on the pairs of the training split and one of the test split. */
async function addRun(): Promise<void> {
  const store = openStore(join(dir, 'colours'))
  const run = store.runs.create({ name: 'Tuned', baseModelId: base, recipe: shortRecipe, device: 'cpu', totalSteps: 9, pairCount: 9 })
  store.runs.update(run.id, { state: 'finished', step: 9 })
  const pairs = store.pairs.list({ query: '' }, 'oldest', 0, -1)
  const trained = [...pairs.filter(({ split }) => split === 'train'), pairs.find(({ split }) => split === 'test')!]
  const runDir = store.files.runDir(run.id)
  mkdirSync(runDir, { recursive: true })
  writeFileSync(join(runDir, 'snapshot.json'), JSON.stringify({ version: 1, pairs: trained.map(({ id, left, right }) => ({ pairId: id, left, right })), validation: [], judgements: [], groups: null }))
  store.close()
  await writeModelFolder(join(runDir, 'checkpoints', 'best'), { config: trainableConfig, baseJson: { imageTokenizer: 'tiny-titok' }, weights: randomWeights(trainableConfig, 12), training: { step: 9 } })
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fuselip-blend-'))
  await writeColourProject(dir)
  await addRun()
  await open()
})
afterAll(async () => {
  await engine.close()
  rmSync(dir, { recursive: true, force: true })
})

describe('probe sets', () => {
  it('are offered with the built-in one first, and say what they are', async () => {
    const choices = await client.blend.listProbes({ baseModelId: base })
    expect(choices.map(({ probe }) => probe)).toEqual([toybox, { kind: 'pairs', split: 'validation', tag: null }, { kind: 'pairs', split: 'train', tag: null }])
    expect(choices.map(({ pairCount }) => pairCount)).toEqual([250, 6, 9])
    expect(choices[2]!.description).toContain('it says nothing about forgetting')
  })

  it('are nothing but a choice before they are measured on', async () => {
    const blend = await client.blend.get(line)
    expect(blend).toMatchObject({ project: null, probe: null, isDescendant: true, jobId: null })
    expect(blend.points).toEqual([0, 0.25, 0.5, 0.75, 1].map((amount) => ({ amount, project: null, probe: null })))
    expect(compute.calls).toEqual([])
  })
})

describe('measuring', () => {
  it('goes from the focus outwards, on both sets, and tells what they are', async () => {
    const job = await ended(await client.blend.measure({ ...line, focus: 0.6 }))
    expect(job).toMatchObject({ state: 'done', kind: 'evaluate', done: 5, total: 5, error: null })
    // Twice each: the test split, then the probe set. The ends are the parents and need no blend.
    expect(amountsAsked()).toEqual([0.5, 0.5, 0.75, 0.75, 0.25, 0.25])
    const blend = await client.blend.get(line)
    expect(blend.project).toMatchObject({ pairCount: 9, trainedPairCount: 1 })
    expect(blend.probe).toMatchObject({ name: 'Plain shapes (built in)', pairCount: 250, trainedPairCount: null })
    for (const { project, probe } of blend.points) {
      expect(project).toMatchObject({ textToImage: { count: 6 }, imageToText: { count: 6 }, composedToImage: { count: 3 } })
      expect(probe!.textToImage!.count).toBeGreaterThan(100)
      expect(probe!.composedToImage!.count).toBeGreaterThan(60)
    }
    expect(new Set(blend.points.map(({ probe }) => JSON.stringify(probe))).size).toBeGreaterThan(2)
  })

  it('gives at the ends what an evaluation gives', async () => {
    for (const modelId of [base, tuned]) expect(await ended(await client.evaluation.start({ modelId }))).toMatchObject({ state: 'done' })
    const evaluations = await client.evaluation.list({})
    const { points } = await client.blend.get(line)
    for (const [modelId, point] of [[base, points[0]!], [tuned, points.at(-1)!]] as const) {
      const { textToImage, imageToText, composedToImage } = evaluations.find((evaluation) => evaluation.modelId === modelId)!
      expect(point.project).toEqual({ textToImage, imageToText, composedToImage })
    }
    expect(points[0]!.project).not.toEqual(points.at(-1)!.project)
  })

  it('computes nothing twice, also after a restart, and only what is missing with more positions', async () => {
    await engine.close()
    await open()
    const before = await client.blend.get(line)
    expect(before.points.every(({ project, probe }) => project && probe)).toBe(true)
    expect(await ended(await client.blend.measure(line))).toMatchObject({ state: 'done' })
    expect(compute.calls.filter(({ method }) => method !== 'measureRecall')).toEqual([])
    await ended(await client.blend.measure({ ...line, positionCount: 3 }))
    expect(amountsAsked()).toEqual([])
    await ended(await client.blend.measure({ ...line, positionCount: 9 }))
    expect(amountsAsked()).toEqual([0.875, 0.875, 0.625, 0.625, 0.375, 0.375, 0.125, 0.125])
    expect((await client.blend.get(line)).points).toEqual(before.points)
  })

  it('follows the focus while it runs, and keeps what it has when it is cancelled', async () => {
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => { release = resolve })
    const wide = { ...line, probe: null, positionCount: 21 }
    compute.calls.length = 0
    compute.gate = (method) => (method === 'embedBlend' && amountsAsked().length === 1 ? held : Promise.resolve())
    const { jobId } = await client.blend.measure({ ...wide, focus: 0.1 })
    expect(await client.blend.measure({ ...wide, focus: 0.1 })).toEqual({ jobId })
    while (amountsAsked().length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    expect((await client.blend.get(wide)).jobId).toBe(jobId)
    await client.blend.focus({ jobId, amount: 0.7 })
    compute.gate = async () => {
      if (amountsAsked().length === 3) await client.jobs.cancel({ jobId })
    }
    release()
    expect((await ended({ jobId })).state).toBe('cancelled')
    expect(amountsAsked()).toEqual([0.1, 0.7, 0.65])
    compute.gate = () => Promise.resolve()
    const blend = await client.blend.get(wide)
    expect(blend.jobId).toBeNull()
    expect(blend.points.filter(({ project }) => project).map(({ amount }) => amount)).toEqual(expect.arrayContaining([0.1, 0.7]) as number[])
    expect(blend.points.some(({ project }) => project === null)).toBe(true)
    expect(await client.blend.focus({ jobId, amount: 0 })).toEqual({})
  })

  it('forgets the curve of a set that was edited, and only that', async () => {
    const { pairs } = await client.pairs.list({ filter: { query: 'split:test' } })
    await client.pairs.setStatus({ scope: { ids: [pairs[1]!.id] }, status: 'rejected' })
    const changed = await client.blend.get(line)
    expect(changed.points.every(({ project, probe }) => project === null && probe !== null)).toBe(true)
    await client.history.undo({})
    expect((await client.blend.get(line)).points.every(({ project }) => project !== null)).toBe(true)
  })

  it('takes pairs of this and of another project as the probe set', async () => {
    const ofTraining: Probe = { kind: 'pairs', split: 'train', tag: null }
    await ended(await client.blend.measure({ ...line, probe: ofTraining, positionCount: 2 }))
    expect((await client.blend.get({ ...line, probe: ofTraining, positionCount: 2 })).probe).toMatchObject({ name: 'Training split of this project', pairCount: 9, trainedPairCount: 9 })

    await writeColourProject(join(dir, 'other'))
    const ofOther: Probe = { kind: 'project', projectToken: tokenFor(join(dir, 'other', 'colours')), split: 'validation' }
    expect(await ended(await client.blend.measure({ ...line, probe: ofOther, positionCount: 2 }))).toMatchObject({ state: 'done' })
    const { probe, points } = await client.blend.get({ ...line, probe: ofOther, positionCount: 2 })
    expect(probe).toMatchObject({ name: 'Project “colours”', pairCount: 6, trainedPairCount: null })
    expect(points[0]!.probe).toMatchObject({ textToImage: { count: 6 }, composedToImage: null })
    const own: Probe = { kind: 'project', projectToken: tokenFor(join(dir, 'colours')), split: null }
    expect(await ended(await client.blend.measure({ ...line, probe: own }))).toMatchObject({ state: 'failed', error: { code: 'bad-input', message: 'That is the project that is open.' } })
  })

  it('says so when there is nothing to measure on', async () => {
    await engine.close()
    const store = createStore(join(dir, 'empty'), { name: 'Empty', isSample: false })
    store.close()
    compute = new DirectCompute()
    engine = await createEngine({ projectDir: join(dir, 'empty'), dataDir: join(dir, 'data'), resourcesDir: join(dir, 'resources'), computeScript: '', host: 'cli', compute })
    client = createEngineClient(engine)
    mkdirSync(join(dir, 'data', 'models'), { recursive: true })
    await writeModelFolder(join(dir, 'data', 'models', 'twin'), { config: trainableConfig, baseJson: { imageTokenizer: 'tiny-titok' }, weights: randomWeights(trainableConfig, 3), training: {} })
    expect(await ended(await client.blend.measure({ baseModelId: base, tunedModelId: 'imported:twin' }))).toMatchObject({ state: 'failed', error: { code: 'bad-input' } })
    expect(await client.blend.get({ baseModelId: base, tunedModelId: 'imported:twin' })).toMatchObject({ project: null, probe: null, isDescendant: false })
    await engine.close()
    await open()
  })
})

describe('saving', () => {
  it('writes the parents back at the ends, bit for bit, and a model with its lineage and scores between them', async () => {
    for (const [amount, name] of [[0, 'At base'], [0.25, 'A quarter'], [1, 'At tuned']] as const) {
      expect(await ended(await client.blend.save({ baseModelId: base, tunedModelId: tuned, amount, name, probe: toybox }))).toMatchObject({ state: 'done', kind: 'addModel' })
    }
    const weightsOf = async (folder: string) => [...(await readModelFolder(folder)).weights].map(([name, { shape, data }]) => [name, shape, createHash('sha256').update(data).digest('hex')])
    const saved = (id: string): string => join(dir, 'data', 'models', id)
    expect(await weightsOf(saved('at-base'))).toEqual(await weightsOf(join(dir, 'resources', 'models', 'nano-fuselip')))
    expect(await weightsOf(saved('at-tuned'))).toEqual(await weightsOf(join(dir, 'colours', 'runs', '1', 'checkpoints', 'best')))
    const model = (await client.models.list({})).find(({ id }) => id === 'imported:a-quarter')
    expect(model).toMatchObject({ name: 'A quarter', kind: 'imported', source: '0.75 × Nano FuseLIP + 0.25 × Tuned · best', licence: 'MIT', imageTokenizerId: 'tiny-titok', step: null })
    expect(model!.card).toContain('0.75 × “Nano FuseLIP” + 0.25 × “Tuned · best”')
    expect(model!.card).toMatch(/Test split of this project, 9 pairs[\s\S]*Plain shapes \(built in\), 250 pairs/)
    expect(JSON.parse(readFileSync(join(saved('a-quarter'), 'import.json'), 'utf8'))).toMatchObject({
      parents: [{ modelId: base, name: 'Nano FuseLIP', share: 0.75 }, { modelId: tuned, name: 'Tuned · best', share: 0.25 }],
    })
  })

  it('gives a model that evaluates to what the slider showed', async () => {
    await ended(await client.evaluation.start({ modelId: 'imported:a-quarter' }))
    const { textToImage, imageToText, composedToImage } = (await client.evaluation.list({})).find(({ modelId }) => modelId === 'imported:a-quarter')!
    expect((await client.blend.get(line)).points[1]!.project).toEqual({ textToImage, imageToText, composedToImage })
  })

  it('refuses one model twice, models of another shape and unknown ones, before any job', async () => {
    await writeModelFolder(join(dir, 'data', 'models', 'wide'), {
      config: { ...trainableConfig, width: 32 }, baseJson: { imageTokenizer: 'tiny-titok' }, weights: randomWeights({ ...trainableConfig, width: 32 }, 3), training: {},
    })
    const others: [string, RegExp][] = [['imported:wide', /the same width, found 16 and 32/], [base, /two models, got one twice/], ['run:9:best', /no model “run:9:best”/]]
    for (const [tunedModelId, message] of others) {
      const rejected = { message: expect.stringMatching(message) as string }
      await expect(client.blend.save({ baseModelId: base, tunedModelId, amount: 0.5, name: 'No' })).rejects.toMatchObject(rejected)
      await expect(client.blend.measure({ ...line, tunedModelId })).rejects.toMatchObject(rejected)
      await expect(client.blend.get({ ...line, tunedModelId })).rejects.toMatchObject(rejected)
    }
    await expect(client.blend.save({ ...line, amount: 1.2, name: 'No' } as never)).rejects.toMatchObject({ code: 'bad-input' })
    expect((await client.models.list({})).some(({ name }) => name === 'No')).toBe(false)
  })
})
