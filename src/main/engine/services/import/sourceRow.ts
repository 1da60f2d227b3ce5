// What the readers of tables yield: a row by column name, or the reason why a row cannot be used.
export interface RowProblem {
  code: string
  reason: string
}

export type TableRow =
  | { location: string; values: Record<string, string>; problem: null }
  | { location: string; values: null; problem: RowProblem }
