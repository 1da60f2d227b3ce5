// Answers filters over a million pairs in milliseconds. Each term is asked of SQLite once and kept as a set of ids in
// memory; filters are joined from those sets, and a change of some pairs is followed pair by pair (see pairWatch.ts).
import { splitSchema, statusSchema, taskSchema } from '../../../shared/contract/entities'
import type { Facets, PairFilter, PairSort } from '../../../shared/contract/pairs'
import type { FilterNode, TermNode } from '../../../shared/filter/filterTree'
import { numbersOfTerm, withoutTermIn } from '../../../shared/filter/rewriteFilter'
import type { Database } from './database'
import { compileTerm, readFilter, type TermSql } from './filterSql'
import { andBits, bitsOfIds, countBits, countCommon, emptyBits, grown, minusBits, orBits, setBit, type PairBits } from './pairBits'
import { PairOrders } from './pairOrders'
import { PairTags } from './pairTags'
import { PairWatch, type PairChanges } from './pairWatch'

interface KeptTerm {
  bits: PairBits
  term: TermSql
  /** Of the changes, for terms that do not tell what they follow. */
  version: number
}

/** Sets of terms in memory, each of 125 kB for a million pairs. */
const mostTerms = 160
/** Ordered lists in memory, each of at most 4 MB for a million pairs. */
const mostLists = 6

export class PairIndex {
  readonly #watch: PairWatch
  readonly #orders: PairOrders
  readonly #tags: PairTags
  /** The oldest goes first. */
  readonly #terms = new Map<string, KeptTerm>()
  readonly #lists = new Map<string, Int32Array>()
  #all: PairBits | null = null
  #wordCount = 0
  #version = 0

  constructor(private readonly database: Database) {
    this.#watch = new PairWatch(database)
    this.#orders = new PairOrders(database)
    this.#tags = new PairTags(database)
    // What was followed inside a transaction did not happen.
    database.onRollBack = () => this.#forget()
  }

  /** Raised by every write to the project. */
  get version(): number {
    this.#follow()
    return this.#version
  }

  /** @throws AppError 'bad-input' */
  matching(filter: PairFilter): PairBits {
    return this.bitsOf(readFilter(filter))
  }

  bitsOf(node: FilterNode): PairBits {
    this.#follow()
    return this.#evaluate(node)
  }

  /** Every pair. */
  all(): PairBits {
    this.#follow()
    return this.#everything()
  }

  idsToBits(ids: Iterable<number>): PairBits {
    const everything = this.all()
    return andBits(bitsOfIds([...ids].filter((id) => id >> 5 < this.#wordCount), this.#wordCount), everything)
  }

  /** All that match, in order. Kept until something is written, so that any window of it is a slice. */
  ordered(filter: PairFilter, sort: PairSort): Int32Array {
    this.#follow()
    const key = JSON.stringify([filter, sort])
    const kept = this.#lists.get(key)
    if (kept) return kept
    const list = this.#orders.sorted(this.matching(filter), sort, sort === 'nearest' ? numbersOfTerm(readFilter(filter), 'near')[0] : undefined)
    this.#lists.set(key, list)
    dropOldest(this.#lists, mostLists)
    return list
  }

  count(filter: PairFilter): number {
    return countBits(this.matching(filter))
  }

  /** Each facet counts as if the filter did not restrict that facet itself, so that its other values show what they would give. */
  countFacets(filter: PairFilter): Facets {
    const node = readFilter(filter)
    const without = (name: 'status' | 'split' | 'task' | 'tag'): PairBits => this.bitsOf(withoutTermIn(node, name))
    const countBy = <Word extends string>(name: 'status' | 'split' | 'task', words: readonly Word[]): Record<Word, number> => {
      const bits = without(name)
      return Object.fromEntries(words.map((word) => [word, countCommon(bits, this.#evaluate({ kind: 'term', name, test: { kind: 'words', words: [word] } }))])) as Record<Word, number>
    }
    return {
      total: countBits(this.bitsOf(node)),
      status: countBy('status', statusSchema.options),
      split: countBy('split', splitSchema.options),
      task: countBy('task', taskSchema.options),
      tags: this.#tags.count(without('tag')),
    }
  }

  /** What a filter and its facets need, asked of SQLite piece by piece, so that other work can go on between two. */
  *prepare(filter: PairFilter): Generator<void> {
    yield void this.matching(filter)
    for (const [name, words] of [['status', statusSchema.options], ['split', splitSchema.options], ['task', taskSchema.options]] as const) {
      for (const word of words) yield void this.bitsOf({ kind: 'term', name, test: { kind: 'words', words: [word] } })
    }
    yield void this.#tags.count(this.all())
  }

  #forget(): void {
    this.#all = null
    this.#terms.clear()
    this.#lists.clear()
    this.#orders.forget()
    this.#tags.forget()
  }

  #evaluate(node: FilterNode): PairBits {
    if (node.kind === 'not') return minusBits(this.#everything(), this.#evaluate(node.node))
    if (node.kind === 'term') return this.#term(node)
    const sets = node.nodes.map((part) => this.#evaluate(part))
    if (sets.length === 0) return node.kind === 'and' ? this.#everything() : emptyBits(this.#wordCount)
    return sets.reduce(node.kind === 'and' ? andBits : orBits)
  }

  /** Several words are kept one by one, so that each is asked for once. */
  #term({ name, test }: TermNode): PairBits {
    if (test.kind !== 'words' || test.words.length === 1) return this.#keptTerm(compileTerm({ kind: 'term', name, test }))
    return test.words.map((word) => this.#keptTerm(compileTerm({ kind: 'term', name, test: { kind: 'words', words: [word] } }))).reduce(orBits)
  }

  #keptTerm(term: TermSql): PairBits {
    if (term.sql === 'TRUE') return this.#everything()
    const key = JSON.stringify([term.sql, term.values])
    let kept = this.#terms.get(key)
    if (kept && (term.follows || kept.version === this.#version)) this.#terms.delete(key)
    else kept = { bits: this.#ask(term), term, version: this.#version }
    this.#terms.set(key, kept)
    dropOldest(this.#terms, mostTerms)
    return kept.bits
  }

  /** One text of all ids is far quicker to bring over than a row for each. */
  #ask(term: TermSql): PairBits {
    const [sql, values] = term.ids ? [term.ids.sql, term.ids.values] : [`SELECT p.id FROM pairs p WHERE ${term.sql}`, term.values]
    const row = this.database.get<{ ids: string }>(`SELECT json_group_array(id) AS ids FROM (${sql})`, ...values)
    return bitsOfIds(JSON.parse(row?.ids ?? '[]') as number[], this.#wordCount)
  }

  #everything(): PairBits {
    this.#all ??= this.#readAll()
    return this.#all
  }

  /** Ids are given in sequence, so mostly none is missing and none needs to be read. */
  #readAll(): PairBits {
    const count = this.database.count('SELECT count(*) FROM pairs')
    const lastId = this.#lastId()
    if (count < lastId) return bitsOfIds(JSON.parse(this.database.get<{ ids: string }>('SELECT json_group_array(id) AS ids FROM pairs')!.ids) as number[], this.#wordCount)
    const bits = emptyBits(this.#wordCount).fill(0xffffffff, 0, (lastId + 1) >>> 5)
    for (let id = ((lastId + 1) >>> 5) << 5; id <= lastId; id += 1) setBit(bits, id, true)
    if (bits.length > 0) setBit(bits, 0, false)
    return bits
  }

  #lastId(): number {
    return this.database.count('SELECT coalesce(max(id), 0) FROM pairs')
  }

  #follow(): void {
    const changes = this.#watch.take()
    if (changes === null) return
    this.#version = changes.version
    this.#lists.clear()
    const rows = changes.changed.get('rows')
    if (rows !== undefined || this.#wordCount === 0) this.#makeRoom()
    if (rows === null) {
      this.#terms.clear()
      this.#all = null
    } else if (rows !== undefined && this.#all !== null) this.#mark(this.#all, 'SELECT p.id FROM pairs p', [], rows)
    this.#orders.follow(changes)
    this.#tags.follow(changes)
    for (const [key, kept] of this.#terms) this.#followTerm(key, kept, changes)
  }

  #followTerm(key: string, { bits, term }: KeptTerm, { changed }: PairChanges): void {
    if (!term.follows) return
    const lists = (['rows', ...term.follows] as const).map((what) => changed.get(what))
    if (lists.includes(null)) {
      this.#terms.delete(key)
      return
    }
    const ids = [...new Set(lists.flatMap((list) => list ?? []))]
    if (ids.length === 0) return
    const [sql, values] = term.ids ? [term.ids.sql, term.ids.values] : [`SELECT p.id FROM pairs p WHERE ${term.sql}`, term.values]
    this.#mark(bits, sql, values, ids)
  }

  /** Sets the bits of `ids` to what a query now says of them. */
  #mark(bits: PairBits, sql: string, values: TermSql['values'], ids: readonly number[]): void {
    const now = this.database.all<{ id: number }>(`SELECT id FROM (${sql}) WHERE id IN (SELECT value FROM json_each(?))`, ...values, JSON.stringify(ids))
    for (const id of ids) setBit(bits, id, false)
    for (const { id } of now) setBit(bits, id, true)
  }

  /** Sets are made a quarter larger than needed, so that single new pairs do not make all of them grow. */
  #makeRoom(): void {
    const needed = (this.#lastId() >>> 5) + 1
    if (needed <= this.#wordCount) return
    this.#wordCount = Math.ceil(needed * 1.25)
    if (this.#all) this.#all = grown(this.#all, this.#wordCount)
    for (const kept of this.#terms.values()) kept.bits = grown(kept.bits, this.#wordCount)
  }
}

export function dropOldest<Key, Value>(kept: Map<Key, Value>, most: number): void {
  for (const key of kept.keys()) {
    if (kept.size <= most) return
    kept.delete(key)
  }
}
