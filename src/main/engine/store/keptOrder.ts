// One order of pairs by a number, kept in memory and mended where single numbers change, so that a window of a million
// pairs is a slice.
import type { Database } from './database'
import { hasBit, idsOfBits, type PairBits } from './pairBits'
import type { PairChanges, Watched } from './pairWatch'

/** Mending asks for some twenty numbers for each changed pair; beyond this reading all of them is quicker. */
const mostMended = 200

export class KeptOrder {
  /** All pairs with a value, by value and then id, ascending; null until it is asked for. */
  #ids: Int32Array | null = null

  /**
   * @param source rows of `id` and `value`, as SQL to follow FROM; a null value is none
   * @param follows what of a pair its value depends on
   */
  constructor(private readonly database: Database, private readonly source: string, private readonly follows: Watched) {}

  /** Those with a value first, ascending; then the others, oldest first. */
  sorted(bits: PairBits): Int32Array {
    const ids = idsOfBits(bits)
    const sorted = new Int32Array(ids.length)
    const rest = bits.slice()
    let at = 0
    for (const id of this.#order()) {
      if (!hasBit(bits, id)) continue
      sorted[at++] = id
      rest[id >>> 5]! &= ~(1 << (id & 31))
    }
    sorted.set(idsOfBits(rest), at)
    return sorted
  }

  countWithValue(bits: PairBits): number {
    let count = 0
    for (const id of this.#order()) if (hasBit(bits, id)) count += 1
    return count
  }

  forget(): void {
    this.#ids = null
  }

  follow({ changed }: PairChanges): void {
    if (this.#ids === null) return
    const lists = [changed.get('rows'), changed.get(this.follows)]
    const ids = [...new Set(lists.flatMap((list) => list ?? []))]
    if (lists.includes(null) || ids.length > mostMended) this.#ids = null
    else if (ids.length > 0) this.#ids = this.#mended(this.#ids, new Set(ids))
  }

  #order(): Int32Array {
    this.#ids ??= Int32Array.from(JSON.parse(this.database.get<{ ids: string }>(
      `SELECT json_group_array(id) AS ids FROM (SELECT id FROM ${this.source} WHERE value IS NOT NULL ORDER BY value, id)`)!.ids) as number[])
    return this.#ids
  }

  #mended(order: Int32Array, changedIds: ReadonlySet<number>): Int32Array {
    const kept = order.filter((id) => !changedIds.has(id))
    const placed = this.database.all<{ id: number; value: number }>(
      `SELECT id, value FROM ${this.source} WHERE value IS NOT NULL AND id IN (SELECT value FROM json_each(?)) ORDER BY value, id`, JSON.stringify([...changedIds]))
    const mended = new Int32Array(kept.length + placed.length)
    let from = 0
    let at = 0
    for (const { id, value } of placed) {
      const place = this.#placeOf(kept, from, id, value)
      mended.set(kept.subarray(from, place), at)
      at += place - from
      mended[at++] = id
      from = place
    }
    mended.set(kept.subarray(from), at)
    return mended
  }

  /** Where a pair stands in the order, at or behind `from`. */
  #placeOf(order: Int32Array, from: number, id: number, value: number): number {
    let low = from
    let high = order.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.database.get<{ value: number }>(`SELECT value FROM ${this.source} WHERE id = ?`, order[middle]!)!.value
      if (other < value || (other === value && order[middle]! < id)) low = middle + 1
      else high = middle
    }
    return low
  }
}
