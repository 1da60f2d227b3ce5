// Pairs by their similarity to a query: the one of the nearer side. Rows that several pairs share are compared once.
import { createBestList } from './bestList'
import { dotRows } from './vectors'

export interface PairRows {
  /** Rows of the sides of each pair; −1 where a side has none, or is not asked for. */
  leftRows: Int32Array
  rightRows: Int32Array
}

/** Scores of the rows from `start` to before `end`, written into `scores`. */
export function scoreRows(query: Float32Array, vectors: Float32Array, width: number, scores: Float32Array, start: number, end: number): void {
  for (let row = start; row < end; row++) scores[row] = dotRows(query, 0, vectors, row, width)
}

/** @returns places of pairs, best first, equal scores by place; pairs without a row are left out */
export function nearestPairs(scores: Float32Array, { leftRows, rightRows }: PairRows, most: number, minimum: number): { places: Uint32Array; similarities: Float64Array } {
  const best = createBestList(most)
  for (let place = 0; place < leftRows.length; place++) {
    const left = leftRows[place]!
    const right = rightRows[place]!
    const score = Math.max(left < 0 ? -Infinity : scores[left]!, right < 0 ? -Infinity : scores[right]!)
    if (score >= minimum && score > -Infinity) best.offer(place, score)
  }
  return { places: best.indices(), similarities: best.scores() }
}
