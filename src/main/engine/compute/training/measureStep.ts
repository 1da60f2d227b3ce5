// Measures one micro-batch of a training step on a device: the time of each piece, and the memory that it holds. Weights are
// copied and thrown away afterwards; nothing is learned.
import type { FuselipConfig } from '../fuselip/config'
import { bucketLengths, padRows } from '../fuselip/sequence'
import type { WeightMap } from '../weights/namedArray'
import { maskRows } from './masking'
import { estimateActivationBytes } from './microBatch'
import type { StepMeasurement } from './planner'
import { createRandom, randomStreams } from './random'
import type { StepBatch, StepSettings, StepSide, TrainingStep } from './stepContract'

export interface StepMeasurementRequest {
  config: FuselipConfig
  /** Every trained tensor of the model. */
  weights: WeightMap
  /** Rows of ids like those of the batches, at least one a side; the longest decide the length. */
  left: readonly Int32Array[]
  right: readonly Int32Array[]
  maskProbability: number
  mmmWeight: number
  /** Of the recipe: no more pairs than it can use are measured. */
  batchSize: number
}

export interface MeasuringHost {
  createStep(weights: WeightMap, config: FuselipConfig): Promise<TrainingStep>
  takeTurn<T>(work: () => Promise<T>): Promise<T>
  signal: AbortSignal
  nowMs(): number
  /** Memory of this process. */
  usedBytes(): number
}

/** Two micro-batches: one would be computed as a whole batch. */
const partCount = 2
const longestFirst = (rows: readonly Int32Array[], count: number): Int32Array[] => {
  const sorted = [...rows].sort((a, b) => b.length - a.length)
  return Array.from({ length: count }, (_, index) => sorted[index % sorted.length]!)
}

/** Enough to tell from noise and from what is the same for any number of pairs, little enough to fit anywhere. */
const measuredBytes = 2 ** 30

/** Pairs of the micro-batch: a power of two, at most half of the batch. */
function chosenPairCount({ config, left, right, maskProbability, batchSize }: StepMeasurementRequest): number {
  const buckets = bucketLengths(config)
  const lengthOf = (rows: readonly Int32Array[]): number => padRows(longestFirst(rows, 1), buckets).length
  const [leftLength, rightLength] = [lengthOf(left), lengthOf(right)]
  const bytes = (rows: number): number => estimateActivationBytes(config, { rows, leftLength, rightLength, slots: rows * maskProbability * (leftLength + rightLength) })
  let count = 1
  while (partCount * count * 2 <= batchSize && bytes(2 * count) <= measuredBytes) count *= 2
  return count
}

function syntheticBatch({ config, left, right, maskProbability, mmmWeight }: StepMeasurementRequest, pairCount: number): StepBatch {
  const batchSize = partCount * pairCount
  const buckets = bucketLengths(config)
  const side = (rows: readonly Int32Array[], stream: number): StepSide =>
    maskRows(padRows(longestFirst(rows, batchSize), buckets), mmmWeight > 0 ? maskProbability : 0, createRandom(1, stream, 0), config)
  const cells = new Float32Array(batchSize * batchSize).fill(-1)
  for (let row = 0; row < batchSize; row++) cells[row * batchSize + row] = 1
  return { batchSize, left: side(left, randomStreams.maskLeft), right: side(right, randomStreams.maskRight), cells }
}

/** @throws AppError 'cancelled', 'out-of-memory', 'device-failed' */
export async function measureStep(request: StepMeasurementRequest, host: MeasuringHost): Promise<StepMeasurement> {
  const { config, weights, mmmWeight } = request
  const pairCount = chosenPairCount(request)
  const batch = syntheticBatch(request, pairCount)
  let parameterBytes = 0
  for (const { data } of weights.values()) parameterBytes += data.byteLength
  const step = await host.takeTurn(() => host.createStep(weights, config))
  try {
    const pieces: number[] = []
    const heldBytes: number[] = []
    const hooks = {
      takeTurn: <T>(work: () => Promise<T>) => host.takeTurn(async () => {
        const startedAtMs = host.nowMs()
        const result = await work()
        pieces.push(host.nowMs() - startedAtMs)
        heldBytes.push(host.usedBytes())
        return result
      }),
      beforeMicroBatch: async () => host.signal.throwIfAborted(),
    }
    const settings: StepSettings = { learningRate: 0, weightDecay: 0, gradientClip: 1, mmmWeight, optimizerStep: 1, microBatchSize: pairCount }
    await step.run(batch, settings, hooks)
    // Pieces of a step: each side of each micro-batch, its block of cells, its gradients, and one update.
    const firstGradient = 3 * partCount
    // The two sets between which the sum of the gradients moves are first touched then; they are resident, not activations.
    const activationBytes = Math.max(0, heldBytes[firstGradient]! - heldBytes[firstGradient - 1]! - 2 * parameterBytes)
    pieces.length = 0
    // Only the second run is free of compiling.
    await step.run(batch, { ...settings, optimizerStep: 2 }, hooks)
    return {
      config, pairCount, activationBytes,
      leftLength: batch.left.length, rightLength: batch.right.length,
      slotsPerPair: (batch.left.maskedPositions.length + batch.right.maskedPositions.length) / batch.batchSize,
      // A run keeps the weights as they were loaded.
      residentBytes: step.residentBytes + parameterBytes,
      embedMs: Math.min(...pieces.slice(0, partCount)) + Math.min(...pieces.slice(partCount, 2 * partCount)),
      gradientMs: Math.min(...pieces.slice(firstGradient, firstGradient + partCount)),
      updateMs: pieces.at(-1)!,
    }
  } finally {
    await step.dispose()
  }
}
