// Imports and what they could not use.
import type { ImportProblem, ImportRecord } from '../../../shared/contract/import'
import { AppError } from '../../../shared/errors'
import type { Database } from './database'

export interface NewProblem {
  location: string
  code: string
  reason: string
}

export class ImportStore {
  constructor(private readonly database: Database) {}

  start(sourceName: string): number {
    return this.database.run('INSERT INTO imports (sourceName, startedAtMs) VALUES (?, ?)', sourceName, Date.now()).insertedId
  }

  /** Adds to the counts of an import; call it in the transaction that adds the pairs. */
  addBatch(importId: number, batch: { addedPairCount: number; knownPairCount: number; problems: readonly NewProblem[] }): void {
    for (const { location, code, reason } of batch.problems) {
      this.database.run('INSERT INTO importProblems (importId, location, code, reason) VALUES (?, ?, ?, ?)', importId, location, code, reason)
    }
    this.database.run(
      'UPDATE imports SET addedPairCount = addedPairCount + ?, knownPairCount = knownPairCount + ?, problemCount = problemCount + ? WHERE id = ?',
      batch.addedPairCount, batch.knownPairCount, batch.problems.length, importId)
  }

  finish(importId: number): void {
    this.database.run('UPDATE imports SET finishedAtMs = ? WHERE id = ?', Date.now(), importId)
  }

  /** @throws AppError 'not-found' */
  get(importId: number): ImportRecord {
    const record = this.database.get<ImportRecord>('SELECT * FROM imports WHERE id = ?', importId)
    if (record === undefined) throw new AppError('not-found', `There is no import ${importId} in this project.`)
    return record
  }

  list(): ImportRecord[] {
    return this.database.all<ImportRecord>('SELECT * FROM imports ORDER BY id DESC')
  }

  listProblems(importId: number, offset: number, limit: number): { problems: ImportProblem[]; total: number } {
    return {
      problems: this.database.all<ImportProblem>('SELECT * FROM importProblems WHERE importId = ? ORDER BY id LIMIT ? OFFSET ?', importId, limit, offset),
      total: this.database.count('SELECT count(*) FROM importProblems WHERE importId = ?', importId),
    }
  }
}
