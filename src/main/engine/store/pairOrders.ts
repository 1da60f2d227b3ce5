// Sets of pairs in the orders of the contract.
import type { PairSort } from '../../../shared/contract/pairs'
import type { Database } from './database'
import { KeptOrder } from './keptOrder'
import { idsOfBits, type PairBits } from './pairBits'
import type { PairChanges } from './pairWatch'

/** What deserves attention comes first, so the largest is the least. */
const ofAttention = (column: 'disagreement' | 'edge' | 'rarity'): string => `(SELECT pairId AS id, -${column} AS value FROM attention)`

export class PairOrders {
  readonly #score: KeptOrder
  readonly #attention: Record<'disagreement' | 'edge' | 'rarity', KeptOrder>

  constructor(private readonly database: Database) {
    this.#score = new KeptOrder(database, '(SELECT id, score AS value FROM pairs)', 'score')
    const attention = (column: 'disagreement' | 'edge' | 'rarity'): KeptOrder => new KeptOrder(database, ofAttention(column), 'attention')
    this.#attention = { disagreement: attention('disagreement'), edge: attention('edge'), rarity: attention('rarity') }
  }

  /** @param nearId of the neighbourhood that `nearest` follows; pairs that it does not have come last, oldest first */
  sorted(bits: PairBits, sort: PairSort, nearId?: number): Int32Array {
    switch (sort) {
      case 'oldest': return idsOfBits(bits)
      case 'newest': return idsOfBits(bits).reverse()
      case 'lowest-score': return this.#score.sorted(bits)
      case 'highest-score': return highestFirst(this.#score.sorted(bits), this.#score.countWithValue(bits))
      case 'nearest': return nearId === undefined ? idsOfBits(bits) : this.#nearest(nearId).sorted(bits)
      default: return this.#attention[sort].sorted(bits)
    }
  }

  forget(): void {
    for (const order of this.#all()) order.forget()
  }

  follow(changes: PairChanges): void {
    for (const order of this.#all()) order.follow(changes)
  }

  /** Read anew each time: a neighbourhood has at most 10,000 pairs. */
  #nearest(nearId: number): KeptOrder {
    return new KeptOrder(this.database, `(SELECT pairId AS id, -similarity AS value FROM nearPairs WHERE nearId = ${Math.trunc(nearId)})`, 'rows')
  }

  #all(): KeptOrder[] {
    return [this.#score, ...Object.values(this.#attention)]
  }
}

/** Turned around, but for the pairs without a score, which stay last; there the newest comes first. */
function highestFirst(lowestFirst: Int32Array, scoredCount: number): Int32Array {
  lowestFirst.subarray(0, scoredCount).reverse()
  lowestFirst.subarray(scoredCount).reverse()
  return lowestFirst
}
