// Comma- and tab-separated tables, read in blocks: memory does not grow with the file. Rows are counted as a spreadsheet
// shows them, the header being row 1.
import { Readable } from 'node:stream'
import Papa from 'papaparse'
import type { TableRow } from './sourceRow'
import { readTextBlocks, type TextEncoding } from './textEncoding'

interface ParsedRow {
  cells: string[]
  brokenQuotes: boolean
}

/** Parsed rows waiting to be consumed; the next block of text is held back until they are. */
class RowQueue {
  readonly rows: ParsedRow[] = []
  #isDone = false
  #failure: Error | null = null
  #wake: (() => void)[] = []

  get isDone(): boolean {
    return this.#isDone
  }

  add(rows: readonly ParsedRow[]): void {
    for (const row of rows) this.rows.push(row)
    this.notify()
  }

  end(failure: Error | null): void {
    this.#isDone = true
    this.#failure = failure
    this.notify()
  }

  notify(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }

  changed(): Promise<void> {
    return new Promise(resolve => this.#wake.push(resolve))
  }

  throwFailure(): void {
    if (this.#failure !== null) throw this.#failure
  }
}

async function* heldBack(blocks: AsyncIterable<string>, queue: RowQueue): AsyncGenerator<string> {
  for await (const block of blocks) {
    yield block
    while (queue.rows.length > 0 && !queue.isDone) await queue.changed()
  }
}

async function* parseRows(blocks: AsyncIterable<string>, delimiter: string): AsyncGenerator<ParsedRow> {
  const queue = new RowQueue()
  const stream = Readable.from(heldBack(blocks, queue), { highWaterMark: 1 })
  Papa.parse<string[]>(stream, {
    delimiter,
    chunk: ({ data, errors }) => {
      const broken = new Set(errors.filter(error => error.type === 'Quotes').map(error => error.row))
      queue.add(data.map((cells, index) => ({ cells, brokenQuotes: broken.has(index) })))
    },
    complete: () => queue.end(null),
    error: (error: Error) => queue.end(error),
  })
  try {
    for (;;) {
      while (queue.rows.length === 0 && !queue.isDone) await queue.changed()
      const rows = queue.rows.slice()
      yield* rows
      queue.rows.splice(0, rows.length)
      queue.notify()
      if (queue.isDone && queue.rows.length === 0) break
    }
    queue.throwFailure()
  } finally {
    // The reader may stop early; then the stream must let go of the file.
    queue.end(null)
    stream.destroy()
  }
}

/** Column names, with names for nameless columns and numbers for repeated ones, so that each can be chosen. */
export function toColumnNames(cells: readonly string[]): string[] {
  const names: string[] = []
  cells.forEach((cell, index) => {
    const wanted = cell.trim() === '' ? `column ${index + 1}` : cell.trim()
    let name = wanted
    for (let number = 2; names.includes(name); number++) name = `${wanted} (${number})`
    names.push(name)
  })
  return names
}

/** The separator that gives the most rows the length of the header, and among equals the most columns. */
async function guessDelimiter(blocks: AsyncIterable<string>): Promise<string> {
  for await (const block of blocks) {
    const tried = [',', ';', '\t', '|'].map(delimiter => {
      const rows = Papa.parse<string[]>(block, { delimiter, preview: 20, skipEmptyLines: 'greedy' }).data
      const columnCount = rows[0]?.length ?? 0
      return { delimiter, columnCount, regularCount: rows.filter(row => row.length === columnCount).length }
    })
    const usable = tried.filter(({ columnCount }) => columnCount > 1)
    return usable.sort((a, b) => b.regularCount - a.regularCount || b.columnCount - a.columnCount)[0]?.delimiter ?? ','
  }
  return ','
}

const isBlank = (cells: readonly string[]): boolean => cells.every(cell => cell.trim() === '')

/** @param knownDelimiter null to find it from the first rows */
export async function* readCsvRows(path: string, fileName: string, encoding: TextEncoding, knownDelimiter: string | null): AsyncGenerator<TableRow> {
  const delimiter = knownDelimiter ?? (await guessDelimiter(readTextBlocks(path, encoding)))
  let columns: string[] | null = null
  let number = 0
  for await (const { cells, brokenQuotes } of parseRows(readTextBlocks(path, encoding), delimiter)) {
    number++
    if (isBlank(cells)) continue
    if (columns === null) {
      columns = toColumnNames(cells)
      continue
    }
    const location = `${fileName}, row ${number}`
    const reason = brokenQuotes ? 'A quotation mark is never closed or stands inside a cell; the row cannot be told apart from its neighbours.' : surplusReason(cells, columns.length)
    if (reason !== null) yield { location, values: null, problem: { code: 'broken-row', reason } }
    else yield { location, values: Object.fromEntries(columns.map((name, index) => [name, cells[index] ?? ''])), problem: null }
  }
}

function surplusReason(cells: readonly string[], columnCount: number): string | null {
  if (isBlank(cells.slice(columnCount))) return null
  return `The row has ${cells.length} cells, but the table has ${columnCount} columns. Put text that contains the separator in quotation marks.`
}
