// Pairs: windows, facets, and the row changes that edits and undo are made of.
import { splitSchema, statusSchema, type Pair, type Split, type Status, type Task } from '../../../shared/contract/entities'
import type { Facets, PairChange, PairFilter, PairScope, PairSort } from '../../../shared/contract/pairs'
import type { FilterNode } from '../../../shared/filter/filterTree'
import { AppError } from '../../../shared/errors'
import type { Database, SqlValue } from './database'
import { andBits, countBits, hasBit, idsOfBits, minusBits, type PairBits } from './pairBits'
import { allOf } from './filterSql'
import { PairIndex } from './pairIndex'
import type { ProjectStore } from './projectStore'
import { scopeCondition } from './scopeSql'

/** Everything of a pair that an edit can change and undo must restore. */
export interface PairRow {
  leftImageId: number | null
  leftText: string | null
  rightImageId: number | null
  rightText: string | null
  task: Task
  split: Split
  status: Status
  score: number | null
  scoreModelId: string | null
  importKey: string | null
  /** Null when no import brought the pair. */
  importId: number | null
  /** Not flagged where it is missing, as in entries of the history from before there were flags. */
  isFlagged?: 0 | 1
  tags: string[]
}

type SelectedRow = Omit<PairRow, 'tags'> & { id: number; revision: number; updatedAtMs: number; tags: string; groupId: number | null }

const columns = ['leftImageId', 'leftText', 'rightImageId', 'rightText', 'task', 'split', 'status', 'score', 'scoreModelId', 'importKey', 'importId', 'isFlagged'] as const

// The newest group is shown: mining makes its groups after the data came.
const selectPairs = `SELECT p.id, ${columns.map(name => `p.${name}`).join(', ')}, p.revision, p.updatedAtMs,
  (SELECT json_group_array(t.tag) FROM pairTags t WHERE t.pairId = p.id) AS tags,
  (SELECT max(m.groupId) FROM groupMembers m WHERE m.pairId = p.id) AS groupId`

const readTags = (json: string): string[] => (JSON.parse(json) as string[]).sort()

const toPair = (row: SelectedRow): Pair => ({
  id: row.id,
  left: { imageId: row.leftImageId, text: row.leftText },
  right: { imageId: row.rightImageId, text: row.rightText },
  task: row.task,
  split: row.split,
  status: row.status,
  tags: readTags(row.tags),
  isFlagged: row.isFlagged === 1,
  score: row.score,
  groupId: row.groupId,
  revision: row.revision,
  updatedAtMs: row.updatedAtMs,
})

const toRow = (row: SelectedRow): PairRow => ({
  leftImageId: row.leftImageId, leftText: row.leftText, rightImageId: row.rightImageId, rightText: row.rightText,
  task: row.task, split: row.split, status: row.status, score: row.score, scoreModelId: row.scoreModelId,
  importKey: row.importKey, importId: row.importId, isFlagged: row.isFlagged ?? 0, tags: readTags(row.tags),
})

/** Pairs that are not yet as a change wants them. */
function changedBy(change: PairChange): FilterNode {
  if (change.kind === 'flag') return { kind: 'term', name: 'flag', test: { kind: 'words', words: [change.isFlagged ? 'no' : 'yes'] } }
  const [name, word] = change.kind === 'status' ? ['status' as const, change.status] : change.kind === 'split' ? ['split' as const, change.split] : ['tag' as const, change.tag]
  const term: FilterNode = { kind: 'term', name, test: { kind: 'words', words: [word] } }
  return change.kind === 'removeTag' ? term : { kind: 'not', node: term }
}

export class PairStore {
  #index: PairIndex | null = null

  constructor(private readonly database: Database, private readonly project: ProjectStore) {}

  /** Made when it is first asked, because it writes to the connection, which a reader must not. */
  get index(): PairIndex {
    this.#index ??= new PairIndex(this.database)
    return this.#index
  }

  /** @throws AppError 'not-found' */
  get(pairId: number): Pair {
    const pair = this.getMany([pairId])[0]
    if (pair === undefined) throw new AppError('not-found', `There is no pair ${pairId} in this project.`, 'Reload the list; the pair may have been removed by undo.')
    return pair
  }

  /** In the order of the ids; ids that do not exist are left out. */
  getMany(pairIds: readonly number[]): Pair[] {
    return this.select(pairIds).map(toPair)
  }

  getRows(pairIds: readonly number[]): Map<number, PairRow> {
    return new Map(this.select(pairIds).map(row => [row.id, toRow(row)]))
  }

  list(filter: PairFilter, sort: PairSort, offset: number, limit: number): Pair[] {
    return this.getMany(this.listIds(filter, sort, offset, limit))
  }

  /** @param limit −1 for all */
  listIds(filter: PairFilter, sort: PairSort = 'oldest', offset = 0, limit = -1): number[] {
    return Array.from(this.index.ordered(filter, sort).subarray(offset, limit < 0 ? undefined : offset + limit))
  }

  /** A window of ids by key and not by offset, so that the last one of a million costs what the first one does. */
  listIdsAfter(scope: PairScope, afterId: number, limit: number): number[] {
    const { sql, values } = allOf([scopeCondition(scope), { sql: 'p.id > ?', values: [afterId] }])
    return this.database.all<{ id: number }>(`SELECT p.id FROM pairs p WHERE ${sql} ORDER BY p.id LIMIT ?`, ...values, limit).map(row => row.id)
  }

  count(filter: PairFilter): number {
    return this.index.count(filter)
  }

  countFacets(filter: PairFilter): Facets {
    return this.index.countFacets(filter)
  }

  /** The pairs that an act is about. Named pairs that are gone are not among them. */
  inScope(scope: PairScope): PairBits {
    if ('ids' in scope) return this.index.idsToBits(scope.ids)
    const bits = this.index.matching(scope.filter)
    return scope.except.length === 0 ? bits : minusBits(bits, this.index.idsToBits(scope.except))
  }

  /** Pairs of a scope that a change would change, by what they have now; a tag is on or off for all of them. */
  changingByValue(scope: PairScope, change: PairChange): { before: string | null; ids: Int32Array }[] {
    const changing = andBits(this.inScope(scope), this.index.bitsOf(changedBy(change)))
    if (change.kind !== 'status' && change.kind !== 'split') return [{ before: null, ids: idsOfBits(changing) }]
    const words = (change.kind === 'status' ? statusSchema : splitSchema).options
    return words.map((word) => ({ before: word, ids: idsOfBits(andBits(changing, this.index.bitsOf({ kind: 'term', name: change.kind, test: { kind: 'words', words: [word] } }))) }))
      .filter(({ ids }) => ids.length > 0)
  }

  /** Those of the ids that are no pair's. */
  listMissing(pairIds: readonly number[]): number[] {
    const present = this.index.idsToBits(pairIds)
    return pairIds.filter((id) => !hasBit(present, id))
  }

  countScope(scope: PairScope): number {
    return countBits(this.inScope(scope))
  }

  /** All pairs of a scope, oldest first. */
  listScope(scope: PairScope): Int32Array {
    return idsOfBits(this.inScope(scope))
  }

  /** Pairs of a scope that are not yet as a change wants them, oldest first. */
  listChanging(scope: PairScope, change: PairChange): Int32Array {
    return idsOfBits(andBits(this.inScope(scope), this.index.bitsOf(changedBy(change))))
  }

  /** Pairs with exactly this content on one of their sides, oldest first. */
  listBySide(imageId: number | null, text: string | null): Pair[] {
    const ids = this.database.all<{ id: number }>(
      'SELECT id FROM pairs WHERE (leftImageId IS ? AND leftText IS ?) OR (rightImageId IS ? AND rightText IS ?) ORDER BY id', imageId, text, imageId, text)
    return this.getMany(ids.map(row => row.id))
  }

  findByImportKey(importKey: string): number | null {
    return this.database.get<{ id: number }>('SELECT id FROM pairs WHERE importKey = ?', importKey)?.id ?? null
  }

  /** The id that the next inserted pair may take; ids are never used twice. */
  nextId(): number {
    return this.database.count("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'pairs'), 0) + 1")
  }

  insert(pairId: number, row: PairRow, revision: number): void {
    this.database.run(
      `INSERT INTO pairs (id, ${columns.join(', ')}, revision, updatedAtMs) VALUES (?, ${columns.map(() => '?').join(', ')}, ?, ?)`,
      pairId, ...columns.map(name => this.columnValue(row, name)), revision, Date.now())
    this.addTags(pairId, row.tags)
  }

  /** Changes the given columns. @throws AppError 'conflict' when the pair is gone */
  update(pairId: number, change: Partial<PairRow>, revision: number): void {
    const changed = columns.filter(name => name in change)
    const assignments = [...changed.map(name => `${name} = ?`), 'revision = ?', 'updatedAtMs = ?'].join(', ')
    const { changes } = this.database.run(`UPDATE pairs SET ${assignments} WHERE id = ?`,
      ...changed.map(name => this.columnValue(change, name)), revision, Date.now(), pairId)
    if (changes === 0) throw new AppError('conflict', `The pair ${pairId} does not exist any more; nothing was changed.`, 'Reload the list.')
    if (change.tags !== undefined) this.replaceTags(pairId, change.tags)
  }

  countAll(): number {
    return this.database.count('SELECT count(*) FROM pairs')
  }

  /** Those of the ids whose pairs have this in a column. CROSS JOIN, else SQLite may walk all pairs of that value for each id. */
  having(pairIds: readonly number[], column: 'split' | 'status' | 'task' | 'isFlagged', value: string | number): number[] {
    return this.database.all<{ id: number }>(`SELECT p.id FROM json_each(?) j CROSS JOIN pairs p ON p.id = j.value WHERE p.${column} = ?`, JSON.stringify(pairIds), value).map(row => row.id)
  }

  /** Sets one column of many pairs; those that are gone are passed over. */
  setColumn(pairIds: readonly number[], column: 'split' | 'status' | 'task' | 'isFlagged', value: string | number, revision: number): void {
    this.database.run(`UPDATE pairs SET ${column} = ?, revision = ?, updatedAtMs = ? WHERE id IN (SELECT value FROM json_each(?))`, value, revision, Date.now(), JSON.stringify(pairIds))
  }

  /** Puts a tag on pairs or takes it off; pairs that are gone, or already so, are left alone. */
  setTag(pairIds: readonly number[], tag: string, isOn: boolean, revision: number): void {
    const ids = JSON.stringify(pairIds)
    if (isOn) this.database.run('INSERT OR IGNORE INTO pairTags (pairId, tag) SELECT p.id, ? FROM json_each(?) j JOIN pairs p ON p.id = j.value', tag, ids)
    else this.database.run('DELETE FROM pairTags WHERE tag = ? AND pairId IN (SELECT value FROM json_each(?))', tag, ids)
    this.database.run('UPDATE pairs SET revision = ?, updatedAtMs = ? WHERE id IN (SELECT value FROM json_each(?))', revision, Date.now(), ids)
  }

  /** Those of the pairs that have something else in a column; pairs that are gone are not among them. */
  listOtherThan(pairIds: readonly number[], column: 'split' | 'status' | 'task' | 'isFlagged', value: string | number): number[] {
    return this.database.all<{ id: number }>(`SELECT id FROM pairs WHERE ${column} <> ? AND id IN (SELECT value FROM json_each(?))`, value, JSON.stringify(pairIds)).map(row => row.id)
  }

  remove(pairId: number): void {
    this.database.run('DELETE FROM pairs WHERE id = ?', pairId)
  }

  /** Scores are measured, not edited: they enter neither history nor revision. */
  setScores(modelId: string, scores: Iterable<{ pairId: number; score: number }>): void {
    this.database.transaction(() => {
      for (const { pairId, score } of scores) this.database.run('UPDATE pairs SET score = ?, scoreModelId = ? WHERE id = ?', score, modelId, pairId)
    })
  }

  private select(pairIds: readonly number[]): SelectedRow[] {
    return this.database.all<SelectedRow>(`${selectPairs} FROM json_each(?) j JOIN pairs p ON p.id = j.value ORDER BY j.key`, JSON.stringify(pairIds))
  }

  private replaceTags(pairId: number, tags: readonly string[]): void {
    this.database.run('DELETE FROM pairTags WHERE pairId = ?', pairId)
    this.addTags(pairId, tags)
  }

  private addTags(pairId: number, tags: readonly string[]): void {
    for (const tag of new Set(tags)) this.database.run('INSERT INTO pairTags (pairId, tag) VALUES (?, ?)', pairId, tag)
  }

  /** Undo may bring back a score of a model that is no longer the current one; such a score is left out. */
  private columnValue(row: Partial<PairRow>, name: (typeof columns)[number]): SqlValue {
    if (name === 'isFlagged') return row.isFlagged ?? 0
    const isScore = name === 'score' || name === 'scoreModelId'
    if (isScore && row.scoreModelId && row.scoreModelId !== this.project.get().currentModelId) return null
    return row[name] ?? null
  }
}
