// From a batch of id rows to the arrays that the step graphs read (`StepTensors`, `MicroTensors`), with their shapes.
import type { BatchFeeds } from './compiledOptimizer'
import type { StepBatch, StepSide } from './stepContract'

/** Slots for masked positions grow in these steps: larger ones mean fewer graphs, smaller ones fewer logits for nothing. */
const slotGranularity = 64
export const slotsFor = (maskedCount: number): number => Math.max(1, Math.ceil(maskedCount / slotGranularity)) * slotGranularity

/** Flat row·L + position of each row's first end-of-text id. */
export function endRowsOf(endPositions: Int32Array, length: number): Int32Array {
  return endPositions.map((position, row) => row * length + position)
}

type SideIds = Pick<StepSide, 'ids' | 'length' | 'endPositions'>
const vector = <A extends Float32Array | Int32Array>(data: A): { shape: number[]; data: A } => ({ shape: [data.length], data })

export function sideFeeds(left: SideIds, right: SideIds): BatchFeeds {
  const ids = (side: SideIds): BatchFeeds[string] => ({ shape: [side.endPositions.length, side.length], data: side.ids })
  return {
    leftIds: ids(left), rightIds: ids(right),
    leftEndRows: vector(endRowsOf(left.endPositions, left.length)), rightEndRows: vector(endRowsOf(right.endPositions, right.length)),
  }
}

/**
 * Masked positions of both sides, left first; empty slots have weight 0.
 * @param counts masked positions of each side in the whole batch, by which the loss is averaged
 */
export function maskedFeeds(left: StepSide, right: StepSide, slots: number, counts: { left: number; right: number }): BatchFeeds {
  const rows = new Int32Array(slots), labels = new Int32Array(slots), weights = new Float32Array(slots)
  const leftCount = left.maskedPositions.length
  rows.set(left.maskedPositions)
  labels.set(left.maskedLabels)
  weights.fill(1 / counts.left, 0, leftCount)
  const offset = left.ids.length
  right.maskedPositions.forEach((position, index) => {
    rows[leftCount + index] = offset + position
    labels[leftCount + index] = right.maskedLabels[index]!
    weights[leftCount + index] = 1 / counts.right
  })
  return { maskedRows: vector(rows), maskedLabels: vector(labels), maskedWeights: vector(weights) }
}

/** Everything that the step on a whole batch reads but the weight of the MMM loss. */
export function wholeBatchFeeds({ batchSize, left, right, cells }: StepBatch, slots: number): BatchFeeds {
  const counts = { left: left.maskedPositions.length, right: right.maskedPositions.length }
  return { ...sideFeeds(left, right), cells: { shape: [batchSize, batchSize], data: cells }, ...maskedFeeds(left, right, slots, counts) }
}
