// Parquet files, one or a folder of parts. A list of texts (five captions of one picture) becomes one row for each text.
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { isPictureName } from '../pictureNames'
import { toCell } from './parquetCells'
import { readFirstRecords, readParquetHead, readParquetRecords, type ParquetRecord } from './parquetFile'
import type { Cell, TableRow } from './sourceRow'
import type { Table } from './table'
import { tableReader } from './tableReader'

const collator = new Intl.Collator('en', { numeric: true })
const previewRows = 20
export const isParquetName = (name: string): boolean => ['.parquet', '.parq'].includes(extname(name).toLowerCase())

/** The parts of a folder, or of its “data” folder, in the order of their numbers. */
export async function listParts(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path]
  return (await readdir(path)).filter(isParquetName).sort(collator.compare).map(name => join(path, name))
}

/** The name of the first column with lists of texts; tags are one value. */
function listColumn(record: ParquetRecord): string | null {
  const isTexts = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(item => typeof item === 'string')
  return Object.keys(record).find(name => name.toLowerCase() !== 'tags' && isTexts(record[name])) ?? null
}

function* rowsOf(record: ParquetRecord, location: string): Generator<TableRow> {
  const values: Record<string, Cell> = {}
  for (const [name, value] of Object.entries(record)) values[name] = toCell(value, { key: `${location}, ${name}`, name: `${location}, ${name}` })
  const expanded = listColumn(record)
  if (expanded === null) {
    yield { location, values, problem: null }
    return
  }
  for (const [index, text] of (record[expanded] as string[]).entries()) {
    yield { location: index === 0 ? location : `${location}, ${expanded} ${index + 1}`, values: { ...values, [expanded]: text }, problem: null }
  }
}

async function openTable(path: string): Promise<Table> {
  const parts = await listParts(path)
  const heads = await Promise.all(parts.map(readParquetHead))
  const rowCount = heads.reduce((sum, head) => sum + head.rowCount, 0)
  async function* rows(columns?: ReadonlySet<string>): AsyncGenerator<TableRow> {
    for (const [index, part] of parts.entries()) {
      const chosen = columns === undefined ? null : heads[index]!.columns.filter(name => columns.has(name))
      let number = 0
      // Without columns only the beginning is wanted.
      const records = chosen === null ? await readFirstRecords(part, previewRows) : readParquetRecords(part, chosen)
      for await (const record of records) yield* rowsOf(record, `${basename(part)}, row ${++number}`)
    }
  }
  return { path, name: basename(path), pictureDir: (await stat(path)).isDirectory() ? path : dirname(path), problem: null, isCountable: false, enoughRows: previewRows, knownRowCount: rowCount, rows }
}

export const parquetReader = tableReader({
  kind: 'parquet', label: 'Parquet', openTable, listFiles: listParts,
  mayRead: look => (look.isFolder ? look.entryNames.some(isParquetName) : isParquetName(look.name)),
  recognises: look => (look.isFolder ? look.entryNames.some(isParquetName) && !look.entryNames.some(isPictureName) : isParquetName(look.name)),
})
