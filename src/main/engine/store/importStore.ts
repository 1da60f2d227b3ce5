// Imports, how far they came, and what they could not use.
import { createHash } from 'node:crypto'
import type { ImportProblem, ImportRecord } from '../../../shared/contract/import'
import { AppError } from '../../../shared/errors'
import type { Database } from './database'

export interface NewProblem {
  location: string
  code: string
  reason: string
}

const hashOf = (path: string): string => createHash('sha256').update(path).digest('hex')
const recordColumns = 'id, sourceName, startedAtMs, finishedAtMs, addedPairCount, knownPairCount, problemCount'

export class ImportStore {
  constructor(private readonly database: Database) {}

  /** @param sourceKey tells what is read and how, so that a broken-off import goes on only with the same rows */
  start(sourceName: string, sourcePath: string, sourceKey: string): number {
    return this.database.run('INSERT INTO imports (sourceName, pathHash, sourceKey, startedAtMs) VALUES (?, ?, ?, ?)', sourceName, hashOf(sourcePath), sourceKey, Date.now()).insertedId
  }

  /** The last import from a path, when it did not come to its end and read the same rows. */
  findUnfinished(sourcePath: string, sourceKey: string): { id: number; doneRowCount: number } | null {
    const last = this.lastOf(sourcePath)
    return last === null || last.finishedAtMs !== null || last.sourceKey !== sourceKey ? null : { id: last.id, doneRowCount: last.doneRowCount }
  }

  /** How far the last import from a path came, when it did not come to its end. */
  findUnfinishedOf(sourcePath: string): number | null {
    const last = this.lastOf(sourcePath)
    return last === null || last.finishedAtMs !== null || last.doneRowCount === 0 ? null : last.doneRowCount
  }

  /** Adds to the counts of an import; call it in the transaction that adds the pairs. */
  addBatch(importId: number, batch: { addedPairCount: number; knownPairCount: number; doneRowCount: number; problems: readonly NewProblem[] }): void {
    for (const { location, code, reason } of batch.problems) {
      this.database.run('INSERT INTO importProblems (importId, location, code, reason) VALUES (?, ?, ?, ?)', importId, location, code, reason)
    }
    this.database.run(
      'UPDATE imports SET addedPairCount = addedPairCount + ?, knownPairCount = knownPairCount + ?, problemCount = problemCount + ?, doneRowCount = doneRowCount + ? WHERE id = ?',
      batch.addedPairCount, batch.knownPairCount, batch.problems.length, batch.doneRowCount, importId)
  }

  finish(importId: number): void {
    this.database.run('UPDATE imports SET finishedAtMs = ? WHERE id = ?', Date.now(), importId)
  }

  /** @throws AppError 'not-found' */
  get(importId: number): ImportRecord {
    const record = this.database.get<ImportRecord>(`SELECT ${recordColumns} FROM imports WHERE id = ?`, importId)
    if (record === undefined) throw new AppError('not-found', `There is no import ${importId} in this project.`)
    return record
  }

  list(): ImportRecord[] {
    return this.database.all<ImportRecord>(`SELECT ${recordColumns} FROM imports ORDER BY id DESC`)
  }

  listProblems(importId: number, offset: number, limit: number): { problems: ImportProblem[]; total: number } {
    return {
      problems: this.database.all<ImportProblem>('SELECT * FROM importProblems WHERE importId = ? ORDER BY id LIMIT ? OFFSET ?', importId, limit, offset),
      total: this.database.count('SELECT count(*) FROM importProblems WHERE importId = ?', importId),
    }
  }

  private lastOf(sourcePath: string): { id: number; sourceKey: string; doneRowCount: number; finishedAtMs: number | null } | null {
    return this.database.get<{ id: number; sourceKey: string; doneRowCount: number; finishedAtMs: number | null }>(
      'SELECT id, sourceKey, doneRowCount, finishedAtMs FROM imports WHERE pathHash = ? ORDER BY id DESC LIMIT 1', hashOf(sourcePath)) ?? null
  }
}
