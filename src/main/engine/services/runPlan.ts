// What a recipe would mean before it is started: steps and real negatives from the pairs at once; memory and time from one
// micro-batch that is measured on request and kept for the model, the device and the lengths of the data.
import { freemem } from 'node:os'
import type { Pair, Side } from '../../../shared/contract/entities'
import type { MeasuredPlan, RunPlan } from '../../../shared/contract/runs'
import type { Recipe } from '../../../shared/recipe'
import type { Compute } from '../compute/thread/client'
import type { DeviceChoice, SideShape } from '../compute/thread/protocol'
import { contrastiveCells, judgedCells } from '../compute/training/cells'
import { planStep, type StepMeasurement } from '../compute/training/planner'
import { effectiveBatchSize, planEpoch, stepsPerEpoch } from '../compute/training/sampler'
import { sideKey } from '../store/embeddingStore'
import type { Store } from '../store/openStore'
import type { UsableModel } from './models'
import type { NegativesService } from './negatives'

export interface RunPlanDependencies {
  store: Store
  compute: Compute
  negatives: NegativesService
  getDevice: () => DeviceChoice
  getDeviceName: () => string
}

export interface ChosenPairs {
  train: Pair[]
  validation: Pair[]
}

/** Cells of the logit matrix that are looked at for the mean number of negatives; the first batches stand for the rest. */
const countedCells = 1_000_000
/** The longest sides decide the length of the rows, so not all are needed. */
const shapedSides = 64

/** Memory that this process could still get. */
const availableMemoryBytes = (): number => (process as { availableMemory?: () => number }).availableMemory?.() ?? freemem()

export class RunPlanner {
  readonly #measured = new Map<string, Promise<StepMeasurement>>()

  constructor(private readonly dependencies: RunPlanDependencies) {}

  /** Steps and negatives; `measured` is null. */
  count({ train, validation }: ChosenPairs, recipe: Recipe): RunPlan {
    const steps = this.countSteps(train.length, recipe)
    return {
      ...steps,
      trainPairCount: train.length,
      validationPairCount: validation.length,
      negativesPerAnchor: steps.stepsPerEpoch === 0 ? 0 : this.#negativesPerAnchor(train, recipe),
      measured: null,
    }
  }

  countSteps(trainPairCount: number, recipe: Recipe): Pick<RunPlan, 'stepsPerEpoch' | 'totalSteps' | 'obstacle'> {
    const stepCount = trainPairCount < 2 ? 0 : stepsPerEpoch(trainPairCount, recipe.batchSize)
    return {
      stepsPerEpoch: stepCount,
      totalSteps: stepCount * recipe.epochs,
      obstacle: trainPairCount < 2 ? `A run needs at least 2 accepted pairs in the training split; there ${trainPairCount === 1 ? 'is 1' : 'are none'}.` : null,
    }
  }

  /** With the measurement, where there is one already or `measure` asks for it. */
  async plan(pairs: ChosenPairs, recipe: Recipe, model: UsableModel, measure: boolean, signal?: AbortSignal): Promise<RunPlan> {
    const plan = this.count(pairs, recipe)
    if (plan.obstacle !== null) return plan
    // Taken before the measurement, which needs memory of its own.
    const availableBytes = availableMemoryBytes()
    const measured = await this.#measure(pairs.train, recipe, model, measure, signal)
    return measured ? { ...plan, measured: this.#scale(measured, plan, recipe, availableBytes) } : plan
  }

  #scale(measured: StepMeasurement, plan: RunPlan, recipe: Recipe, availableBytes: number): MeasuredPlan {
    const batchSize = effectiveBatchSize(plan.trainPairCount, recipe.batchSize)
    const step = planStep(measured, { batchSize, microBatchSize: recipe.microBatchSize, availableBytes })
    return {
      ...step, deviceName: this.dependencies.getDeviceName(), availableMemoryBytes: availableBytes,
      epochMs: step.stepMs * plan.stepsPerEpoch, totalMs: step.stepMs * plan.totalSteps,
    }
  }

  async #measure(train: Pair[], recipe: Recipe, model: UsableModel, measure: boolean, signal?: AbortSignal): Promise<StepMeasurement | null> {
    const { compute, getDevice } = this.dependencies
    const { batchSize, maskProbability, mmmWeight } = recipe
    const left = longestShapes(train.map((pair) => pair.left))
    const right = longestShapes(train.map((pair) => pair.right))
    const device = getDevice()
    const key = JSON.stringify([model.cacheId, device, maskProbability, mmmWeight > 0, left[0], right[0]])
    const known = this.#measured.get(key)
    if (known || !measure) return known ?? null
    const measuring = compute.call('measureStep', { modelDir: model.dir, recipe: { batchSize: effectiveBatchSize(train.length, batchSize), maskProbability, mmmWeight }, left, right, device }, { signal })
    this.#measured.set(key, measuring)
    measuring.catch(() => this.#measured.delete(key))
    return measuring
  }

  #negativesPerAnchor(train: Pair[], recipe: Recipe): number {
    const { store, negatives } = this.dependencies
    const indexOf = new Map(train.map((pair, index) => [pair.id, index]))
    const stored = [...store.groups.list('data'), ...(recipe.useHardNegatives ? store.groups.list('mined') : [])]
    const groups = stored.map((group) => group.flatMap((pairId) => indexOf.get(pairId) ?? [])).filter((group) => group.length > 1)
    const batches = planEpoch({ pairCount: train.length, batchSize: recipe.batchSize, groups, seed: recipe.seed, epoch: 0 })
    const keys = train.map(({ left, right }) => ({ leftKey: sideKey(left.imageId, left.text), rightKey: sideKey(right.imageId, right.text) }))
    const judged = judgedCells(negatives.judgementsBetween(train.map((pair) => pair.id)), train.length)
    let anchorCount = 0, negativeCount = 0, cellCount = 0
    for (const batch of batches) {
      if (cellCount > 0 && cellCount + batch.length ** 2 > countedCells) break
      for (const cell of contrastiveCells(batch, keys, judged)) if (cell < 0) negativeCount += 1
      anchorCount += batch.length
      cellCount += batch.length ** 2
    }
    return negativeCount / anchorCount
  }
}

/** Longest first, by the letters of the text and whether there is a picture. */
function longestShapes(sides: readonly Side[]): SideShape[] {
  const lengthOf = (side: Side): number => (side.imageId === null ? 0 : 1000) + (side.text?.length ?? 0)
  return [...sides].sort((a, b) => lengthOf(b) - lengthOf(a)).slice(0, shapedSides).map(({ imageId, text }) => ({ hasImage: imageId !== null, text }))
}
