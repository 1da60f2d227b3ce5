// Fine-tuning runs: what a recipe would mean, start, pause, stop, resume, and what was measured.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Job, Metric, Validation } from '../../../shared/contract/entities'
import type { Preset, Run, RunPlan } from '../../../shared/contract/runs'
import { AppError } from '../../../shared/errors'
import type { Recipe } from '../../../shared/recipe'
import type { JobRunner } from '../jobs/runner'
import { defaultModelId } from '../store/projectStore'
import { findRunObstacle, isActive, modelIdsOfRun } from './modelRemoval'
import { readPresets } from './presets'
import { workOnRun, type RunDependencies } from './runBody'
import { RunPlanner, type ChosenPairs } from './runPlan'
import { readSnapshot, toSnapshotPair, writeSnapshot, type RunSnapshot } from './runSnapshot'

export interface RunsDependencies extends RunDependencies {
  jobs: JobRunner
  resourcesDir: string
  getDeviceName: () => string
  /** The data of a named snapshot, as a run freezes it. */
  readSnapshotForRun: (snapshotId: number, useMined: boolean) => Promise<RunSnapshot>
}

type Steering = 'pause' | 'stop'

export class RunsService {
  /** Runs whose training steps are running now, so that they can be steered. */
  readonly #training = new Set<number>()
  /** How a run should be left when its job is broken off before the training began. */
  readonly #wanted = new Map<number, Steering>()
  readonly #ending = new Set<Promise<void>>()

  readonly #planner: RunPlanner

  constructor(private readonly dependencies: RunsDependencies) {
    this.#planner = new RunPlanner(dependencies)
  }

  listPresets(): Promise<Preset[]> {
    return readPresets(join(this.dependencies.resourcesDir, 'presets'))
  }

  /** @throws AppError 'not-found' for a model that is not there; what the device answers to a measurement */
  async plan({ recipe, baseModelId = null, measure = false }: { recipe: Recipe; baseModelId?: string | null; measure?: boolean }, signal?: AbortSignal): Promise<RunPlan> {
    const { store, models } = this.dependencies
    const model = await models.resolve(baseModelId ?? store.project.get().currentModelId)
    return this.#planner.plan(this.#choosePairs(), recipe, model, measure, signal)
  }

  /** @throws AppError 'bad-input' with too few pairs, 'not-found' for a model or a snapshot that is not there */
  async start({ name, baseModelId, recipe, snapshotId = null }: { name: string; baseModelId: string | null; recipe: Recipe; snapshotId?: number | null }): Promise<{ runId: number; jobId: number }> {
    const { store, models } = this.dependencies
    const model = await models.resolve(baseModelId ?? store.project.get().currentModelId)
    const frozen = snapshotId === null ? this.#freeze() : await this.dependencies.readSnapshotForRun(snapshotId, recipe.useHardNegatives)
    const { totalSteps, obstacle } = this.#planner.countSteps(frozen.pairs.length, recipe)
    if (obstacle) throw new AppError('bad-input', obstacle, snapshotId === null ? 'Accept pairs in Review, then start the run again.' : 'Choose another snapshot.')
    const run = store.runs.create({ name, baseModelId: model.id, recipe, device: '', totalSteps, pairCount: frozen.pairs.length })
    try {
      await writeSnapshot(store.files.runDir(run.id), frozen)
      if (snapshotId !== null) store.snapshots.setOfRun(run.id, snapshotId)
    } catch (thrown) {
      store.runs.remove(run.id)
      throw thrown
    }
    if (!name) store.runs.update(run.id, { name: `Run ${run.id}` })
    return this.#enqueue(run.id, false)
  }

  async resume({ runId, deviceId = null }: { runId: number; deviceId?: string | null }): Promise<{ runId: number; jobId: number }> {
    const { store } = this.dependencies
    const run = store.runs.get(runId)
    if (run.state === 'finished') throw new AppError('conflict', `The run “${run.name}” has finished; there is nothing to continue.`, 'Start a new run from its last checkpoint.')
    this.#refuseWhileActive(run, 'It is already on its way.')
    await readSnapshot(store.files.runDir(runId))
    return this.#enqueue(runId, true, deviceId)
  }

  pause({ runId }: { runId: number }): Promise<Run> {
    return this.#steer(runId, 'pause')
  }

  stop({ runId }: { runId: number }): Promise<Run> {
    return this.#steer(runId, 'stop')
  }

  list(): Run[] {
    return this.dependencies.store.runs.list()
  }

  get({ runId }: { runId: number }): Run {
    return this.dependencies.store.runs.get(runId)
  }

  rename({ runId, name }: { runId: number; name: string }): Run {
    const { store, changes } = this.dependencies
    store.runs.get(runId)
    const run = store.runs.update(runId, { name })
    changes.publish({ topic: 'run', runId })
    changes.publish({ topic: 'models' })
    return run
  }

  async remove({ runId }: { runId: number }): Promise<Record<string, never>> {
    const { store, changes } = this.dependencies
    const obstacle = findRunObstacle(store, store.runs.get(runId))
    if (obstacle) throw obstacle
    const modelIds = modelIdsOfRun(runId)
    store.transaction(() => {
      if (modelIds.includes(store.project.get().currentModelId)) store.project.setCurrentModel(defaultModelId)
      for (const modelId of modelIds) {
        store.embeddings.removeModel(modelId)
        store.evaluations.removeModel(modelId)
        store.attention.removeModel(modelId)
        store.modelNotes.remove(modelId)
      }
      store.runs.remove(runId)
    })
    await rm(store.files.runDir(runId), { recursive: true, force: true })
    for (const topic of ['models', 'project'] as const) changes.publish({ topic })
    changes.publish({ topic: 'run', runId })
    return {}
  }

  listMetrics({ runId, afterStep }: { runId: number; afterStep: number }): { metrics: Metric[]; validations: Validation[] } {
    const { store } = this.dependencies
    store.runs.get(runId)
    return { metrics: store.runs.listMetrics(runId, afterStep), validations: store.runs.listValidations(runId, afterStep) }
  }

  /** After a crash: runs that were on their way are stopped and can be resumed. Call once, after `JobRunner.recover`. */
  recover(): void {
    const { store } = this.dependencies
    for (const run of [...store.runs.listByState('running'), ...store.runs.listByState('queued')]) {
      store.runs.update(run.id, {
        state: 'stopped', etaMs: null, endedAtMs: Date.now(),
        error: { code: 'interrupted', message: 'The studio ended while this run was on its way.', advice: 'Resume it: it continues from its last checkpoint and gives the same losses.' },
      })
    }
  }

  /** Saves a checkpoint of what is training and waits for it; the run can be resumed when the project is open again. */
  async close(): Promise<void> {
    const { store } = this.dependencies
    for (const run of [...store.runs.listByState('queued'), ...store.runs.listByState('running')]) await this.#steer(run.id, 'pause').catch(() => undefined)
    while (this.#ending.size) await Promise.all(this.#ending)
  }

  #freeze(): RunSnapshot {
    const { train, validation } = this.#choosePairs()
    const judgements = this.dependencies.negatives.judgementsBetween(train.map((pair) => pair.id))
    return { version: 1, pairs: train.map(toSnapshotPair), validation: validation.map(toSnapshotPair), judgements, groups: null, dataGroupCount: 0 }
  }

  #choosePairs(): ChosenPairs {
    const { negatives } = this.dependencies
    return { train: negatives.listPairs('train').filter((pair) => pair.status === 'accepted'), validation: negatives.listPairs('validation') }
  }

  /** @param deviceId to train on in this sitting; null leaves it to the settings */
  #enqueue(runId: number, resume: boolean, deviceId: string | null = null): { runId: number; jobId: number } {
    const { store, jobs, changes } = this.dependencies
    const name = store.runs.get(runId).name
    this.#wanted.delete(runId)
    const job = jobs.start({ kind: 'train', title: `${resume ? 'Continue' : 'Train'} ${name}`, runId }, async (context) => {
      const run = store.runs.update(runId, { state: 'running' })
      changes.publish({ topic: 'run', runId })
      const setTraining = (isTraining: boolean) => void (isTraining ? this.#training.add(runId) : this.#training.delete(runId))
      const { outcome, step } = await workOnRun(this.#on(deviceId), run, resume, context, setTraining)
      store.runs.update(runId, { state: outcome, step })
      return `${outcome} at step ${step} of ${store.runs.get(runId).totalSteps}`
    })
    store.runs.update(runId, { state: 'queued', jobId: job.id, error: null, endedAtMs: null, etaMs: null })
    const ended: Promise<void> = jobs.wait(job.id).then((endedJob) => this.#leave(runId, endedJob)).finally(() => this.#ending.delete(ended))
    this.#ending.add(ended)
    for (const topic of ['models', 'project'] as const) changes.publish({ topic })
    changes.publish({ topic: 'run', runId })
    return { runId, jobId: job.id }
  }

  #on(deviceId: string | null): RunDependencies {
    const { getDevice } = this.dependencies
    return deviceId === null ? this.dependencies : { ...this.dependencies, getDevice: () => ({ ...getDevice(), deviceId }) }
  }

  /** Gives the run the state that fits how its job ended. */
  #leave(runId: number, job: Job): void {
    const { store, changes } = this.dependencies
    const run = store.runs.get(runId)
    const state = !isActive(run) ? run.state : job.state === 'failed' ? 'failed' : this.#wanted.get(runId) === 'pause' ? 'paused' : 'stopped'
    store.runs.update(runId, { state, etaMs: null, endedAtMs: Date.now(), error: job.state === 'failed' ? job.error : null })
    this.#wanted.delete(runId)
    changes.publish({ topic: 'run', runId })
    changes.publish({ topic: 'models' })
  }

  async #steer(runId: number, action: Steering): Promise<Run> {
    const { store, compute, jobs } = this.dependencies
    const run = store.runs.get(runId)
    if (!isActive(run) || run.jobId === null) {
      throw new AppError('conflict', `The run “${run.name}” is not on its way (${run.state}).`, action === 'pause' ? 'Only a run that is queued or running can be paused.' : null)
    }
    this.#wanted.set(runId, action)
    if (this.#training.has(runId)) await compute.call('steerTraining', { runDir: store.files.runDir(runId), action })
    else {
      jobs.cancel(run.jobId)
      await jobs.wait(run.jobId)
    }
    return store.runs.get(runId)
  }

  #refuseWhileActive(run: Run, advice: string): void {
    if (isActive(run)) throw new AppError('conflict', `The run “${run.name}” is ${run.state}.`, advice)
  }
}
