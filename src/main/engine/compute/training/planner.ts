// What a training run would need and take, from the measurement of one micro-batch (measureStep.ts). Pure arithmetic.
import type { FuselipConfig } from '../fuselip/config'
import { automaticMicroBatchSize, estimateActivationBytes, type StepShape } from './microBatch'

/** One micro-batch as it was measured on a device. */
export interface StepMeasurement {
  /** Sizes of the model, for scaling to other micro-batches. */
  config: FuselipConfig
  /** Lengths of the rows, and masked positions of both sides of one pair on average. */
  leftLength: number
  rightLength: number
  slotsPerPair: number
  /** Pairs in the micro-batch that was measured. */
  pairCount: number
  /** Weights, moments, gradients, and the weights as they were loaded. */
  residentBytes: number
  /** What the forward and backward pass of the micro-batch held. */
  activationBytes: number
  /** Forward pass without gradients of both sides; forward and backward pass; update of all weights. */
  embedMs: number
  gradientMs: number
  updateMs: number
}

export interface PlannedStep {
  /** Pairs computed at a time. */
  microBatchSize: number
  /** Largest micro-batch that fits into the available memory, at most the batch; 0 where not even one pair does. */
  largestMicroBatchSize: number
  peakMemoryBytes: number
  stepMs: number
  samplesPerSecond: number
}

export interface StepPlanRequest {
  batchSize: number
  /** Of the recipe; 0 leaves it to the engine. */
  microBatchSize: number
  availableBytes: number
}

/** Left for everything else on the machine, and for what a measurement misses. */
const usableShare = 0.8

/** Exact in its slope (the measured memory) and estimated in its shape (how memory grows with pairs). */
function activationBytesOf(measured: StepMeasurement, rows: number): number {
  const estimate = (count: number): number => estimateActivationBytes(measured.config, shapeOf(measured, count))
  return measured.activationBytes * (estimate(rows) / estimate(measured.pairCount))
}

const shapeOf = ({ leftLength, rightLength, slotsPerPair }: StepMeasurement, rows: number): StepShape =>
  ({ rows, leftLength, rightLength, slots: Math.ceil(slotsPerPair * rows) })

export const peakMemoryBytesOf = (measured: StepMeasurement, microBatchSize: number): number =>
  measured.residentBytes + activationBytesOf(measured, microBatchSize)

function largestThatFits(measured: StepMeasurement, batchSize: number, availableBytes: number): number {
  const fits = (rows: number): boolean => peakMemoryBytesOf(measured, rows) <= usableShare * availableBytes
  let low = 0, high = batchSize
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fits(middle)) low = middle
    else high = middle - 1
  }
  return low
}

export function planStep(measured: StepMeasurement, { batchSize, microBatchSize: asked, availableBytes }: StepPlanRequest): PlannedStep {
  const microBatchSize = asked > 0 ? Math.min(asked, batchSize) : automaticMicroBatchSize(measured.config, shapeOf(measured, batchSize))
  const partCount = Math.ceil(batchSize / microBatchSize)
  // The last micro-batch is filled up, so its rows count too; a batch in one piece needs no pass for the embeddings.
  const rows = Math.ceil(batchSize / partCount) * partCount
  const rowMs = (measured.gradientMs + (partCount > 1 ? measured.embedMs : 0)) / measured.pairCount
  const stepMs = rows * rowMs + measured.updateMs
  return {
    microBatchSize,
    largestMicroBatchSize: largestThatFits(measured, batchSize, availableBytes),
    peakMemoryBytes: peakMemoryBytesOf(measured, microBatchSize),
    stepMs,
    samplesPerSecond: (1000 * batchSize) / stepMs,
  }
}
