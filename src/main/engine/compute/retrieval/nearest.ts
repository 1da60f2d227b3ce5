// The nearest targets of one query vector, by exact search: a million rows of 512 numbers take about half a second.
import { createBestList } from './bestList'
import { dotRows, rowCount } from './vectors'

export interface Nearest {
  indices: Uint32Array
  scores: Float32Array
}

/**
 * @param query [D]
 * @param targets [N, D]
 * @returns at most `limit` rows, best first, equal scores by index
 */
export function findNearest(query: Float32Array, targets: Float32Array, width: number, limit: number): Nearest {
  rowCount(query, width, 'a query')
  const count = rowCount(targets, width, 'targets')
  const best = createBestList(Math.min(limit, count))
  for (let target = 0; target < count; target++) best.offer(target, dotRows(query, 0, targets, target, width))
  return { indices: best.indices(), scores: Float32Array.from(best.scores()) }
}
