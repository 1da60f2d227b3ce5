// What the readers of tables yield: a row by column name, or the reason why a row cannot be used.
import { describeImage, type ImageSource } from './imageSource'

export interface RowProblem {
  code: string
  reason: string
}

/** Text as it stands, or a picture that lies in the table itself (Parquet, archives). */
export type Cell = string | ImageSource

export type TableRow =
  | { location: string; values: Record<string, Cell>; problem: null }
  | { location: string; values: null; problem: RowProblem }

export const describeCell = (cell: Cell): string => (typeof cell === 'string' ? cell : describeImage(cell))
