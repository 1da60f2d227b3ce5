// Edits that can be taken back. An entry lists row changes with what was before and after; it is applied and recorded in
// one transaction, and survives a restart. Undone entries can be repeated until the next edit.
import type { Verdict } from '../../../shared/contract/entities'
import type { History } from '../../../shared/contract/pairs'
import type { Database } from './database'
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
  | { kind: 'judgement'; pairId: number; otherPairId: number; before: JudgementRow | null; after: JudgementRow | null }

export interface Touched {
  /** Pairs that were changed or created; those that an undo removed are not among them. */
  pairIds: number[]
  hasPairs: boolean
  hasJudgements: boolean
}

interface Entry {
  id: number
  label: string
  changes: string
}

const nothing: Touched = { pairIds: [], hasPairs: false, hasJudgements: false }

export class HistoryStore {
  constructor(private readonly database: Database, private readonly pairs: PairStore, private readonly project: ProjectStore) {}

  get(): History {
    return { undoLabel: this.lastDone()?.label ?? null, redoLabel: this.firstUndone()?.label ?? null }
  }

  /** Applies the changes and records them under a label such as “accept 3 pairs”. No changes, no entry. */
  edit(label: string, changes: readonly RowChange[]): Touched {
    if (changes.length === 0) return nothing
    return this.database.transaction(() => {
      const touched = this.apply(changes)
      this.database.run('DELETE FROM history WHERE isUndone = 1')
      this.database.run('INSERT INTO history (label, changes, atMs) VALUES (?, ?, ?)', label, JSON.stringify(changes), Date.now())
      return touched
    })
  }

  /** Creates a pair, with further changes if they belong to the same act, and returns its id. */
  createPair(label: string, row: PairRow, further: readonly RowChange[] = []): number {
    return this.database.transaction(() => {
      const id = this.pairs.nextId()
      this.edit(label, [{ kind: 'pair', id, before: null, after: row }, ...further])
      return id
    })
  }

  undo(): Touched {
    return this.database.transaction(() => {
      const entry = this.lastDone()
      if (entry === undefined) return nothing
      const touched = this.apply(readChanges(entry).reverse().map(turnAround))
      this.database.run('UPDATE history SET isUndone = 1 WHERE id = ?', entry.id)
      return touched
    })
  }

  redo(): Touched {
    return this.database.transaction(() => {
      const entry = this.firstUndone()
      if (entry === undefined) return nothing
      const touched = this.apply(readChanges(entry))
      this.database.run('UPDATE history SET isUndone = 0 WHERE id = ?', entry.id)
      return touched
    })
  }

  private lastDone(): Entry | undefined {
    return this.database.get<Entry>('SELECT id, label, changes FROM history WHERE isUndone = 0 ORDER BY id DESC LIMIT 1')
  }

  private firstUndone(): Entry | undefined {
    return this.database.get<Entry>('SELECT id, label, changes FROM history WHERE isUndone = 1 ORDER BY id LIMIT 1')
  }

  private apply(changes: readonly RowChange[]): Touched {
    const hasPairs = changes.some(change => change.kind === 'pair')
    const revision = hasPairs ? this.project.nextRevision() : 0
    const pairIds = new Set<number>()
    for (const change of changes) {
      if (change.kind === 'judgement') {
        this.applyJudgement(change)
        continue
      }
      pairIds.add(change.id)
      if (change.after === null) {
        this.pairs.remove(change.id)
        pairIds.delete(change.id)
      } else if (change.before === null) this.pairs.insert(change.id, change.after, revision)
      else this.pairs.update(change.id, change.after, revision)
    }
    return { pairIds: [...pairIds], hasPairs, hasJudgements: changes.some(change => change.kind === 'judgement') }
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

const readChanges = (entry: Entry): RowChange[] => JSON.parse(entry.changes) as RowChange[]

const turnAround = (change: RowChange): RowChange => ({ ...change, before: change.after, after: change.before }) as RowChange
