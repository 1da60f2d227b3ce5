// Tells which pairs changed, and in what, since it was asked last: temporary triggers write it down for every writer of
// this connection, so that what is kept in memory can follow. Nothing of it is in the project file.
import type { Database } from './database'

/** What a term of a filter may depend on. `rows` are pairs that came or went. */
export const watched = ['rows', 'status', 'split', 'task', 'score', 'texts', 'images', 'tags', 'groups', 'flags', 'attention'] as const
export type Watched = (typeof watched)[number]

export interface PairChanges {
  /** Raised by any write to the database, also to tables that are not watched. */
  version: number
  /** Changed pairs by what changed; null where there are too many to follow one by one. */
  changed: ReadonlyMap<Watched, readonly number[] | null>
}

/** More than this is faster read anew than followed. */
const mostFollowed = 3000

const columnsOf: Partial<Record<Watched, string>> = {
  status: 'status', split: 'split', task: 'task', score: 'score', texts: 'leftText, rightText', images: 'leftImageId, rightImageId', flags: 'isFlagged',
}

const note = (what: Watched, id: string): string => `INSERT OR IGNORE INTO changedPairs (what, pairId) VALUES ('${what}', ${id});`

export class PairWatch {
  #seenTotal = -1
  #version = 0

  /** A connection that only reads sees one moment, in which nothing changes; nor may it have triggers. */
  readonly #isStill: boolean

  constructor(private readonly database: Database) {
    this.#isStill = database.count('PRAGMA query_only') === 1
    if (this.#isStill) return
    database.exec('CREATE TEMP TABLE IF NOT EXISTS changedPairs (what TEXT NOT NULL, pairId INTEGER NOT NULL, PRIMARY KEY (what, pairId)) WITHOUT ROWID')
    const trigger = (name: string, event: string, table: string, body: string): void =>
      database.exec(`CREATE TEMP TRIGGER IF NOT EXISTS watch${name} AFTER ${event} ON main.${table} BEGIN ${body} END`)
    trigger('PairInsert', 'INSERT', 'pairs', note('rows', 'new.id'))
    trigger('PairDelete', 'DELETE', 'pairs', note('rows', 'old.id'))
    for (const [what, columns] of Object.entries(columnsOf) as [Watched, string][]) {
      const isOther = columns.split(', ').map((column) => `old.${column} IS NOT new.${column}`).join(' OR ')
      trigger(`Pair${what}`, `UPDATE OF ${columns}`, `pairs WHEN ${isOther}`, note(what, 'new.id'))
    }
    trigger('TagInsert', 'INSERT', 'pairTags', note('tags', 'new.pairId'))
    trigger('TagDelete', 'DELETE', 'pairTags', note('tags', 'old.pairId'))
    trigger('Attention', 'UPDATE', 'attention', note('attention', 'new.pairId'))
    trigger('GroupInsert', 'INSERT', 'groupMembers', note('groups', 'new.pairId'))
    trigger('GroupDelete', 'DELETE', 'groupMembers', note('groups', 'old.pairId'))
  }

  /** Null when nothing was written. What is taken inside a transaction and then rolled back must be forgotten by the caller. */
  take(): PairChanges | null {
    if (this.#isStill) return this.#version === 0 ? { version: ++this.#version, changed: new Map() } : null
    const total = this.database.count('SELECT total_changes()')
    if (total === this.#seenTotal) return null
    const changed = new Map<Watched, readonly number[] | null>()
    for (const what of watched) {
      const ids = this.database.all<{ pairId: number }>('SELECT pairId FROM changedPairs WHERE what = ? LIMIT ?', what, mostFollowed + 1).map((row) => row.pairId)
      if (ids.length > 0) changed.set(what, ids.length > mostFollowed ? null : ids)
    }
    if (changed.size > 0) this.database.run('DELETE FROM changedPairs')
    this.#seenTotal = this.database.count('SELECT total_changes()')
    return { version: ++this.#version, changed }
  }
}
