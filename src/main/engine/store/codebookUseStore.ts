// Counts of codes by tokenizer and filter, and which pictures a filter means.
import { createHash } from 'node:crypto'
import type { PairFilter } from '../../../shared/contract/pairs'
import type { Database } from './database'
import { toCondition } from './filterSql'

export interface CountedUse {
  counts: Uint32Array
  pictureCount: number
  failedCount: number
  pictureSet: string
  countedAtMs: number
}

/** Keys in a fixed order, so that equal filters have equal names. */
const nameOf = (filter: PairFilter): string => JSON.stringify(Object.entries(filter).sort(([first], [second]) => (first < second ? -1 : 1)))

/** @param imageIds ascending */
export const pictureSetOf = (imageIds: readonly number[]): string => createHash('sha256').update(imageIds.join(',')).digest('base64url')

export class CodebookUseStore {
  constructor(private readonly database: Database) {}

  /** Pictures on either side of the pairs that match, each once, ascending. */
  listImageIds(filter: PairFilter): number[] {
    const { sql, values } = toCondition(filter)
    const side = (column: string): string => `SELECT p.${column} AS imageId FROM pairs p WHERE ${sql} AND p.${column} IS NOT NULL`
    return this.database.all<{ imageId: number }>(`${side('leftImageId')} UNION ${side('rightImageId')} ORDER BY imageId`, ...values, ...values).map(({ imageId }) => imageId)
  }

  find(tokenizerId: string, filter: PairFilter): CountedUse | null {
    const row = this.database.get<Omit<CountedUse, 'counts'> & { counts: Uint8Array }>(
      'SELECT counts, pictureCount, failedCount, pictureSet, countedAtMs FROM codebookUse WHERE tokenizerId = ? AND filter = ?', tokenizerId, nameOf(filter))
    return row === undefined ? null : { ...row, counts: readCounts(row.counts) }
  }

  set(tokenizerId: string, filter: PairFilter, { counts, pictureCount, failedCount, pictureSet, countedAtMs }: CountedUse): void {
    const bytes = new Uint8Array(counts.buffer, counts.byteOffset, counts.byteLength)
    this.database.run('INSERT OR REPLACE INTO codebookUse (tokenizerId, filter, counts, pictureCount, failedCount, pictureSet, countedAtMs) VALUES (?, ?, ?, ?, ?, ?, ?)',
      tokenizerId, nameOf(filter), bytes, pictureCount, failedCount, pictureSet, countedAtMs)
  }
}

/** A copy, because a view of SQLite's bytes may start at an odd address. All platforms with a binary are little endian. */
function readCounts(bytes: Uint8Array): Uint32Array {
  const counts = new Uint32Array(bytes.byteLength / 4)
  new Uint8Array(counts.buffer).set(bytes)
  return counts
}
