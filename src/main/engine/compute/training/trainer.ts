// A fine-tuning run from its first batch to its last checkpoint. It knows batches, schedules, mining and checkpoints,
// and nothing of tensors: those are behind `TrainingStep`.
// Order of a run, which resuming depends on: everything drawn at random is a function of (seed, step), and a saved state
// with step s was written after step s − 1 and before anything that belongs to step s, mining included.
import { createHash } from 'node:crypto'
import { AppError } from '../../../../shared/errors'
import type { FuselipConfig } from '../fuselip/config'
import { bucketLengths } from '../fuselip/sequence'
import type { ModelFolder } from '../fuselip/modelFolder'
import { mineNegatives, type MiningOptions, type MiningRequest } from '../mining/mine'
import { embedRows } from '../retrieval/embedRows'
import type { MiningResult, TrainingEvent, TrainingOutcome, TrainingRequest } from '../thread/protocol'
import type { WeightMap } from '../weights/namedArray'
import { batchLengths, finestLengths, lengthClasses } from './batchLengths'
import { buildBatch, pairRows, type BatchSource, type PairRows } from './batches'
import { judgedCells } from './cells'
import { recoverCheckpoints, saveBest, saveCheckpoint, type SavedModel } from './checkpoint'
import { loadResumeState, saveResumeState, type BestSoFar, type ResumeState } from './resumeState'
import { effectiveBatchSize, planEpoch, stepsPerEpoch } from './sampler'
import { learningRateAt } from './schedule'
import type { StepBatch, StepHooks, StepResult, StepSettings, TrainingStep } from './stepContract'
import { isBetter, scoreOf, validate } from './validation'

export interface TrainerHost {
  loadModel(dir: string): Promise<ModelFolder>
  createStep(weights: WeightMap, config: FuselipConfig): Promise<TrainingStep>
  /** A faster way to mine than plain code, where there is one. */
  mine?(request: MiningRequest, options: MiningOptions): Promise<MiningResult>
  emit(event: TrainingEvent): void
  /** Ends the run at once, without a checkpoint. */
  signal: AbortSignal
  /** Asked between steps and micro-batches; either action gives the step up and saves a checkpoint of the one before. */
  requestedAction(): 'pause' | 'stop' | null
  /** Gives the device to this work alone; other calls get their turn in between. */
  takeTurn<T>(work: () => Promise<T>): Promise<T>
  nowMs(): number
}

interface Run {
  request: TrainingRequest
  host: TrainerHost
  model: ModelFolder
  step: TrainingStep
  source: BatchSource
  lengthClasses: number[]
  validationRows: PairRows
  totalSteps: number
  epochSteps: number
  /** Optimizer steps that are done, and that were when this sitting began. */
  done: number
  startStep: number
  fingerprint: string
  groups: number[][]
  best: BestSoFar | null
  /** Of earlier sittings. */
  earlierMs: number
  startedAtMs: number
  /** Step of the newest state on disk; −1 while there is none. */
  savedStep: number
  validatedStep: number
  /** Of the recipe, or smaller after the device ran out of memory; 0 leaves it to the step. */
  microBatchSize: number
}

const yieldToMessages = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Changes to data or recipe would silently break “resume equals uninterrupted”, so they are told apart by this. */
export function fingerprintOf(request: TrainingRequest): string {
  const hash = createHash('sha256')
  // Micro-batches change no result, so a run may go on with others, and with none from before they were there.
  const { microBatchSize: _microBatchSize, ...recipe } = request.recipe
  hash.update(JSON.stringify([recipe, request.groups, request.judgements]))
  for (const { pairId, left, right, leftKey, rightKey } of request.pairs) {
    hash.update(JSON.stringify([pairId, left.text, right.text, leftKey, rightKey]))
    for (const { codes } of [left, right]) if (codes) hash.update(codes)
  }
  return hash.digest('hex')
}

async function findState({ runDir, resume }: TrainingRequest, fingerprint: string, host: TrainerHost): Promise<ResumeState | null> {
  await recoverCheckpoints(runDir)
  const state = await loadResumeState(runDir, (line) => host.emit({ kind: 'log', line }))
  if (!state) return null
  if (!resume) {
    throw new AppError('conflict', `The run folder already holds a run at step ${state.step}.`, 'Continue that run, or start a new one.')
  }
  if (state.fingerprint !== fingerprint) {
    throw new AppError('bad-checkpoint', 'The run cannot continue: its data or recipe differ from those it was started with.', 'Start a new run from its last checkpoint.')
  }
  return state
}

async function createStep(host: TrainerHost, { weights, config }: ModelFolder, state: ResumeState | null): Promise<TrainingStep> {
  const step = await host.takeTurn(() => host.createStep(state?.weights ?? weights, config))
  if (!state) return step
  try {
    await host.takeTurn(() => step.importMoments(state.moments))
    return step
  } catch (cause) {
    await step.dispose()
    throw new AppError('bad-checkpoint', `The saved state of step ${state.step} does not fit the model: ${(cause as Error).message}`, 'Start a new run from one of its checkpoints.', { cause })
  }
}

async function openRun(request: TrainingRequest, host: TrainerHost): Promise<Run> {
  const { recipe, pairs } = request
  const epochSteps = stepsPerEpoch(pairs.length, recipe.batchSize)
  const fingerprint = fingerprintOf(request)
  const state = await findState(request, fingerprint, host)
  const model = await host.loadModel(request.modelDir)
  const rows = pairRows(pairs, model.config)
  const source: BatchSource = {
    pairs, recipe, config: model.config,
    rows,
    lengths: batchLengths({ config: model.config, rows, batchSize: effectiveBatchSize(pairs.length, recipe.batchSize), maskProbability: recipe.maskProbability }),
    judged: judgedCells(request.judgements, pairs.length),
  }
  const validationRows = pairRows(request.validation, model.config)
  const step = await createStep(host, model, state)
  return {
    request, host, model, step, source, validationRows, lengthClasses: lengthClasses(rows, finestLengths(model.config)), epochSteps, fingerprint,
    totalSteps: recipe.epochs * epochSteps,
    done: state?.step ?? 0,
    startStep: state?.step ?? 0,
    groups: state?.groups ?? request.groups,
    best: state?.best ?? null,
    earlierMs: state?.elapsedMs ?? 0,
    startedAtMs: host.nowMs(),
    savedStep: state?.step ?? -1,
    validatedStep: state?.step ?? -1,
    microBatchSize: recipe.microBatchSize ?? 0,
  }
}

function savedModel(run: Run, weights: WeightMap): SavedModel {
  const { seed } = run.request.recipe
  return { config: run.model.config, baseJson: run.model.json, weights, training: { step: run.done, total_steps: run.totalSteps, seed } }
}

const elapsedMs = (run: Run): number => run.earlierMs + run.host.nowMs() - run.startedAtMs

/** The checkpoint first: a run that continues from a state must find the model of that step, the last one above all. */
async function save(run: Run): Promise<void> {
  const { host, step, request, done, fingerprint, groups, best } = run
  if (run.savedStep === done) return
  const { weights, moments } = await host.takeTurn(async () => ({ weights: await step.exportWeights(), moments: await step.exportMoments() }))
  await saveCheckpoint(request.runDir, done, savedModel(run, weights))
  await saveResumeState(request.runDir, { step: done, fingerprint, groups, elapsedMs: elapsedMs(run), best, weights, moments })
  run.savedStep = done
  host.emit({ kind: 'checkpoint', step: done })
}

function embedAll(run: Run, rows: readonly Int32Array[]): Promise<Float32Array> {
  const { host, step, model } = run
  const embed = (ids: Int32Array, length: number, ends: Int32Array): Promise<Float32Array> => host.takeTurn(() => step.embed(ids, length, ends))
  return embedRows(rows, model.config.width, bucketLengths(model.config), embed, { signal: host.signal })
}

async function measure(run: Run): Promise<void> {
  const { host, request, validationRows } = run
  if (request.validation.length === 0 || run.validatedStep === run.done) return
  const left = await embedAll(run, validationRows.left)
  const right = await embedAll(run, validationRows.right)
  const validation = validate(left, right, run.model.config.width, request.validation, run.done)
  run.validatedStep = run.done
  host.emit({ kind: 'validation', validation })
  // The base model is no result of this run, so step 0 is measured but never the best.
  const score = scoreOf(validation)
  if (run.done === 0 || !isBetter(score, run.best)) return
  const weights = await host.takeTurn(() => run.step.exportWeights())
  await saveBest(request.runDir, savedModel(run, weights))
  run.best = score
}

/** Epochs 0, k, 2k, …; epoch 0 only where nothing was mined before the run. */
function isMiningDue(run: Run): boolean {
  const { useHardNegatives, remineEveryEpochs } = run.request.recipe
  if (!useHardNegatives || remineEveryEpochs === 0 || run.done % run.epochSteps !== 0) return false
  const epoch = run.done / run.epochSteps
  return epoch % remineEveryEpochs === 0 && (epoch > 0 || run.request.groups.length === 0)
}

async function mineAgain(run: Run): Promise<void> {
  const { host, request, source } = run
  const { groups } = await (host.mine ?? mineNegatives)({
    left: await embedAll(run, source.rows.left),
    right: await embedAll(run, source.rows.right),
    width: run.model.config.width,
    leftKeys: request.pairs.map(({ leftKey }) => leftKey),
    rightKeys: request.pairs.map(({ rightKey }) => rightKey),
    perPair: request.recipe.hardNegativesPerPair,
    margin: request.recipe.miningMargin,
    judgements: request.judgements,
  }, { signal: host.signal })
  // A pair stays in the first group that names it. The data's own groups (an edit and its way back) are the hardest negatives
  // that there are, so mining never takes a pair out of one; what was mined before comes last.
  const dataGroupCount = request.dataGroupCount ?? 0
  run.groups = [...request.groups.slice(0, dataGroupCount), ...groups, ...request.groups.slice(dataGroupCount)]
  host.emit({ kind: 'mined', step: run.done, groupCount: groups.length })
}

function checkFinite(result: StepResult, step: number): void {
  const wrong = Object.entries(result).find(([, value]) => !Number.isFinite(value))
  if (!wrong) return
  throw new AppError(
    'device-failed', `Step ${step} gave ${wrong[0]} = ${wrong[1]}; training stopped and the last checkpoint is kept.`,
    'Start again with a lower learning rate or a longer warm-up, or choose another device.',
  )
}

function reportMicroBatches(run: Run, batch: StepBatch): void {
  const size = run.step.microBatchSizeOf(batch, run.microBatchSize)
  if (size < batch.batchSize) run.host.emit({ kind: 'log', line: `Each batch of ${batch.batchSize} pairs is computed in micro-batches of ${size}.` })
}

/** Thrown between two micro-batches when the run is told to pause, stop or end; the step is then repeated on resume. */
class StepGivenUp extends Error {}

const isOfDevice = (thrown: unknown): thrown is AppError => thrown instanceof AppError && (thrown.code === 'device-failed' || thrown.code === 'out-of-memory')

/** A device that failed may still answer with nonsense. */
function isSound(weights: WeightMap): boolean {
  let isAnyOtherThanZero = false
  for (const { data } of weights.values()) {
    for (const value of data) {
      if (!Number.isFinite(value)) return false
      isAnyOtherThanZero ||= value !== 0
    }
  }
  return isAnyOtherThanZero
}

/** A step that failed has changed nothing, so the run can go on elsewhere from the one before, where it can still be read. */
async function saveAfterFailure(run: Run): Promise<void> {
  const { host, done, savedStep } = run
  if (savedStep === done) return
  try {
    if (!isSound(await host.takeTurn(() => run.step.exportWeights()))) throw new Error('the device gives no usable numbers any more')
    await save(run)
    host.emit({ kind: 'log', line: `The device failed; the run is saved at step ${done}.` })
  } catch (thrown) {
    const reason = (thrown as Error).message
    host.emit({ kind: 'log', line: `The device failed, and step ${done} cannot be saved (${reason}). ${savedStep < 0 ? 'Nothing was saved before.' : `The last saved step is ${savedStep}.`}` })
  }
}

/** Smaller micro-batches give the same result, so a device that runs out of memory gets those before the run fails. */
async function runStep(run: Run, batch: StepBatch, settings: StepSettings, hooks: StepHooks): Promise<StepResult> {
  const { host, step } = run
  for (;;) {
    try {
      return await step.run(batch, { ...settings, microBatchSize: run.microBatchSize }, hooks)
    } catch (thrown) {
      const used = step.microBatchSizeOf(batch, run.microBatchSize)
      if (!(thrown instanceof AppError) || thrown.code !== 'out-of-memory' || used === 1) throw thrown
      run.microBatchSize = Math.ceil(used / 2)
      host.emit({ kind: 'log', line: `Step ${run.done + 1} ran out of memory with ${used} pairs at a time; going on with ${run.microBatchSize}.` })
    }
  }
}

/** @returns false where the run was told to pause, stop or end in the middle; nothing has changed then */
async function takeStep(run: Run, batch: Int32Array): Promise<boolean> {
  const { host, request: { recipe }, totalSteps } = run
  const startedAtMs = host.nowMs()
  const learningRate = learningRateAt(run.done, { peak: recipe.learningRate, warmupSteps: recipe.warmupSteps, totalSteps })
  const settings = { learningRate, weightDecay: recipe.weightDecay, gradientClip: recipe.gradientClip, mmmWeight: recipe.mmmWeight, optimizerStep: run.done + 1 }
  const beforeMicroBatch = async (): Promise<void> => {
    await yieldToMessages()
    if (host.signal.aborted || host.requestedAction()) throw new StepGivenUp()
  }
  const stepBatch = buildBatch(run.source, batch, run.done)
  if (run.done === run.startStep) reportMicroBatches(run, stepBatch)
  let result: StepResult
  try {
    result = await runStep(run, stepBatch, settings, { takeTurn: (work) => host.takeTurn(work), beforeMicroBatch })
  } catch (thrown) {
    if (thrown instanceof StepGivenUp) return false
    if (isOfDevice(thrown)) await saveAfterFailure(run)
    throw thrown
  }
  run.done++
  checkFinite(result, run.done)
  const samplesPerSecond = (1000 * batch.length) / Math.max(1e-3, host.nowMs() - startedAtMs)
  host.emit({ kind: 'metric', metric: { step: run.done, ...result, learningRate, samplesPerSecond, elapsedMs: elapsedMs(run) } })
  return true
}

async function runSteps(run: Run): Promise<TrainingOutcome> {
  const { host, request: { recipe, pairs }, epochSteps, totalSteps } = run
  if (run.done === 0) await measure(run)
  let plannedEpoch = -1
  let batches: Int32Array[] = []
  while (run.done < totalSteps) {
    host.signal.throwIfAborted()
    const action = host.requestedAction()
    if (action) {
      await save(run)
      return { outcome: action === 'pause' ? 'paused' : 'stopped', step: run.done }
    }
    if (isMiningDue(run)) await mineAgain(run)
    const epoch = Math.floor(run.done / epochSteps)
    if (plannedEpoch !== epoch) {
      batches = planEpoch({ pairCount: pairs.length, batchSize: recipe.batchSize, groups: run.groups, lengthClasses: run.lengthClasses, seed: recipe.seed, epoch })
      plannedEpoch = epoch
    }
    if (!(await takeStep(run, batches[run.done % epochSteps]!))) continue
    if (run.done % recipe.validateEverySteps === 0 || run.done === totalSteps) await measure(run)
    if (run.done % recipe.checkpointEverySteps === 0 || run.done === totalSteps) await save(run)
    await yieldToMessages()
  }
  return { outcome: 'finished', step: run.done }
}

/**
 * Trains until the recipe is done, or until it is told to pause or stop.
 * @throws AppError 'cancelled' when the signal fires; 'device-failed' for a loss that is not a number; 'bad-input',
 *   'bad-model', 'bad-checkpoint', 'disk-full'. Checkpoints on disk stay whole in every case.
 */
export async function train(request: TrainingRequest, host: TrainerHost): Promise<TrainingOutcome> {
  const run = await openRun(request, host)
  try {
    const batchSize = effectiveBatchSize(request.pairs.length, request.recipe.batchSize)
    if (batchSize < request.recipe.batchSize) {
      host.emit({ kind: 'log', line: `Batches hold all ${batchSize} training pairs; the recipe asks for ${request.recipe.batchSize}.` })
    }
    host.emit({ kind: 'started', startStep: run.done, totalSteps: run.totalSteps, device: request.device.deviceId ?? 'cpu' })
    return await runSteps(run)
  } catch (thrown) {
    throw AppError.from(thrown)
  } finally {
    await run.step.dispose()
  }
}
