// How a batch is cut into micro-batches, and how large they may be. Pure arithmetic, no tensors.
import { totalmem } from 'node:os'
import { vocabularySize, type FuselipConfig } from '../fuselip/config'
import type { StepBatch, StepSide } from './stepContract'

export interface MicroBatch {
  /** First pair in the batch. */
  start: number
  /** Pairs of the batch in it; the rows after them repeat the last pair and must count for nothing. */
  pairCount: number
  /** As in the batch, `size` rows each; padding rows have no masked positions. */
  left: StepSide
  right: StepSide
}

/** Rows `start` to `start + size`, the last pair repeated where the batch is at its end. */
function sliceSide(side: StepSide, start: number, size: number, batchSize: number): StepSide {
  const { length } = side
  const ids = new Int32Array(size * length) // [R, L]
  const endPositions = new Int32Array(size)
  for (let row = 0; row < size; row++) {
    const source = Math.min(start + row, batchSize - 1)
    ids.set(side.ids.subarray(source * length, (source + 1) * length), row * length)
    endPositions[row] = side.endPositions[source]!
  }
  const from = start * length
  const to = Math.min(start + size, batchSize) * length
  const inside = [...side.maskedPositions.keys()].filter((index) => side.maskedPositions[index]! >= from && side.maskedPositions[index]! < to)
  return {
    ids, length, endPositions,
    maskedPositions: Int32Array.from(inside, (index) => side.maskedPositions[index]! - from),
    maskedLabels: Int32Array.from(inside, (index) => side.maskedLabels[index]!),
  }
}

/** Micro-batches of one size, because shapes are static in a compiled graph; pairs are spread evenly over them. */
export function splitBatch(batch: StepBatch, microBatchSize: number): MicroBatch[] {
  const count = Math.ceil(batch.batchSize / microBatchSize)
  const size = Math.ceil(batch.batchSize / count)
  const starts = Array.from({ length: Math.ceil(batch.batchSize / size) }, (_, index) => index * size)
  return starts.map((start) => ({
    start,
    pairCount: Math.min(size, batch.batchSize - start),
    left: sliceSide(batch.left, start, size, batch.batchSize),
    right: sliceSide(batch.right, start, size, batch.batchSize),
  }))
}

export interface StepShape {
  /** Pairs. */
  rows: number
  leftLength: number
  rightLength: number
  /** Masked positions of both sides together. */
  slots: number
}

const floatBytes = 4
/**
 * Arrays of L·D numbers that one block keeps for its backward pass, and of L·L for each head. Fitted to what pairs of 160 ids a
 * side of FuseLIP-S were measured to hold.
 */
const keptWidthArrays = 15
const keptScoreArrays = 2
/** Arrays of V numbers for each masked position: logits, log-probabilities, probabilities. */
const keptVocabularyArrays = 3
/**
 * Arrays as large as the token embedding, however few the pairs: its gradients from lookup and prediction, one of them laid out
 * anew. With them the estimate is 461, 860, 1,390 MiB for 1, 4, 8 pairs as above, where 489, 879 and 1,431 were measured; 16 and
 * 32 pairs hold a quarter more than estimated, because the allocator of ONNX Runtime leaves gaps.
 */
const embeddingArrays = 4

/** Memory that the forward and backward pass of some pairs need beside weights and gradients. */
export function estimateActivationBytes(config: FuselipConfig, { rows, leftLength, rightLength, slots }: StepShape): number {
  const { width, headCount, layerCount } = config
  const sideNumbers = (length: number): number => layerCount * (keptWidthArrays * length * width + keptScoreArrays * headCount * length * length)
  const vocabulary = vocabularySize(config)
  return floatBytes * (rows * (sideNumbers(leftLength) + sideNumbers(rightLength)) + slots * keptVocabularyArrays * vocabulary + embeddingArrays * vocabulary * width)
}

/** A batch that needs less is not cut: every cut costs a second forward pass. A quarter leaves room for everything else. */
export const wholeBatchBytes = totalmem() / 4
/** Larger micro-batches are hardly faster on a processor, and smaller ones answer a pause sooner. */
export const microBatchBytes = 1.5 * 2 ** 30

/** The size that the engine chooses where the recipe leaves it open: the whole batch, or the largest power of two that fits. */
export function automaticMicroBatchSize(config: FuselipConfig, shape: StepShape, limits = { wholeBatchBytes, microBatchBytes }): number {
  if (estimateActivationBytes(config, shape) <= limits.wholeBatchBytes) return shape.rows
  let size = 1
  const slotsFor = (rows: number): number => Math.ceil((shape.slots * rows) / shape.rows)
  while (size * 2 <= shape.rows && estimateActivationBytes(config, { ...shape, rows: size * 2, slots: slotsFor(size * 2) }) <= limits.microBatchBytes) size *= 2
  return size
}
