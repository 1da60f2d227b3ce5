// Which lengths the batches of a run are padded to. Short steps compute little for nothing, but every length is one more
// compiled graph, which takes seconds to make and keeps the memory of its largest run. Pure arithmetic, no tensors.
import type { FuselipConfig } from '../fuselip/config'
import { bucketFor, bucketLengths } from '../fuselip/sequence'
import type { PairRows } from './batches'
import { keptBytesFor } from './compiledShapes'
import { estimateActivationBytes, wholeBatchBytes } from './microBatch'

/** Most right sides are captions of 10 to 40 ids, for which steps of 16 would add a quarter to what is computed. */
const captionLengths = [8, 24, 40]

/** The finest lengths: batches are put together by these on every machine, so that one seed gives the same batches everywhere. */
export function finestLengths(config: FuselipConfig): number[] {
  const added = captionLengths.filter((length) => length < config.contextLength)
  return [...new Set([...bucketLengths(config), ...added])].sort((a, b) => a - b)
}

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

/** A pair of lengths, and how many pairs have it. */
interface PairShape { left: number; right: number; count: number }

function pairShapes({ left, right }: PairRows, lengths: readonly number[]): PairShape[] {
  const shapes = new Map<number, PairShape>()
  lengthClasses({ left, right }, lengths).forEach((name) => {
    const shape = shapes.get(name) ?? { left: lengths[Math.floor(name / lengths.length)]!, right: lengths[name % lengths.length]!, count: 0 }
    shape.count += 1
    shapes.set(name, shape)
  })
  return [...shapes.values()]
}

/**
 * The finest lengths whose graphs fit into memory together. A run has one graph for each class of pairs that fills a batch, and one
 * for batches of all classes; where those are too many, the length goes that adds the fewest ids to the pairs that had it.
 */
export function batchLengths({ config, rows, batchSize, maskProbability, maxBytes = wholeBatchBytes }: LengthRequest): number[] {
  const finest = finestLengths(config)
  const shapes = pairShapes(rows, finest)
  const longest = { left: Math.max(...shapes.map(({ left }) => left)), right: Math.max(...shapes.map(({ right }) => right)), count: 0 }
  const bytesOf = (leftLength: number, rightLength: number): number =>
    estimateActivationBytes(config, { rows: batchSize, leftLength, rightLength, slots: batchSize * (leftLength + rightLength) * maskProbability })
  const limitBytes = keptBytesFor(bytesOf(longest.left, longest.right), maxBytes)
  const heldBytes = (lengths: readonly number[]): number => {
    const ofClasses = shapes.filter(({ count }) => count >= batchSize)
    const mixed = ofClasses.length === 1 && shapes.length === 1 ? [] : [longest]
    const graphs = new Map([...ofClasses, ...mixed].map(({ left, right }) => [bucketFor(left, lengths), bucketFor(right, lengths)] as const).map((pair) => [pair.join(' '), pair]))
    return [...graphs.values()].reduce((total, [left, right]) => total + bytesOf(left, right), 0)
  }
  // A batch that does not fit by itself is cut into micro-batches, which share one size.
  if (bytesOf(longest.left, longest.right) > limitBytes) return finest

  let lengths = finest
  while (heldBytes(lengths) > limitBytes) {
    const addedIds = (length: number, next: number): number => shapes.reduce((total, { left, right, count }) =>
      total + count * (next - length) * ([left, right].filter((side) => bucketFor(side, lengths) === length).length), 0)
    // Those of the longest rows stay: without them every batch of all classes would grow.
    const droppable = lengths.slice(0, -1).map((length, index) => ({ length, added: addedIds(length, lengths[index + 1]!) }))
      .filter(({ length: dropped, added }) => added > 0 && dropped !== longest.left && dropped !== longest.right)
    if (droppable.length === 0) break
    const { length } = droppable.reduce((cheapest, next) => (next.added < cheapest.added ? next : cheapest))
    lengths = lengths.filter((kept) => kept !== length)
  }
  return lengths
}
