// Recall at 1, 5 and 10, mean and median rank of queries over targets.
// Orientation, with two pairs (q0, t0), (q1, t1): the score matrix has queries as rows and targets as columns,
//         t0   t1
//   q0 [ 0.9  0.1 ]   q0 finds t0 first: rank 1
//   q1 [ 0.8  0.3 ]   q1 finds t0 first, t1 second: rank 2
// so left → right recall at 1 is 0.5. Right → left swaps the arguments and reads the columns: t0 finds q0 (0.9 > 0.8),
// t1 finds q1 (0.3 > 0.1), recall at 1 is 1.
import { AppError } from '../../../../shared/errors'
import type { Recall } from '../../../../shared/contract/entities'
import { dotRows, rowCount } from '../retrieval/vectors'

export interface RecallRequest {
  /** [N, D] normalised. */
  queries: Float32Array
  /** [M, D] normalised. */
  targets: Float32Array
  width: number
  /** Target indices that are right for each query. A query without any is not measured; `count` tells how many were. */
  relevant: readonly (readonly number[])[]
}

/**
 * The rank of the best-scoring relevant target: 1 + wrong targets that score higher + half of the wrong targets that
 * score the same. That is the mean over random orders of the tied ones, so that a model that gives every target one
 * score gets the middle rank, neither the first nor the last.
 */
export function rankOfBest(scores: Float64Array, relevant: readonly number[]): number {
  const isRelevant = new Set(relevant)
  let best = -Infinity
  for (const index of isRelevant) best = Math.max(best, scores[index]!)
  let better = 0
  let equal = 0
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index]!
    if (score < best || isRelevant.has(index)) continue
    if (score > best) better++
    else equal++
  }
  return 1 + better + equal / 2
}

/** @returns shares 0…1 for r1, r5, r10; ranks start at 1; all zero where no query could be measured */
export function summariseRanks(ranks: readonly number[]): Recall {
  const count = ranks.length
  if (count === 0) return { r1: 0, r5: 0, r10: 0, meanRank: 0, medianRank: 0, count }
  const share = (limit: number): number => ranks.filter((rank) => rank <= limit).length / count
  const sorted = [...ranks].sort((a, b) => a - b)
  const medianRank = (sorted[(count - 1) >> 1]! + sorted[count >> 1]!) / 2
  return { r1: share(1), r5: share(5), r10: share(10), meanRank: ranks.reduce((sum, rank) => sum + rank, 0) / count, medianRank, count }
}

/** @throws AppError 'bad-input' where sizes or indices do not fit, 'device-failed' where an embedding is not a number */
export function measureRecall({ queries, targets, width, relevant }: RecallRequest): Recall {
  const queryCount = rowCount(queries, width, 'queries')
  const targetCount = rowCount(targets, width, 'targets')
  if (relevant.length !== queryCount) throw new AppError('bad-input', `Expected the relevant targets of ${queryCount} queries, got ${relevant.length}.`)
  const scores = new Float64Array(targetCount)
  const ranks: number[] = []
  relevant.forEach((own, query) => {
    if (own.length === 0) return
    const outside = own.find((index) => !Number.isInteger(index) || index < 0 || index >= targetCount)
    if (outside !== undefined) throw new AppError('bad-input', `Expected target indices below ${targetCount}, got ${outside}.`)
    for (let target = 0; target < targetCount; target++) {
      const score = dotRows(queries, query, targets, target, width)
      // A comparison with NaN is false, which would count as a perfect rank.
      if (Number.isNaN(score)) throw new AppError('device-failed', `Expected finite embeddings, query ${query} and target ${target} have none.`, 'Use another checkpoint or another device.')
      scores[target] = score
    }
    ranks.push(rankOfBest(scores, own))
  })
  return summariseRanks(ranks)
}

/** For paired data: every target whose left or right key equals the query's own is right. */
export function relevantByKeys(pairs: readonly { leftKey: string; rightKey: string }[]): number[][] {
  const indicesBy = (key: (pair: { leftKey: string; rightKey: string }) => string): Map<string, number[]> => {
    const table = new Map<string, number[]>()
    pairs.forEach((pair, index) => {
      const found = table.get(key(pair))
      if (found) found.push(index)
      else table.set(key(pair), [index])
    })
    return table
  }
  const byLeft = indicesBy((pair) => pair.leftKey)
  const byRight = indicesBy((pair) => pair.rightKey)
  return pairs.map((pair) => [...new Set([...byLeft.get(pair.leftKey)!, ...byRight.get(pair.rightKey)!])])
}
