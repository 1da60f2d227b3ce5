// Edits that can be taken back. An entry lists row changes with what was before and after; it is applied and recorded in
// one transaction, and survives a restart. Undone entries can be repeated until the next edit. Each open window takes back
// its own edits; those of windows that are gone, and of the command line, are everybody's.
import type { Verdict } from '../../../shared/contract/entities'
import { mostChangedPairs, type History } from '../../../shared/contract/pairs'
import { AppError } from '../../../shared/errors'
import type { BinStore, IdRange } from './binStore'
import type { Database } from './database'
import { editContext } from './editContext'
import { findOvertaken, mergeTags, type PresentRows } from './overtaken'
import type { PairRow, PairStore } from './pairStore'
import type { ProjectStore } from './projectStore'

export interface JudgementRow {
  verdict: Verdict
  judgedAtMs: number
}

/** Null before: the row is new. Null after: it goes. A change of a pair needs only the columns that differ. */
export type RowChange =
  | { kind: 'pair'; id: number; before: PairRow; after: null }
  | { kind: 'pair'; id: number; before: null; after: PairRow }
  | { kind: 'pair'; id: number; before: Partial<PairRow>; after: Partial<PairRow> }
  /** Whether pairs are in the project or in the bin. */
  | { kind: 'presence'; ranges: IdRange[]; before: boolean; after: boolean }
  /** One column of many pairs that had the same in it. */
  | { kind: 'column'; column: SharedColumn; ids: number[]; before: string | number; after: string | number }
  /** Whether people find that findings of a kind are right as they are. */
  | { kind: 'dismissal'; finding: string; pairIds: number[]; before: boolean; after: boolean }
  /** Whether a tag is on many pairs. */
  | { kind: 'tag'; tag: string; ids: number[]; before: boolean; after: boolean }
  | { kind: 'judgement'; pairId: number; otherPairId: number; before: JudgementRow | null; after: JudgementRow | null }

export type SharedColumn = 'split' | 'status' | 'task' | 'isFlagged'

export interface Touched {
  /** Pairs that were changed or created; those that an undo removed are not among them, nor those of acts on many. */
  pairIds: number[]
  /** Of acts on many pairs, which are not named. */
  unnamedCount: number
  hasPairs: boolean
  /** Whether no pair came or went, and `pairIds` names all that changed. */
  isSameList: boolean
  hasJudgements: boolean
  /** Whether decisions about findings changed. */
  hasDismissals: boolean
}

export interface Entry {
  id: number
  label: string
  changes: string
}

/** What to do where others have edited since: refuse, write over their edits, or give the entry up. */
export type OnConflict = 'ask' | 'overwrite' | 'skip'

/** Entries of this window, and of none that is open. */
export const mine = '(windowId IS NULL OR windowId IS ? OR windowId NOT IN (SELECT value FROM json_each(?)))'
export const whose = (): [string | null, string] => {
  const { windowId, openWindowIds } = editContext()
  return [windowId, JSON.stringify([...openWindowIds])]
}

export const nothing: Touched = { pairIds: [], unnamedCount: 0, hasPairs: false, isSameList: true, hasJudgements: false, hasDismissals: false }

export class HistoryStore {
  constructor(private readonly database: Database, private readonly pairs: PairStore, private readonly project: ProjectStore, private readonly bin: BinStore) {}

  get(): History {
    return { undoLabel: this.lastDone()?.label ?? null, redoLabel: this.firstUndone()?.label ?? null }
  }

  /** Applies the changes and records them under a label such as “accept 3 pairs”. No changes, no entry. */
  edit(label: string, changes: readonly RowChange[]): Touched {
    if (changes.length === 0) return nothing
    return this.database.transaction(() => {
      const touched = this.apply(changes)
      this.bin.giveTo(this.addEntry(label, changes))
      return touched
    })
  }

  /** Records what was just done to the rows by the caller, in the same transaction, as one act. */
  record(label: string, changes: readonly RowChange[]): number {
    return this.database.transaction(() => this.addEntry(label, changes))
  }

  /**
   * Begins an act that is done chunk by chunk, each in a transaction with its `addPart`, so that a kill leaves nothing that
   * cannot be undone. Its label may be set once it is known.
   */
  begin(label: string): number {
    return this.record(label, [])
  }

  /** @param isDone false applies the changes as well. @throws AppError 'conflict' when the act was undone meanwhile */
  addPart(entryId: number, changes: readonly RowChange[], { isDone }: { isDone: boolean }): void {
    this.database.transaction(() => {
      const state = this.database.get<{ isUndone: number }>('SELECT isUndone FROM history WHERE id = ?', entryId)
      if (state?.isUndone !== 0) throw new AppError('conflict', 'It was undone while it went on, so it ends here.', 'Start it again if it is wanted after all.')
      if (!isDone) this.apply(changes)
      this.bin.giveTo(entryId)
      this.database.run('INSERT INTO historyParts (entryId, changes) VALUES (?, ?)', entryId, JSON.stringify(changes))
    })
  }

  /** Ends an act in parts under its final label; one without parts leaves no entry. */
  end(entryId: number, label: string): void {
    this.database.run('DELETE FROM history WHERE id = ? AND NOT EXISTS (SELECT 1 FROM historyParts WHERE entryId = history.id)', entryId)
    this.database.run('UPDATE history SET label = ? WHERE id = ?', label, entryId)
  }

  /** Creates a pair, with further changes if they belong to the same act, and returns its id. */
  createPair(label: string, row: PairRow, further: readonly RowChange[] = []): number {
    return this.database.transaction(() => {
      const id = this.pairs.nextId()
      this.edit(label, [{ kind: 'pair', id, before: null, after: row }, ...further])
      return id
    })
  }

  /** @throws AppError 'conflict' where others have edited since what would be taken back, unless told how to go on */
  undo(onConflict: OnConflict = 'ask'): Touched {
    return this.step(this.lastDone(), 1, onConflict, entry => [...this.parts(entry.id).reverse(), readChanges(entry)].map(changes => changes.reverse().map(turnAround)))
  }

  /** @throws AppError 'conflict' as undo does */
  redo(onConflict: OnConflict = 'ask'): Touched {
    return this.step(this.firstUndone(), 0, onConflict, entry => [readChanges(entry), ...this.parts(entry.id)])
  }

  private step(entry: Entry | undefined, isUndone: 0 | 1, onConflict: OnConflict, partsOf: (entry: Entry) => RowChange[][]): Touched {
    if (entry === undefined) return nothing
    return this.database.transaction(() => {
      if (onConflict === 'skip') {
        this.database.run('UPDATE history SET isUndone = 2 WHERE id = ?', entry.id)
        return nothing
      }
      const parts = partsOf(entry)
      const present = this.present(parts.flat())
      const overtaken = onConflict === 'overwrite' ? [] : parts.flatMap(changes => findOvertaken(changes, present))
      if (overtaken.length > 0) throw overtakenError(entry.label, [...new Set(overtaken)])
      const touched = this.applyAll(parts.map(changes => changes.map(change => mergeTags(change, present))))
      this.bin.giveTo(entry.id)
      this.database.run('UPDATE history SET isUndone = ? WHERE id = ?', isUndone, entry.id)
      this.database.run('UPDATE historyParts SET isApplied = ? WHERE entryId = ?', 1 - isUndone, entry.id)
      return touched
    })
  }

  present(changes: readonly RowChange[]): PresentRows {
    const rows = this.pairs.getRows(changes.flatMap(change => (change.kind === 'pair' ? [change.id] : [])))
    return {
      pair: id => rows.get(id),
      judgement: (pairId, otherPairId) => this.database.get<JudgementRow>('SELECT verdict, judgedAtMs FROM judgements WHERE pairId = ? AND otherPairId = ?', pairId, otherPairId) ?? null,
      otherThan: (ids, column, value) => this.pairs.listOtherThan(ids, column, value),
    }
  }

  /** Of this window; null when there is nothing to undo. */
  lastDoneId(): number | null {
    return this.lastDone()?.id ?? null
  }

  firstUndoneId(): number | null {
    return this.firstUndone()?.id ?? null
  }

  lastDone(): Entry | undefined {
    return this.database.get<Entry>(`SELECT id, label, changes FROM history WHERE isUndone = 0 AND ${mine} ORDER BY id DESC LIMIT 1`, ...whose())
  }

  firstUndone(): Entry | undefined {
    return this.database.get<Entry>(`SELECT id, label, changes FROM history WHERE isUndone = 1 AND ${mine} ORDER BY id LIMIT 1`, ...whose())
  }

  /** Undone entries end with a new act, and with them the binned pairs that only they could bring back. */
  private addEntry(label: string, changes: readonly RowChange[]): number {
    this.database.run(`DELETE FROM history WHERE isUndone = 1 AND ${mine}`, ...whose())
    return this.database.run('INSERT INTO history (label, changes, atMs, windowId) VALUES (?, ?, ?, ?)', label, JSON.stringify(changes), Date.now(), editContext().windowId).insertedId
  }

  private parts(entryId: number): RowChange[][] {
    return this.database.all<{ changes: string }>('SELECT changes FROM historyParts WHERE entryId = ? ORDER BY id', entryId).map(row => JSON.parse(row.changes) as RowChange[])
  }

  private applyAll(parts: readonly RowChange[][]): Touched {
    return joinTouched(parts.map(changes => this.apply(changes)))
  }

  /** @param entryId the entry that keeps pairs which are binned; null leaves that to the caller */
  apply(changes: readonly RowChange[], entryId: number | null = null): Touched {
    const hasPairs = changes.some(change => change.kind !== 'judgement' && change.kind !== 'dismissal')
    const revision = hasPairs ? this.project.nextRevision() : 0
    const pairIds = new Set<number>()
    let unnamedCount = 0
    const name = (ids: readonly number[]): void => {
      if (ids.length > mostChangedPairs) unnamedCount += ids.length
      else for (const id of ids) pairIds.add(id)
    }
    for (const change of changes) {
      if (change.kind === 'judgement') {
        this.applyJudgement(change)
        continue
      }
      if (change.kind === 'presence') {
        if (change.after) this.bin.restore(change.ranges, revision)
        else this.bin.put(change.ranges)
        continue
      }
      if (change.kind === 'column') {
        this.pairs.setColumn(change.ids, change.column, change.after, revision)
        name(change.ids)
        continue
      }
      if (change.kind === 'tag') {
        this.pairs.setTag(change.ids, change.tag, change.after, revision)
        name(change.ids)
        continue
      }
      if (change.kind === 'dismissal') {
        this.applyDismissal(change)
        continue
      }
      pairIds.add(change.id)
      if (change.after === null) {
        this.pairs.remove(change.id)
        pairIds.delete(change.id)
      } else if (change.before === null) this.pairs.insert(change.id, change.after, revision)
      else this.pairs.update(change.id, change.after, revision)
    }
    if (entryId !== null) this.bin.giveTo(entryId)
    const isSameList = unnamedCount === 0 && changes.every(change => change.kind !== 'presence' && (change.kind !== 'pair' || (change.before !== null && change.after !== null)))
    const hasKind = (kind: RowChange['kind']): boolean => changes.some(change => change.kind === kind)
    return { pairIds: [...pairIds], unnamedCount, hasPairs, isSameList, hasJudgements: hasKind('judgement'), hasDismissals: hasKind('dismissal') }
  }

  private applyDismissal({ finding, pairIds, after }: Extract<RowChange, { kind: 'dismissal' }>): void {
    const ids = JSON.stringify(pairIds)
    if (after) this.database.run('INSERT OR IGNORE INTO findingDismissals (kind, pairId, dismissedAtMs) SELECT ?, p.id, ? FROM json_each(?) j JOIN pairs p ON p.id = j.value', finding, Date.now(), ids)
    else this.database.run('DELETE FROM findingDismissals WHERE kind = ? AND pairId IN (SELECT value FROM json_each(?))', finding, ids)
  }

  private applyJudgement({ pairId, otherPairId, after }: Extract<RowChange, { kind: 'judgement' }>): void {
    if (after === null) {
      this.database.run('DELETE FROM judgements WHERE pairId = ? AND otherPairId = ?', pairId, otherPairId)
      return
    }
    this.database.run(
      `INSERT INTO judgements (pairId, otherPairId, verdict, judgedAtMs) VALUES (?, ?, ?, ?)
       ON CONFLICT (pairId, otherPairId) DO UPDATE SET verdict = excluded.verdict, judgedAtMs = excluded.judgedAtMs`,
      pairId, otherPairId, after.verdict, after.judgedAtMs)
  }
}

/** What several steps touched together. */
export const joinTouched = (steps: readonly Touched[]): Touched => ({
  pairIds: [...new Set(steps.flatMap(step => step.pairIds))], unnamedCount: steps.reduce((sum, step) => sum + step.unnamedCount, 0),
  hasPairs: steps.some(step => step.hasPairs), isSameList: steps.every(step => step.isSameList), hasJudgements: steps.some(step => step.hasJudgements),
  hasDismissals: steps.some(step => step.hasDismissals),
})

const readChanges = (entry: Entry): RowChange[] => JSON.parse(entry.changes) as RowChange[]

export const turnAround = (change: RowChange): RowChange => ({ ...change, before: change.after, after: change.before }) as RowChange

export function overtakenError(label: string, pairIds: readonly number[]): AppError {
  const shown = pairIds.slice(0, 3).map(id => `pair ${id}`).join(', ')
  const rest = pairIds.length > 3 ? ` and ${pairIds.length - 3} more` : ''
  const was = pairIds.length === 1 ? 'was' : 'were'
  return new AppError('conflict', `“${label}” was not taken back: ${shown}${rest} ${was} changed in another window since.`,
    'Look at what stands there now; then write over it, or leave it and go on to the edit before.')
}
