// Sets of pairs in the orders of the contract. The order by score is kept in memory and mended where single scores change.
import type { PairSort } from '../../../shared/contract/pairs'
import type { Database } from './database'
import { hasBit, idsOfBits, type PairBits } from './pairBits'
import type { PairChanges } from './pairWatch'

/** Mending asks for some twenty scores for each changed pair; beyond this reading all of them is quicker. */
const mostMended = 200

export class PairOrders {
  /** All pairs with a score, by score and then id, ascending; null until it is asked for. */
  #byScore: Int32Array | null = null

  constructor(private readonly database: Database) {}

  sorted(bits: PairBits, sort: PairSort): Int32Array {
    const ids = idsOfBits(bits)
    if (sort === 'oldest') return ids
    if (sort === 'newest') return ids.reverse()
    const sorted = this.#scored(bits, ids)
    return sort === 'lowest-score' ? sorted : highestFirst(sorted, this.#scoredCount(bits))
  }

  forget(): void {
    this.#byScore = null
  }

  follow({ changed }: PairChanges): void {
    if (this.#byScore === null) return
    const lists = [changed.get('rows'), changed.get('score')]
    const ids = [...new Set(lists.flatMap((list) => list ?? []))]
    if (lists.includes(null) || ids.length > mostMended) this.#byScore = null
    else if (ids.length > 0) this.#byScore = this.#mended(this.#byScore, new Set(ids))
  }

  /** Those with a score first, ascending; then the others, oldest first. */
  #scored(bits: PairBits, ids: Int32Array): Int32Array {
    const byScore = this.#scoreOrder()
    const sorted = new Int32Array(ids.length)
    const rest = bits.slice()
    let at = 0
    for (const id of byScore) {
      if (!hasBit(bits, id)) continue
      sorted[at++] = id
      rest[id >>> 5]! &= ~(1 << (id & 31))
    }
    sorted.set(idsOfBits(rest), at)
    return sorted
  }

  #scoredCount(bits: PairBits): number {
    let count = 0
    for (const id of this.#scoreOrder()) if (hasBit(bits, id)) count += 1
    return count
  }

  #scoreOrder(): Int32Array {
    this.#byScore ??= Int32Array.from(JSON.parse(this.database.get<{ ids: string }>(
      'SELECT json_group_array(id) AS ids FROM (SELECT id FROM pairs WHERE score IS NOT NULL ORDER BY score, id)')!.ids) as number[])
    return this.#byScore
  }

  #mended(order: Int32Array, changedIds: ReadonlySet<number>): Int32Array {
    const kept = order.filter((id) => !changedIds.has(id))
    const scored = this.database.all<{ id: number; score: number }>(
      'SELECT id, score FROM pairs WHERE score IS NOT NULL AND id IN (SELECT value FROM json_each(?)) ORDER BY score, id', JSON.stringify([...changedIds]))
    const mended = new Int32Array(kept.length + scored.length)
    let from = 0
    let at = 0
    for (const { id, score } of scored) {
      const place = this.#placeOf(kept, from, id, score)
      mended.set(kept.subarray(from, place), at)
      at += place - from
      mended[at++] = id
      from = place
    }
    mended.set(kept.subarray(from), at)
    return mended
  }

  /** Where a pair stands in the order, at or behind `from`. */
  #placeOf(order: Int32Array, from: number, id: number, score: number): number {
    let low = from
    let high = order.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.database.get<{ score: number }>('SELECT score FROM pairs WHERE id = ?', order[middle]!)!.score
      if (other < score || (other === score && order[middle]! < id)) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Turned around, but for the pairs without a score, which stay last; there the newest comes first. */
function highestFirst(lowestFirst: Int32Array, scoredCount: number): Int32Array {
  lowestFirst.subarray(0, scoredCount).reverse()
  lowestFirst.subarray(scoredCount).reverse()
  return lowestFirst
}
