// Tables of every kind become pairs by the same columns: text files here, archives and Parquet by their own row readers.
import { stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { ColumnMapping, SourceKind } from '../../../../shared/contract/import'
import { AppError } from '../../../../shared/errors'
import { readCsvRows } from './csvRows'
import { fingerprintOfFiles } from './fingerprint'
import { extraColumns, guessColumns } from './guessColumns'
import { readJsonListRows, readJsonlRows } from './jsonlRows'
import { toDraft, type DraftOrProblem, type ImportDefaults } from './pairDraft'
import { noMapping, type ImportReader, type OpenedSource, type ReaderPreview, type SourceLook } from './reader'
import { describeCell, type RowProblem } from './sourceRow'
import { scanTable, type Table } from './table'
import { detectEncoding } from './textEncoding'

/** A table of this size is read through to count its rows in about a second. */
const countableBytes = 64 * 1024 * 1024

export interface TableReaderParts {
  kind: SourceKind
  label: string
  mayRead(look: SourceLook): boolean
  recognises?(look: SourceLook): boolean
  openTable(path: string): Promise<Table>
  /** Files whose change makes it another source. */
  listFiles?(path: string): Promise<string[]>
}

/** Makes a reader of anything that has rows and columns. */
export function tableReader({ kind, label, mayRead, recognises = mayRead, openTable, listFiles = path => Promise.resolve([path]) }: TableReaderParts): ImportReader {
  return {
    kind, label, task: null, usesMapping: true, mayRead, recognises,
    preview: async path => previewTable(await openTable(path)),
    open: async (path, mapping, defaults) => {
      const opened = await openMapped(await openTable(path), mapping, defaults)
      return { ...opened, fingerprint: await fingerprintOfFiles(await listFiles(path)) }
    },
  }
}

async function previewTable(table: Table): Promise<ReaderPreview> {
  const { columns, sampleRows, sampleProblems, rowCount } = await scanTable(table)
  return {
    columns, rowCount, suggestedMapping: guessColumns(columns, sampleRows),
    sampleRows: sampleRows.map(row => Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, describeCell(cell)]))),
    sampleProblems: [...(table.problem === null ? [] : [table.problem.reason]), ...sampleProblems],
  }
}

async function openMapped(table: Table, mapping: ColumnMapping | null, defaults: ImportDefaults): Promise<Omit<OpenedSource, 'fingerprint'>> {
  const wanted = columnsOf(mapping ?? noMapping)
  const { columns, sampleRows, rowCount } = await scanTable(table, wanted)
  if (rowCount === 0) throw new AppError('bad-input', `“${table.name}” has no rows.`, 'Choose a table with a header line and at least one row below it.')
  const checked = checkMapping(table.name, mapping ?? guessColumns(columns, sampleRows), columns)
  return { rows: () => readTableDrafts(table, checked, columns, defaults), total: rowCount }
}

const columnsOf = (mapping: ColumnMapping): string[] => Object.values(mapping).filter(name => typeof name === 'string')

function checkMapping(tableName: string, mapping: ColumnMapping, columns: readonly string[]): ColumnMapping {
  const present = `The columns of “${tableName}” are: ${columns.map(name => `“${name}”`).join(', ')}.`
  const unknown = columnsOf(mapping).filter(name => !columns.includes(name))
  if (unknown.length > 0) throw new AppError('unknown-column', `There is no column ${unknown.map(name => `“${name}”`).join(', ')}. ${present}`, 'Choose among the columns that are there.')
  const emptySide = mapping.leftImage === null && mapping.leftText === null ? 'left' : mapping.rightImage === null && mapping.rightText === null ? 'right' : null
  if (emptySide !== null) throw new AppError('bad-input', `No column is chosen for the ${emptySide} side. ${present}`, `Choose an image or a text column for the ${emptySide} side.`)
  return mapping
}

async function* readTableDrafts(table: Table, mapping: ColumnMapping, columns: readonly string[], defaults: ImportDefaults): AsyncGenerator<DraftOrProblem> {
  if (table.problem !== null) yield { draft: null, problem: { location: table.name, ...table.problem } }
  const extras = columns.filter(name => (extraColumns as readonly string[]).includes(name.toLowerCase()))
  const needed = new Set([...columnsOf(mapping), ...extras])
  for await (const { location, values, problem } of table.rows(needed)) {
    yield values === null ? { draft: null, problem: { location, ...problem } } : toDraft(location, values, mapping, defaults, table.pictureDir)
  }
}

const latinProblem: RowProblem = {
  code: 'encoding',
  reason: 'The file is not valid UTF-8 and was read as Latin-1 (Windows-1252). Check letters with accents; if they are wrong, save it as UTF-8 and import again.',
}

function textTable(kind: 'csv' | 'tsv' | 'jsonl' | 'json') {
  return async (path: string): Promise<Table> => {
    const name = basename(path)
    const encoding = kind === 'json' ? 'utf-8' : await detectEncoding(path)
    const rows = (): ReturnType<Table['rows']> => {
      if (kind === 'json') return readJsonListRows(path, name)
      return kind === 'jsonl' ? readJsonlRows(path, name, encoding) : readCsvRows(path, name, encoding, kind === 'tsv' ? '\t' : null)
    }
    const isCountable = (await stat(path)).size <= countableBytes
    return { path, name, pictureDir: dirname(path), problem: encoding === 'windows-1252' ? latinProblem : null, isCountable, enoughRows: 1000, knownRowCount: null, rows }
  }
}

const hasExtension = (...extensions: string[]) => (look: SourceLook): boolean => !look.isFolder && extensions.includes(look.extension)

export const csvReader = tableReader({ kind: 'csv', label: 'CSV table', mayRead: hasExtension('.csv'), openTable: textTable('csv') })
export const tsvReader = tableReader({ kind: 'tsv', label: 'Tab-separated table', mayRead: hasExtension('.tsv', '.tab'), openTable: textTable('tsv') })
export const jsonlReader = tableReader({ kind: 'jsonl', label: 'JSON lines', mayRead: hasExtension('.jsonl', '.ndjson'), openTable: textTable('jsonl') })
/** Any list of objects; the forms with a meaning of their own are recognised before it. */
export const jsonListReader = tableReader({
  kind: 'json', label: 'JSON list of objects', openTable: textTable('json'), mayRead: hasExtension('.json'),
  recognises: look => look.extension === '.json' && look.firstElements.some(({ key, value }) => key === null && typeof value === 'object' && value !== null),
})
