// The engine with its real compute thread from the built bundle, on a tiny model with random weights: the whole loop,
// a search while a run trains, and a run that is interrupted, by a pause and by a kill.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngine, createEngineClient, type Engine, type EngineClient } from '../../src/main/engine/engine'
import { recipeSchema } from '../../src/shared/recipe'
import { writeColourProject } from '../helpers/colourProject'

const computeScript = resolve(import.meta.dirname, '../../out/main/compute.js')
const trainingProcess = resolve(import.meta.dirname, '../helpers/trainingProcess.ts')
const recipe = recipeSchema.parse({ epochs: 10, batchSize: 8, learningRate: 0.01, warmupSteps: 2, hardNegativesPerPair: 2, remineEveryEpochs: 3, validateEverySteps: 5, checkpointEverySteps: 5 })
const base = 'bundled:nano'

let dir = ''
let engine: Engine
let client: EngineClient
const wait = (jobId: number) => engine.services.jobs.wait(jobId)
const open = async () => {
  engine = await createEngine({ projectDir: join(dir, 'colours'), dataDir: join(dir, 'data'), resourcesDir: join(dir, 'resources'), computeScript, host: 'cli' })
  client = createEngineClient(engine)
}

beforeAll(async () => {
  expect(existsSync(computeScript), 'out/main/compute.js is missing: build first').toBe(true)
  dir = mkdtempSync(join(tmpdir(), 'fuselip-real-'))
  await writeColourProject(dir)
  await open()
})
afterAll(async () => {
  await engine.close()
  rmSync(dir, { recursive: true, force: true })
})

describe('engine with the compute thread', () => {
  it('lists a usable device', async () => {
    const devices = await client.devices.list({})
    expect(devices.find((device) => device.kind === 'cpu')?.isUsable).toBe(true)
  })

  it('tokenizes every picture', async () => {
    expect(await wait((await client.tokens.start({})).jobId)).toMatchObject({ state: 'done', summary: '18 pictures tokenized' })
  })

  it('mines', async () => {
    expect(await wait((await client.negatives.mine({ perPair: 2, margin: 1 })).jobId)).toMatchObject({ state: 'done', error: null })
    expect((await client.negatives.getSummary({})).candidateCount).toBeGreaterThan(0)
  })

  it('trains, validates, keeps checkpoints, and answers a search meanwhile', async () => {
    const { runId, jobId } = await client.runs.start({ name: 'Real', recipe })
    const search = client.search.query({ text: 'a red card', modelIds: [base], split: 'train' })
    const job = await wait(jobId)
    expect(job.error).toBeNull()
    expect(job.state).toBe('done')
    expect((await search).columns[0]!.hits.length).toBe(6)
    const run = await client.runs.get({ runId })
    // 9 pairs in batches of 8 are 2 steps an epoch.
    expect(run).toMatchObject({ state: 'finished', step: 20, totalSteps: 20 })
    expect(run.checkpointSteps.at(-1)).toBe(20)
    const { metrics, validations } = await client.runs.listMetrics({ runId })
    expect(metrics.map((metric) => metric.step)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    expect(metrics.every((metric) => Number.isFinite(metric.total) && metric.gradientNorm > 0)).toBe(true)
    expect(metrics.at(-1)!.contrastive).toBeLessThan(metrics[0]!.contrastive)
    expect(validations.length).toBeGreaterThan(2)
    expect((await client.models.list({})).map((model) => model.id)).toEqual([base, `run:${runId}:best`, `run:${runId}:last`])
  })

  it('pauses, closes, and after reopening gives the losses of an uninterrupted run', async () => {
    const [whole] = await client.runs.list({})
    const { runId, jobId } = await client.runs.start({ name: 'Interrupted', recipe, baseModelId: base })
    while (((await client.runs.get({ runId })).lastMetric?.step ?? 0) < 1 && engine.services.jobs.listOpen().length) await new Promise((resolve) => setTimeout(resolve, 5))
    await client.runs.pause({ runId }).catch(() => undefined)
    await wait(jobId)
    await engine.close()
    await open()
    const paused = await client.runs.get({ runId })
    expect(paused.state).toBe('paused')
    expect(paused.step).toBeLessThan(20)
    await wait((await client.runs.resume({ runId })).jobId)
    const losses = async (id: number) => (await client.runs.listMetrics({ runId: id })).metrics.map((metric) => metric.total)
    const [expected, actual] = [await losses(whole!.id), await losses(runId)]
    expect(actual).toHaveLength(20)
    actual.forEach((loss, index) => expect(loss).toBeCloseTo(expected[index]!, 5))
  })

  it('survives a kill in the middle of a run: stopped, then resumed with the same losses', async () => {
    const [whole] = (await client.runs.list({})).slice(-1)
    await engine.close()
    const child = spawn(process.execPath, ['--import', 'tsx', trainingProcess, dir, JSON.stringify(recipe)], { stdio: ['ignore', 'pipe', 'inherit'] })
    // The checkpoint of step 5 is on disk by then.
    for await (const line of createInterface({ input: child.stdout })) {
      if (Number(line) >= 6) child.kill('SIGKILL')
    }
    await open()
    const [killed] = await client.runs.list({})
    expect(killed).toMatchObject({ name: 'Killed', state: 'stopped', error: { code: 'interrupted' } })
    expect(killed!.lastMetric!.step).toBeGreaterThanOrEqual(6)
    expect(await client.jobs.get({ jobId: killed!.jobId! })).toMatchObject({ state: 'failed', error: { code: 'interrupted' } })
    const { jobId } = await client.runs.resume({ runId: killed!.id })
    expect(await wait(jobId)).toMatchObject({ state: 'done', summary: 'finished at step 20 of 20' })
    expect((await client.jobs.listLog({ jobId })).map((entry) => entry.line)).toContainEqual(expect.stringMatching(/^Continuing after step (5|10|15) of 20/))
    const losses = async (id: number) => (await client.runs.listMetrics({ runId: id })).metrics.map((metric) => metric.total)
    const [expected, actual] = [await losses(whole!.id), await losses(killed!.id)]
    expect(actual).toHaveLength(20)
    actual.forEach((loss, index) => expect(loss).toBeCloseTo(expected[index]!, 5))
  })

  it('evaluates and searches with both models', async () => {
    const [run] = await client.runs.list({})
    const tuned = `run:${run!.id}:last`
    expect(await wait((await client.evaluation.start({ modelId: tuned })).jobId)).toMatchObject({ state: 'done', error: null })
    expect((await client.evaluation.list({}))[0]).toMatchObject({ modelId: tuned, textToImage: { count: 6 }, composedToImage: { count: 3 } })
    const { columns } = await client.search.query({ text: 'a green card', modelIds: [base, tuned], target: 'any' })
    expect(columns.map((column) => column.hits.length)).toEqual([24, 24])
    expect(columns[0]!.hits.map((hit) => hit.score)).not.toEqual(columns[1]!.hits.map((hit) => hit.score))
  })
})
