// Which lengths the batches of a run are padded to. Short steps compute little for nothing, but every length is one more
// compiled graph, which takes seconds to make and keeps the memory of its largest run. Pure arithmetic, no tensors.
import type { FuselipConfig } from '../fuselip/config'
import { bucketFor, bucketLengths } from '../fuselip/sequence'
import type { PairRows } from './batches'
import { keptBytesFor } from './compiledShapes'
import { estimateActivationBytes, wholeBatchBytes } from './microBatch'

/** Most right sides are captions of 10 to 30 ids, for which steps of 16 would add a quarter to what is computed. */
const captionLengths = [8, 24]

/** The finest lengths: batches are put together by these on every machine, so that one seed gives the same batches everywhere. */
export function finestLengths(config: FuselipConfig): number[] {
  const added = captionLengths.filter((length) => length < config.contextLength)
  return [...new Set([...bucketLengths(config), ...added])].sort((a, b) => a - b)
}

const coarserSteps = [16, 32, 64]

/** One number a pair, equal for pairs whose two sides fall into the same lengths. */
export function lengthClasses({ left, right }: PairRows, lengths: readonly number[]): number[] {
  const indexOf = (row: Int32Array): number => lengths.indexOf(bucketFor(row.length, lengths))
  return left.map((row, index) => indexOf(row) * lengths.length + indexOf(right[index]!))
}

export interface LengthRequest {
  config: FuselipConfig
  rows: PairRows
  batchSize: number
  maskProbability: number
  /** Memory that the graphs of a run may keep together at most. */
  maxBytes?: number
}

/** The finest lengths whose graphs fit into memory together; batches of one class, and of all classes mixed, are the shapes of a run. */
export function batchLengths({ config, rows, batchSize, maskProbability, maxBytes = wholeBatchBytes }: LengthRequest): number[] {
  const bytesOf = (leftLength: number, rightLength: number): number =>
    estimateActivationBytes(config, { rows: batchSize, leftLength, rightLength, slots: batchSize * (leftLength + rightLength) * maskProbability })
  const candidates = [finestLengths(config), ...coarserSteps.map((step) => bucketLengths(config, step)), [config.contextLength]]
  const fits = (lengths: number[]): boolean => {
    const counts = new Map<number, number>()
    for (const name of lengthClasses(rows, lengths)) counts.set(name, (counts.get(name) ?? 0) + 1)
    const classes = [...counts.keys()]
    const filled = classes.filter((name) => counts.get(name)! >= batchSize)
    const leftOf = (name: number): number => lengths[Math.floor(name / lengths.length)]!
    const rightOf = (name: number): number => lengths[name % lengths.length]!
    const largest = bytesOf(Math.max(...classes.map(leftOf)), Math.max(...classes.map(rightOf)))
    const mixed = filled.length === 1 && classes.length === 1 ? 0 : largest
    return filled.reduce((total, name) => total + bytesOf(leftOf(name), rightOf(name)), mixed) <= keptBytesFor(largest, maxBytes)
  }
  // A batch that does not fit by itself is cut into micro-batches, which share one size.
  return candidates.find(fits) ?? candidates[0]!
}
