// The history to look at: acts of the project, and those that changed one pair. Nothing is changed here.
import type { HistoryEntry, PairHistoryEntry } from '../../../shared/contract/pairs'
import type { Database } from './database'
import { mine, whose, type RowChange } from './historyStore'
import type { PairRow } from './pairStore'

type Field = PairHistoryEntry['changes'][number]['field']
type Flags = { isUndone: number }

/** Scores are measured, so they are no part of what a person did. */
const shownFields = ['leftText', 'rightText', 'status', 'split', 'task', 'tags', 'isFlagged', 'leftImageId', 'rightImageId'] as const satisfies readonly Field[]
const mostEntries = 200

/** How many things a list of changes is about: acts on many pairs name them in ranges or lists. */
const countIn = (json: string): string => `(SELECT coalesce(sum(CASE c.value ->> '$.kind'
  WHEN 'column' THEN json_array_length(c.value, '$.ids')
  WHEN 'tag' THEN json_array_length(c.value, '$.ids')
  WHEN 'presence' THEN (SELECT coalesce(sum(r.value ->> '$[1]' - r.value ->> '$[0]' + 1), 0) FROM json_each(c.value, '$.ranges') r)
  ELSE 1 END), 0) FROM json_each(${json}) c)`

/** Whether a change `c` is about the pair `?1`. */
const isAbout = `CASE c.value ->> '$.kind'
  WHEN 'pair' THEN c.value ->> '$.id' = ?1
  WHEN 'tag' THEN EXISTS (SELECT 1 FROM json_each(c.value, '$.ids') i WHERE i.value = ?1)
  WHEN 'column' THEN EXISTS (SELECT 1 FROM json_each(c.value, '$.ids') i WHERE i.value = ?1)
  WHEN 'presence' THEN EXISTS (SELECT 1 FROM json_each(c.value, '$.ranges') r WHERE ?1 BETWEEN r.value ->> '$[0]' AND r.value ->> '$[1]')
  ELSE FALSE END`

/** A look at the text first, because reading the JSON of every act would take long. `?2` is how a change of the pair begins. */
const mayBeAbout = (json: string): string => `(instr(${json}, ?2) > 0 OR instr(${json}, '"kind":"column"') > 0 OR instr(${json}, '"kind":"tag"') > 0 OR instr(${json}, '"kind":"presence"') > 0)`

export class HistoryList {
  constructor(private readonly database: Database) {}

  /** @param beforeId null for the newest */
  list(beforeId: number | null, limit: number): HistoryEntry[] {
    return this.database.all<Omit<HistoryEntry, 'isUndone' | 'isMine'> & Flags & { isMine: number }>(
      `SELECT h.id, h.label, h.atMs, h.isUndone, ${mine} AS isMine,
         ${countIn('h.changes')} + coalesce((SELECT sum(${countIn('p.changes')}) FROM historyParts p WHERE p.entryId = h.id), 0) AS changeCount
       FROM history h WHERE h.id < ? AND h.isUndone <> 3 ORDER BY h.id DESC LIMIT ?`, ...whose(), beforeId ?? Number.MAX_SAFE_INTEGER, limit)
      .map(row => ({ ...row, isUndone: row.isUndone === 1, isMine: row.isMine === 1 }))
  }

  has(entryId: number): boolean {
    return this.database.count('SELECT count(*) FROM history WHERE id = ?', entryId) > 0
  }

  /** Newest first. */
  listForPair(pairId: number): PairHistoryEntry[] {
    const columns = 'h.id, h.label, h.atMs, h.isUndone, c.value AS change'
    return this.database.all<Omit<PairHistoryEntry, 'changes' | 'isUndone'> & Flags & { change: string }>(
      `SELECT ${columns} FROM history h CROSS JOIN json_each(h.changes) c WHERE ${mayBeAbout('h.changes')} AND ${isAbout}
       UNION ALL
       SELECT ${columns} FROM historyParts p CROSS JOIN history h ON h.id = p.entryId CROSS JOIN json_each(p.changes) c WHERE ${mayBeAbout('p.changes')} AND ${isAbout}
       ORDER BY 1 DESC LIMIT ?3`, pairId, `"id":${pairId},`, mostEntries)
      .map(({ change, isUndone, ...entry }) => ({ ...entry, isUndone: isUndone === 1, changes: changesOf(JSON.parse(change) as RowChange) }))
      .filter(({ changes }) => changes.length > 0)
  }
}

function wordOf(row: Partial<PairRow>, field: (typeof shownFields)[number]): string | null {
  const value = row[field]
  if (field === 'isFlagged') return value === 1 ? 'yes' : 'no'
  if (Array.isArray(value)) return value.length === 0 ? null : value.join(', ')
  return value === null || value === undefined ? null : String(value)
}

const shownWord = (field: Field, value: string | number): string => (field === 'isFlagged' ? (value === 1 ? 'yes' : 'no') : String(value))

const presence = (isThere: boolean): PairHistoryEntry['changes'][number] => ({ field: 'pair', before: isThere ? null : 'there', after: isThere ? 'there' : null })

function changesOf(change: RowChange): PairHistoryEntry['changes'] {
  if (change.kind === 'judgement' || change.kind === 'dismissal') return []
  if (change.kind === 'presence') return [presence(change.after)]
  if (change.kind === 'column') return [{ field: change.column, before: shownWord(change.column, change.before), after: shownWord(change.column, change.after) }]
  if (change.kind === 'tag') return [{ field: 'tags', before: change.before ? change.tag : null, after: change.after ? change.tag : null }]
  const { before, after } = change
  if (before === null || after === null) return [presence(after !== null)]
  return shownFields.filter(field => field in after).map(field => ({ field, before: wordOf(before, field), after: wordOf(after, field) }))
}
