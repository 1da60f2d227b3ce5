// Opens a table of any kind by its file name, and looks at its beginning.
import { stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { AppError } from '../../../../shared/errors'
import { readCsvRows } from './csvRows'
import { readJsonlRows } from './jsonlRows'
import type { TableRow } from './sourceRow'
import { detectEncoding, type TextEncoding } from './textEncoding'

export type TableKind = 'csv' | 'tsv' | 'jsonl'

export interface Table {
  path: string
  name: string
  kind: TableKind
  encoding: TextEncoding
  /** Reads from the beginning at every call. */
  rows(): AsyncGenerator<TableRow>
}

export interface TableScan {
  columns: string[]
  sampleRows: Record<string, string>[]
  /** Null when the reading stopped before the end. */
  rowCount: number | null
}

const kinds: Record<string, TableKind> = { '.csv': 'csv', '.tsv': 'tsv', '.tab': 'tsv', '.jsonl': 'jsonl', '.ndjson': 'jsonl' }
/** A table of this size is read through to count its rows in about a second. */
const countableBytes = 64 * 1024 * 1024
const sampleCount = 20
const columnRowCount = 1000

/** @throws AppError 'bad-input' for another kind of file */
export async function openTable(path: string): Promise<Table> {
  const name = basename(path)
  const kind = kinds[extname(name).toLowerCase()]
  if (kind === undefined) {
    throw new AppError('bad-input', `Expected a folder of pictures or a table (.csv, .tsv, .jsonl), got “${name}”.`, 'Choose a folder, or save the table as CSV.')
  }
  const encoding = await detectEncoding(path)
  const rows = (): AsyncGenerator<TableRow> => (kind === 'jsonl' ? readJsonlRows(path, name, encoding) : readCsvRows(path, name, encoding, kind === 'tsv' ? '\t' : null))
  return { path, name, kind, encoding, rows }
}

/**
 * Reads enough to know the columns: to the end where the file is small, otherwise until `wanted` columns were all seen,
 * because the lines of a JSONL file need not have the same ones.
 */
export async function scanTable(table: Table, wanted: readonly string[] = []): Promise<TableScan> {
  const isCountable = (await stat(table.path)).size <= countableBytes
  const columns = new Set<string>()
  const sampleRows: Record<string, string>[] = []
  let rowCount = 0
  for await (const row of table.rows()) {
    rowCount++
    if (row.values === null) continue
    for (const name of Object.keys(row.values)) columns.add(name)
    if (sampleRows.length < sampleCount) sampleRows.push(row.values)
    const hasEnough = rowCount >= columnRowCount && wanted.every(name => columns.has(name))
    if (!isCountable && hasEnough) return { columns: [...columns], sampleRows, rowCount: null }
  }
  return { columns: [...columns], sampleRows, rowCount }
}
