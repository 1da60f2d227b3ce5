// The labels of the contrastive loss: +1 where left and right belong together, −1 where not, 0 where the cell is left
// out. SigLIP's terms are independent (arXiv 2303.15343 §3.2), so cells can change without renormalising.
import type { Verdict } from '../../../../shared/contract/entities'

export interface Judgement {
  /** The pair whose left side is the query. */
  anchor: number
  /** The pair whose right side was judged. */
  other: number
  verdict: Verdict
}

export interface PairKeys {
  leftKey: string
  rightKey: string
}

const cellByVerdict: Record<Verdict, number> = { negative: -1, match: 1, ignore: 0 }

export type CellTable = ReadonlyMap<number, number>

/**
 * Judged cells by `left index · pairCount + right index`. What matches, or may match, does so in both directions, so
 * *match* and *ignore* also count for the mirrored cell, unless that one was judged itself. The last judgement wins.
 */
export function judgedCells(judgements: readonly Judgement[], pairCount: number): CellTable {
  const table = new Map<number, number>()
  for (const { anchor, other, verdict } of judgements) {
    if (verdict !== 'negative') table.set(other * pairCount + anchor, cellByVerdict[verdict])
  }
  for (const { anchor, other, verdict } of judgements) table.set(anchor * pairCount + other, cellByVerdict[verdict])
  return table
}

/**
 * @param batch indices into `pairs`
 * @returns [B, B] row-major, row = left, column = right. Off the diagonal, pairs that share a left or a right side are
 *   left out: a picture with two captions is no negative of itself. A judgement *match* overrides that, *negative* does not.
 */
export function contrastiveCells(batch: Int32Array, pairs: readonly PairKeys[], judged: CellTable): Float32Array {
  const size = batch.length
  const cells = new Float32Array(size * size).fill(-1) // [B, B]
  for (let row = 0; row < size; row++) {
    const left = pairs[batch[row]!]!
    for (let column = 0; column < size; column++) {
      if (row === column) {
        cells[row * size + column] = 1
        continue
      }
      const right = pairs[batch[column]!]!
      const isIdentical = left.leftKey === right.leftKey || left.rightKey === right.rightKey
      const verdict = judged.size ? judged.get(batch[row]! * pairs.length + batch[column]!) : undefined
      if (isIdentical) cells[row * size + column] = verdict === 1 ? 1 : 0
      else if (verdict !== undefined) cells[row * size + column] = verdict
    }
  }
  return cells
}
