// Hard negatives: for every left side the right sides of other pairs that score highest, by exact search in blocks.
// What is likely a second match is dropped: anything that scores above the true pair plus a margin (the positive-aware
// guard of NV-Retriever, arXiv 2407.15831 §3.2), and pairs that share a side.
import { AppError } from '../../../../shared/errors'
import type { Judgement } from '../training/cells'
import type { MinedCandidate, MiningResult } from '../thread/protocol'
import { createBestList, type BestList } from '../retrieval/bestList'
import { dotRows, rowCount } from '../retrieval/vectors'
import { createPlainScorer, type BlockScorer } from './blockScores'
import { groupsFromCandidates } from './groups'

export interface MiningRequest {
  /** [N, D] normalised; row i of both belongs to pair i. */
  left: Float32Array
  right: Float32Array
  width: number
  leftKeys: readonly string[]
  rightKeys: readonly string[]
  /** Most candidates of one anchor, and the most members a group has beside the first. */
  perPair: number
  /** Cosine by which a candidate may exceed the true pair before it is dropped; negative is stricter. */
  margin: number
  judgements: readonly Judgement[]
}

export interface MiningOptions {
  onProgress?: (done: number, total: number) => void
  signal?: AbortSignal
  /** Plain code by default; disposed by the caller. */
  scorer?: BlockScorer
}

/** Rounding of a float32 cosine: what scores as much as the true pair must not be dropped for its last bit. */
const scoreTolerance = 1e-6

/** One number per distinct key: comparing numbers in the inner loop is much cheaper than comparing texts. */
function numberKeys(keys: readonly string[]): Uint32Array {
  const numbers = new Map<string, number>()
  return Uint32Array.from(keys, (key) => {
    const known = numbers.get(key)
    if (known !== undefined) return known
    numbers.set(key, numbers.size)
    return numbers.size - 1
  })
}

/** Judged cells; *match* and *ignore* exclude both directions, *negative* stays a candidate whatever it scores. */
function judgementTable(judgements: readonly Judgement[], count: number): Map<number, 'excluded' | 'negative'> {
  const table = new Map<number, 'excluded' | 'negative'>()
  const open = judgements.filter(({ verdict }) => verdict !== 'negative')
  for (const { anchor, other } of open) table.set(other * count + anchor, 'excluded')
  for (const { anchor, other, verdict } of judgements) table.set(anchor * count + other, verdict === 'negative' ? 'negative' : 'excluded')
  return table
}

const yieldToMessages = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/**
 * @returns candidates by anchor, best first, equal scores by index. `droppedByGuardCount` and `droppedByIdentityCount`
 *   count cells (anchor, other) of the whole N×N table, not only those that would have been among the best.
 */
export async function mineNegatives(request: MiningRequest, options: MiningOptions = {}): Promise<MiningResult> {
  const { left, right, width, perPair, margin, judgements } = request
  const count = rowCount(left, width, 'left embeddings')
  if (rowCount(right, width, 'right embeddings') !== count || request.leftKeys.length !== count || request.rightKeys.length !== count) {
    throw new AppError('bad-input', `Expected ${count} right embeddings and keys for ${count} left embeddings, got ${right.length / width}, ${request.leftKeys.length} and ${request.rightKeys.length}.`)
  }
  const outside = judgements.find(({ anchor, other }) => !(anchor >= 0 && anchor < count && other >= 0 && other < count))
  if (outside) throw new AppError('bad-input', `Expected judgements between pairs below ${count}, got ${outside.anchor} and ${outside.other}.`)

  const leftKeys = numberKeys(request.leftKeys)
  const rightKeys = numberKeys(request.rightKeys)
  const judged = judgementTable(judgements, count)
  const scorer = options.scorer ?? createPlainScorer(width)
  const { anchorBlock, targetBlock } = scorer
  const candidates: MinedCandidate[] = []
  let droppedByGuardCount = 0
  let droppedByIdentityCount = 0

  for (let firstAnchor = 0; firstAnchor < count; firstAnchor += anchorBlock) {
    options.signal?.throwIfAborted()
    const endAnchor = Math.min(count, firstAnchor + anchorBlock)
    const best: BestList[] = []
    const positives = new Float64Array(endAnchor - firstAnchor)
    for (let anchor = firstAnchor; anchor < endAnchor; anchor++) {
      best.push(createBestList(perPair))
      positives[anchor - firstAnchor] = dotRows(left, anchor, right, anchor, width)
    }
    const anchorRows = left.subarray(firstAnchor * width, endAnchor * width)
    for (let firstTarget = 0; firstTarget < count; firstTarget += targetBlock) {
      const endTarget = Math.min(count, firstTarget + targetBlock)
      const scores = await scorer.score(anchorRows, right.subarray(firstTarget * width, endTarget * width))
      for (let anchor = firstAnchor; anchor < endAnchor; anchor++) {
        const list = best[anchor - firstAnchor]!
        const limit = positives[anchor - firstAnchor]! + margin + scoreTolerance
        const rowStart = (anchor - firstAnchor) * targetBlock - firstTarget
        for (let other = firstTarget; other < endTarget; other++) {
          if (other === anchor) continue
          if (leftKeys[anchor] === leftKeys[other] || rightKeys[anchor] === rightKeys[other]) {
            droppedByIdentityCount++
            continue
          }
          const verdict = judged.size ? judged.get(anchor * count + other) : undefined
          if (verdict === 'excluded') continue
          const score = scores[rowStart + other]!
          if (score > limit && verdict !== 'negative') droppedByGuardCount++
          else list.offer(other, score)
        }
      }
    }
    best.forEach((list, row) => {
      const scores = list.scores()
      list.indices().forEach((other, rank) => {
        candidates.push({ anchor: firstAnchor + row, other, score: scores[rank]!, positiveScore: positives[row]!, rank: rank + 1 })
      })
    })
    options.onProgress?.(endAnchor, count)
    await yieldToMessages()
  }
  const negatives = judgements
    .filter(({ anchor, other, verdict }) => verdict === 'negative' && anchor !== other && judged.get(anchor * count + other) === 'negative')
  return { candidates, groups: groupsFromCandidates(candidates, negatives, count, perPair + 1), droppedByGuardCount, droppedByIdentityCount }
}
