// Recall of the validation pairs in both directions, and which of two results is the better one.
import type { Validation } from '../../../../shared/contract/entities'
import { measureRecall, relevantByKeys } from '../evaluation/recall'
import type { BestSoFar } from './resumeState'

/**
 * @param left [N, D] normalised, row i of both belongs to pair i
 * @param right [N, D]
 */
export function validate(left: Float32Array, right: Float32Array, width: number, pairs: readonly { leftKey: string; rightKey: string }[], step: number): Validation {
  const relevant = relevantByKeys(pairs) // symmetric: the same list serves both directions
  return {
    step,
    leftToRight: measureRecall({ queries: left, targets: right, width, relevant }),
    rightToLeft: measureRecall({ queries: right, targets: left, width, relevant }),
  }
}

export function scoreOf({ step, leftToRight, rightToLeft }: Validation): BestSoFar {
  return { step, recallAt1: (leftToRight.r1 + rightToLeft.r1) / 2, meanRank: (leftToRight.meanRank + rightToLeft.meanRank) / 2 }
}

/** A higher mean recall at 1; where that is equal, which is common on small sets, a lower mean rank. */
export function isBetter(score: BestSoFar, best: BestSoFar | null): boolean {
  if (!best || score.recallAt1 > best.recallAt1) return true
  return score.recallAt1 === best.recallAt1 && score.meanRank < best.meanRank
}
