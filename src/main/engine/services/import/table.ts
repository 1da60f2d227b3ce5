// Anything with rows and columns, and a look at its beginning.
import type { Cell, RowProblem, TableRow } from './sourceRow'

export interface Table {
  path: string
  name: string
  /** Where relative picture paths start. */
  pictureDir: string
  /** Of the whole file, listed before its rows. */
  problem: RowProblem | null
  /** Whether reading to the end takes about a second. */
  isCountable: boolean
  /** As many rows show all columns that are commonly there. */
  enoughRows: number
  /** Null when it is not known without reading. */
  knownRowCount: number | null
  /** Reads from the beginning at every call. @param columns those that are needed; all when left out */
  rows(columns?: ReadonlySet<string>): AsyncGenerator<TableRow>
}

export interface TableScan {
  columns: string[]
  sampleRows: Record<string, Cell>[]
  /** Null when the reading stopped before the end. */
  rowCount: number | null
  /** Reasons of the first rows that cannot be used. */
  sampleProblems: string[]
}

const sampleCount = 20
const problemCount = 5

/**
 * Reads enough to know the columns: to the end where the file is small, otherwise until `wanted` columns were all seen,
 * because the lines of a JSONL file need not have the same ones.
 * Where pictures lie in the rows, a few rows are enough.
 */
export async function scanTable(table: Table, wanted: readonly string[] = []): Promise<TableScan> {
  const columns = new Set<string>()
  const sampleRows: Record<string, Cell>[] = []
  const sampleProblems: string[] = []
  let rowCount = 0
  for await (const row of table.rows()) {
    rowCount++
    if (row.values === null) {
      if (sampleProblems.length < problemCount) sampleProblems.push(`${row.location}: ${row.problem.reason}`)
      continue
    }
    for (const name of Object.keys(row.values)) columns.add(name)
    if (sampleRows.length < sampleCount) sampleRows.push(row.values)
    const hasEnough = rowCount >= table.enoughRows && wanted.every(name => columns.has(name))
    if (!table.isCountable && hasEnough) return { columns: [...columns], sampleRows, sampleProblems, rowCount: table.knownRowCount }
  }
  return { columns: [...columns], sampleRows, sampleProblems, rowCount }
}
