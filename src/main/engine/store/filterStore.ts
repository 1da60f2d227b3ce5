// Filters that people keep under a name.
import type { PairFilter, PairSort, SavedFilter } from '../../../shared/contract/pairs'
import { AppError } from '../../../shared/errors'
import type { Database } from './database'
import { readFilter } from './filterSql'

export class FilterStore {
  constructor(private readonly database: Database) {}

  /** By name. */
  list(): SavedFilter[] {
    const rows = this.database.all<{ id: number; name: string; filter: string; sort: PairSort; savedAtMs: number }>(
      'SELECT id, name, filter, sort, savedAtMs FROM filters ORDER BY name COLLATE NOCASE, id')
    return rows.map(row => ({ ...row, filter: JSON.parse(row.filter) as PairFilter }))
  }

  /** A filter of the same name is replaced. @throws AppError 'bad-input' when the filter is none */
  save(name: string, filter: PairFilter, sort: PairSort): void {
    readFilter(filter)
    this.database.run(
      `INSERT INTO filters (name, filter, sort, savedAtMs) VALUES (?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET filter = excluded.filter, sort = excluded.sort, savedAtMs = excluded.savedAtMs`,
      name, JSON.stringify(filter), sort, Date.now())
  }

  /** @throws AppError 'not-found', 'conflict' */
  rename(filterId: number, name: string): void {
    if (this.database.get('SELECT 1 FROM filters WHERE name = ? AND id <> ?', name, filterId) !== undefined) {
      throw new AppError('conflict', `There is already a filter “${name}”.`, 'Choose another name, or remove that filter first.')
    }
    if (this.database.run('UPDATE filters SET name = ? WHERE id = ?', name, filterId).changes === 0) throw notFound(filterId)
  }

  /** @throws AppError 'not-found' */
  remove(filterId: number): void {
    if (this.database.run('DELETE FROM filters WHERE id = ?', filterId).changes === 0) throw notFound(filterId)
  }
}

const notFound = (filterId: number): AppError => new AppError('not-found', `There is no saved filter ${filterId}.`, 'Reload the list; it may have been removed.')
