// Training runs through the contract: phases, events, steering, crash, resume, removal. The training itself is scripted.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '../../src/main/engine/store/openStore'
import { recipeSchema } from '../../src/shared/recipe'
import type { Change } from '../../src/shared/contract/studio'
import { openColourProject, shortRecipe, type ColourProject } from '../helpers/colourProject'

let project: ColourProject
beforeEach(async () => { project = await openColourProject() })
afterEach(() => project.dispose())

const start = (change: Partial<typeof shortRecipe> = {}) => project.client.runs.start({ name: 'First', recipe: { ...shortRecipe, ...change } })
const runDir = (runId: number) => join(project.projectDir, 'runs', String(runId))
const untilStep = async (runId: number, step: number) => {
  for (;;) {
    if (((await project.client.runs.get({ runId })).lastMetric?.step ?? 0) >= step) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

describe('runs', () => {
  it('reads the presets, shortest first', async () => {
    const presets = await project.client.runs.listPresets({})
    expect(presets.map((preset) => preset.id)).toEqual(['quick', 'demo', 'scratch-3m', 'balanced', 'scratch-12m', 'thorough'])
    const recipeOf = (id: string) => presets.find((preset) => preset.id === id)!.recipe
    expect(recipeOf('balanced')).toMatchObject({ epochs: 12, weightDecay: 0.1, useHardNegatives: true })
    // FuseLIP (arXiv 2506.03096), training details.
    expect(recipeOf('scratch-3m')).toMatchObject({ epochs: 8, batchSize: 2048, learningRate: 1e-3, warmupSteps: 12_000, weightDecay: 1, gradientClip: 1, mmmWeight: 0.25, maskProbability: 0.1 })
    expect(recipeOf('scratch-12m')).toMatchObject({ epochs: 16, weightDecay: 0.5 })
  })

  it('names the preset file and the key that are wrong', async () => {
    writeFileSync(join(project.dir, 'resources', 'presets', 'typo.json'), JSON.stringify({ name: 'Typo', description: 'Wrong key', recipe: { epoch: 3 } }))
    await expect(project.client.runs.listPresets({})).rejects.toMatchObject({ code: 'bad-input', message: expect.stringMatching(/typo\.json.*epoch/s) })
  })

  it('plans steps from the accepted pairs', async () => {
    expect(await project.client.runs.plan({ recipe: recipeSchema.parse({ epochs: 5, batchSize: 4 }) })).toEqual({
      trainPairCount: 9, validationPairCount: 6, stepsPerEpoch: 3, totalSteps: 15, negativesPerAnchor: expect.any(Number) as number, measured: null, obstacle: null,
    })
    const { pairs } = await project.client.pairs.list({ filter: { query: 'split:train' } })
    await project.client.pairs.setStatus({ scope: { ids: pairs.slice(1).map((pair) => pair.id) }, status: 'unreviewed' })
    expect((await project.client.runs.plan({ recipe: shortRecipe })).obstacle).toMatch(/at least 2 accepted pairs.*there is 1/)
    await expect(start()).rejects.toMatchObject({ code: 'bad-input', data: { advice: expect.stringMatching(/Review/) } })
    expect(await project.client.runs.list({})).toEqual([])
  })

  it('counts the negatives that an anchor really has: no equal sides, no matches, nothing ignored', async () => {
    const recipe = recipeSchema.parse({ batchSize: 9, useHardNegatives: false })
    // All nine pairs in one batch, and hardly any two alike.
    const before = (await project.client.runs.plan({ recipe })).negativesPerAnchor
    expect(before).toBeGreaterThan(7)
    expect(before).toBeLessThanOrEqual(8)
    const { pairs } = await project.client.pairs.list({ filter: { query: 'split:train task:caption' } })
    await project.client.negatives.judge({ pairId: pairs[0]!.id, otherPairId: pairs[1]!.id, verdict: 'match' })
    // A match counts in both directions: two cells of 9 anchors.
    expect((await project.client.runs.plan({ recipe })).negativesPerAnchor).toBeCloseTo(before - 2 / 9, 6)
  })

  it('measures one micro-batch when asked, keeps it for the model, the device and the data, and scales it to the recipe', async () => {
    const recipe = recipeSchema.parse({ epochs: 2, batchSize: 8, microBatchSize: 2 })
    expect((await project.client.runs.plan({ recipe })).measured).toBeNull()
    const { measured } = await project.client.runs.plan({ recipe, measure: true })
    // 4 micro-batches of (10 + 30) ms and an update of 5 ms; two steps an epoch.
    expect(measured).toMatchObject({ deviceName: expect.any(String) as string, microBatchSize: 2, largestMicroBatchSize: 8, stepMs: 165, epochMs: 330, totalMs: 660, peakMemoryBytes: 3e6 })
    expect(measured!.availableMemoryBytes).toBeGreaterThan(2 ** 20)
    const whole = await project.client.runs.plan({ recipe: { ...recipe, microBatchSize: 0 } })
    expect(whole.measured).toMatchObject({ microBatchSize: 8, stepMs: 125 })
    await project.client.runs.plan({ recipe, measure: true })
    expect(project.compute.countOf('measureStep')).toBe(1)
    expect(project.compute.lastRequest('measureStep')).toMatchObject({ recipe: { batchSize: 8, maskProbability: 0.1, mmmWeight: 0.25 }, device: { deviceId: null, threadCount: null } })
    await project.client.settings.set({ threadCount: 1 })
    expect((await project.client.runs.plan({ recipe })).measured).toBeNull()
    await expect(project.client.runs.plan({ recipe, baseModelId: 'run:99:best' })).rejects.toMatchObject({ code: 'not-found' })
  })

  it('tokenizes, mines and trains; metrics, validations, checkpoints and models are kept', async () => {
    const changes: Change[] = []
    project.engine.services.changes.subscribe((change) => changes.push(change))
    const { runId, jobId } = await start()
    const job = await project.waitForJob(jobId)
    expect(job).toMatchObject({ state: 'done', runId, summary: 'finished at step 30 of 30', done: 30, total: 30 })
    const phases = [...new Set(changes.flatMap((change) => (change.topic === 'job' ? [change.job.phase] : [])))]
    expect(phases).toEqual(['', 'tokenizing pictures', 'embedding pairs', 'comparing pairs', 'training'])

    const run = await project.client.runs.get({ runId })
    expect(run).toMatchObject({ name: 'First', state: 'finished', step: 30, totalSteps: 30, pairCount: 9, device: 'Test CPU', checkpointSteps: [10, 20, 30], etaMs: null, error: null, jobId })
    expect(run.lastMetric?.step).toBe(30)
    expect(run.lastValidation?.leftToRight.r1).toBe(0.5)
    const { metrics, validations } = await project.client.runs.listMetrics({ runId })
    expect(metrics.map((metric) => metric.step)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1))
    expect(validations.map((validation) => validation.step)).toEqual([10, 20, 30])
    expect((await project.client.runs.listMetrics({ runId, afterStep: 28 })).metrics.map((metric) => metric.step)).toEqual([29, 30])
    const models = await project.client.models.list({})
    expect(models.map(({ id, kind, runId: ofRun }) => [id, kind, ofRun])).toEqual([['bundled:nano', 'bundled', null], [`run:${runId}:best`, 'tuned', runId], [`run:${runId}:last`, 'tuned', runId]])
    expect(models[0]).toMatchObject({ name: 'Nano FuseLIP', widthCount: 16, layerCount: 2, imageTokenizerId: 'tiny-titok', card: '# A tiny model\n' })

    const request = project.compute.lastRequest('train')
    expect(request.pairs).toHaveLength(9)
    expect(request.validation).toHaveLength(6)
    expect(request.groups.length).toBeGreaterThan(0)
    expect(request.groups.flat().every((index) => index >= 0 && index < 9)).toBe(true)
    expect(request.pairs.every((pair) => pair.left.codes?.length === 3 && pair.leftKey !== pair.rightKey)).toBe(true)
  })

  it('uses a fresh mining again, and leaves mining out without hard negatives', async () => {
    await project.waitForJob((await project.client.negatives.mine({ perPair: shortRecipe.hardNegativesPerPair, margin: shortRecipe.miningMargin })).jobId)
    await project.waitForJob((await start()).jobId)
    expect(project.compute.countOf('mine')).toBe(1)
    const { jobId } = await start({ useHardNegatives: false })
    await project.waitForJob(jobId)
    expect(project.compute.countOf('mine')).toBe(1)
    expect(project.compute.lastRequest('train').groups).toEqual([])
  })

  it('passes judgements between training pairs on as indices', async () => {
    const { pairs } = await project.client.pairs.list({ filter: { query: 'split:train status:accepted' } })
    await project.client.negatives.judge({ pairId: pairs[2]!.id, otherPairId: pairs[5]!.id, verdict: 'match' })
    await project.waitForJob((await start()).jobId)
    expect(project.compute.lastRequest('train').judgements).toEqual([{ anchor: 2, other: 5, verdict: 'match' }])
  })

  it('pauses after a step, resumes from there with the data of the start, and drops later steps', async () => {
    project.compute.training.stepMs = 8
    const { runId, jobId } = await start()
    await untilStep(runId, 3)
    await project.client.runs.pause({ runId })
    expect(await project.waitForJob(jobId)).toMatchObject({ state: 'done', summary: expect.stringMatching(/^paused at step \d+ of 30$/) })
    const paused = await project.client.runs.get({ runId })
    expect(paused.state).toBe('paused')
    expect(paused.step).toBeLessThan(30)
    const first = project.compute.lastRequest('train')

    const { pairs } = await project.client.pairs.list({ filter: { query: 'split:train' } })
    await project.client.pairs.setStatus({ scope: { ids: pairs.slice(0, 5).map((pair) => pair.id) }, status: 'rejected' })
    project.compute.training.stepMs = 1
    const resumed = await project.client.runs.resume({ runId })
    expect(resumed.jobId).not.toBe(jobId)
    expect(await project.waitForJob(resumed.jobId)).toMatchObject({ state: 'done', runId })
    const second = project.compute.lastRequest('train')
    expect(second).toMatchObject({ resume: true, pairs: first.pairs, groups: first.groups, validation: first.validation })
    const { metrics } = await project.client.runs.listMetrics({ runId })
    expect(metrics.map((metric) => metric.step)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1))
    await expect(project.client.runs.resume({ runId })).rejects.toMatchObject({ code: 'conflict' })
  })

  it('stops a running run by stop and by cancelling its job, and keeps what it learned', async () => {
    project.compute.training.stepMs = 8
    const first = await start()
    await untilStep(first.runId, 2)
    await project.client.runs.stop({ runId: first.runId })
    await project.waitForJob(first.jobId)
    expect((await project.client.runs.get({ runId: first.runId })).state).toBe('stopped')
    const second = await start()
    await untilStep(second.runId, 2)
    await project.client.jobs.cancel({ jobId: second.jobId })
    expect((await project.waitForJob(second.jobId)).state).toBe('cancelled')
    const run = await project.client.runs.get({ runId: second.runId })
    expect(run.state).toBe('stopped')
    expect(run.checkpointSteps.at(-1)).toBe(run.step)
    await expect(project.client.runs.stop({ runId: second.runId })).rejects.toMatchObject({ code: 'conflict' })
  })

  it('pauses a run that waits in the queue', async () => {
    let release: () => void = () => undefined
    project.compute.gate = new Promise((resolve) => { release = resolve })
    const first = await start()
    const second = await start()
    expect((await project.client.runs.get({ runId: second.runId })).state).toBe('queued')
    expect((await project.client.runs.pause({ runId: second.runId })).state).toBe('paused')
    release()
    await project.waitForJob(first.jobId)
    expect((await project.client.jobs.get({ jobId: second.jobId })).state).toBe('cancelled')
    await project.waitForJob((await project.client.runs.resume({ runId: second.runId })).jobId)
    expect((await project.client.runs.get({ runId: second.runId })).state).toBe('finished')
  })

  it('fails with the reason and can be resumed', async () => {
    project.compute.training.failAtStep = 15
    const { runId, jobId } = await start()
    expect(await project.waitForJob(jobId)).toMatchObject({ state: 'failed', error: { code: 'device-failed', advice: 'Pick it up.' } })
    expect(await project.client.runs.get({ runId })).toMatchObject({ state: 'failed', error: { code: 'device-failed' }, checkpointSteps: [10] })
    expect((await project.client.runs.listMetrics({ runId })).metrics.at(-1)?.step).toBe(14)
    project.compute.training.failAtStep = null
    await project.waitForJob((await project.client.runs.resume({ runId })).jobId)
    expect(await project.client.runs.get({ runId })).toMatchObject({ state: 'finished', error: null })
  })

  it('goes on with another device where its own failed, for that time only', async () => {
    project.compute.training.failAtStep = 15
    const { runId, jobId } = await start()
    await project.waitForJob(jobId)
    await project.waitForJob((await project.client.runs.resume({ runId, deviceId: 'cpu' })).jobId)
    expect(project.compute.lastRequest('train')).toMatchObject({ device: { deviceId: 'cpu' }, resume: true })
    project.compute.training.failAtStep = null
    await project.waitForJob((await project.client.runs.resume({ runId })).jobId)
    expect(project.compute.lastRequest('train').device.deviceId).toBeNull()
    expect((await project.client.runs.get({ runId })).state).toBe('finished')
  })

  it('pauses when the engine closes and goes on after it opens again', async () => {
    project.compute.training.stepMs = 8
    const { runId } = await start()
    await untilStep(runId, 3)
    await project.reopen()
    const run = await project.client.runs.get({ runId })
    expect(run.state).toBe('paused')
    expect(run.lastMetric!.step).toBeGreaterThanOrEqual(3)
    await project.waitForJob((await project.client.runs.resume({ runId })).jobId)
    expect((await project.client.runs.get({ runId })).state).toBe('finished')
  })

  it('marks a run that a crash left open as stopped, with advice', async () => {
    const { runId, jobId } = await start()
    await project.waitForJob(jobId)
    await project.reopen(() => {
      const store = openStore(project.projectDir)
      store.runs.update(runId, { state: 'running' })
      store.jobs.update(jobId, { state: 'running' })
      store.close()
    })
    expect(await project.client.runs.get({ runId })).toMatchObject({ state: 'stopped', error: { code: 'interrupted', advice: expect.stringMatching(/Resume/) } })
    expect(await project.client.jobs.get({ jobId })).toMatchObject({ state: 'failed', error: { code: 'interrupted' } })
  })

  it('renames and removes; a removed run takes its files, models and cached vectors along', async () => {
    const { runId, jobId } = await start()
    await expect(project.client.runs.remove({ runId })).rejects.toMatchObject({ code: 'conflict' })
    await project.waitForJob(jobId)
    expect((await project.client.runs.rename({ runId, name: 'Better' })).name).toBe('Better')
    expect((await project.client.models.list({}))[1]!.name).toBe('Better · best')
    await project.client.project.setCurrentModel({ modelId: `run:${runId}:best` })
    await project.client.runs.remove({ runId })
    expect(existsSync(runDir(runId))).toBe(false)
    expect(await project.client.runs.list({})).toEqual([])
    expect((await project.client.models.list({})).map((model) => model.id)).toEqual(['bundled:nano'])
    expect((await project.client.project.get({})).currentModelId).toBe('bundled:nano')
    await expect(project.client.runs.get({ runId })).rejects.toMatchObject({ code: 'not-found' })
  })

  it('leaves pairs with a damaged picture out and says so', async () => {
    const { pairs } = await project.client.pairs.list({ filter: { query: 'split:train task:caption' } })
    const { path } = await project.engine.services.images.imageFile(pairs[0]!.left.imageId!, 'full')
    writeFileSync(path, 'no picture')
    const { runId, jobId } = await start()
    expect((await project.waitForJob(jobId)).state).toBe('done')
    // The red picture is in its caption pair and in one edit.
    expect((await project.client.runs.get({ runId })).pairCount).toBe(7)
    const lines = (await project.client.jobs.listLog({ jobId })).map((entry) => entry.line)
    expect(lines).toContainEqual(expect.stringMatching(/^Picture \d+ .*cannot be read/))
    expect(lines).toContainEqual(expect.stringMatching(/2 training pairs are left out/))
  })

  it('freezes its data, and refuses to continue without it', async () => {
    const { runId, jobId } = await start()
    await project.client.runs.pause({ runId })
    await project.waitForJob(jobId)
    const path = join(runDir(runId), 'snapshot.json')
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ version: 1, pairs: expect.any(Array) })
    rmSync(path)
    await expect(project.client.runs.resume({ runId })).rejects.toMatchObject({ code: 'bad-checkpoint', data: { advice: expect.any(String) } })
  })
})
