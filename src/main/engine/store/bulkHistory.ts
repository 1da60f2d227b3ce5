// Edits of very many pairs, done part by part so that other calls are answered between two parts, and yet whole for the
// person: until the last part is done the history does not show the edit, and a process that ends in the middle leaves
// marks by which the next opening takes the done parts back. Taking back and repeating go the same way.
import type { Database } from './database'
import { findOvertaken, mergeTags } from './overtaken'
import { joinTouched, overtakenError, turnAround, type Entry, type HistoryStore, type OnConflict, type RowChange, type Touched } from './historyStore'

/** In the column isUndone: an edit that is under way. */
const underWay = 3

export class BulkHistory {
  constructor(private readonly database: Database, private readonly history: HistoryStore) {}

  /** Applies parts under one label. Each step of the generator is one transaction; one part needs only one. */
  *edit(label: string, parts: readonly RowChange[][]): Generator<void, Touched> {
    if (parts.length < 2) return this.history.edit(label, parts.flat())
    const entryId = this.database.transaction(() => {
      const id = this.history.begin(label)
      this.database.run('UPDATE history SET isUndone = ? WHERE id = ?', underWay, id)
      for (const changes of parts) this.database.run('INSERT INTO historyParts (entryId, changes, isApplied) VALUES (?, ?, 0)', id, JSON.stringify(changes))
      return id
    })
    const touched: Touched[] = []
    try {
      for (const partId of this.#partIds(entryId)) {
        yield
        touched.push(this.#move(partId, true))
      }
      this.database.run('UPDATE history SET isUndone = 0 WHERE id = ?', entryId)
    } catch (thrown) {
      this.recover()
      throw thrown
    }
    return joinTouched(touched)
  }

  *undo(onConflict: OnConflict): Generator<void, Touched> {
    return yield* this.#step(this.history.lastDone(), false, onConflict)
  }

  *redo(onConflict: OnConflict): Generator<void, Touched> {
    return yield* this.#step(this.history.firstUndone(), true, onConflict)
  }

  /** Brings parts that differ from their entry back to it. Call it when a project is opened. */
  recover(): void {
    const torn = this.database.all<{ id: number; isApplied: number }>(
      'SELECT p.id, p.isApplied FROM historyParts p JOIN history h ON h.id = p.entryId WHERE h.isUndone <> 2 AND p.isApplied <> (h.isUndone = 0) ORDER BY p.id DESC')
    for (const { id, isApplied } of torn) this.#move(id, isApplied === 0)
    this.database.run('DELETE FROM history WHERE isUndone = ?', underWay)
  }

  *#step(entry: Entry | undefined, isForth: boolean, onConflict: OnConflict): Generator<void, Touched> {
    const partIds = entry === undefined ? [] : this.#partIds(entry.id)
    if (entry === undefined || partIds.length < 2 || onConflict === 'skip') return isForth ? this.history.redo(onConflict) : this.history.undo(onConflict)
    if (onConflict === 'ask') {
      const overtaken = new Set<number>()
      for (const partId of partIds) {
        yield
        const changes = this.#changesOf(partId, isForth)
        for (const id of findOvertaken(changes, this.history.present(changes))) overtaken.add(id)
      }
      if (overtaken.size > 0) throw overtakenError(entry.label, [...overtaken])
    }
    const touched: Touched[] = []
    try {
      for (const partId of isForth ? partIds : partIds.reverse()) {
        yield
        touched.push(this.#move(partId, isForth))
      }
      this.database.run('UPDATE history SET isUndone = ? WHERE id = ?', isForth ? 0 : 1, entry.id)
    } catch (thrown) {
      this.recover()
      throw thrown
    }
    return joinTouched(touched)
  }

  #move(partId: number, isForth: boolean): Touched {
    return this.database.transaction(() => {
      const changes = this.#changesOf(partId, isForth)
      const present = this.history.present(changes)
      const touched = this.history.apply(changes.map((change) => mergeTags(change, present)), this.#entryOf(partId))
      this.database.run('UPDATE historyParts SET isApplied = ? WHERE id = ?', isForth ? 1 : 0, partId)
      return touched
    })
  }

  #partIds(entryId: number): number[] {
    return this.database.all<{ id: number }>('SELECT id FROM historyParts WHERE entryId = ? ORDER BY id', entryId).map((row) => row.id)
  }

  #changesOf(partId: number, isForth: boolean): RowChange[] {
    const changes = JSON.parse(this.database.get<{ changes: string }>('SELECT changes FROM historyParts WHERE id = ?', partId)!.changes) as RowChange[]
    return isForth ? changes : changes.reverse().map(turnAround)
  }

  #entryOf(partId: number): number {
    return this.database.count('SELECT entryId FROM historyParts WHERE id = ?', partId)
  }
}
