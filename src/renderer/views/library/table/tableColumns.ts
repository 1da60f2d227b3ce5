// The columns of the table: what each shows, how wide it begins, and the orders that a click on its head goes through.
import type { PairSort } from '@shared/contract/pairs'

export const columnNames = ['pictures', 'left', 'right', 'status', 'score', 'split', 'task', 'tags', 'group', 'updated', 'id'] as const
export type ColumnName = (typeof columnNames)[number]

export interface TableColumn {
  label: string
  widthPx: number
  /** Aligned right and with figures of one width. */
  isNumber?: boolean
  /** The order of a first click and the one of a second. */
  sorts?: readonly [PairSort, PairSort]
}

export const tableColumns: Record<ColumnName, TableColumn> = {
  pictures: { label: 'Pictures', widthPx: 96 },
  left: { label: 'Left text', widthPx: 280 },
  right: { label: 'Right text', widthPx: 280 },
  status: { label: 'Status', widthPx: 104 },
  score: { label: 'Score', widthPx: 76, isNumber: true, sorts: ['lowest-score', 'highest-score'] },
  split: { label: 'Split', widthPx: 92 },
  task: { label: 'Task', widthPx: 92 },
  tags: { label: 'Tags', widthPx: 150 },
  group: { label: 'Group', widthPx: 76, isNumber: true },
  updated: { label: 'Changed', widthPx: 110 },
  id: { label: 'Number', widthPx: 84, isNumber: true, sorts: ['oldest', 'newest'] },
}

export const defaultColumns: readonly ColumnName[] = ['pictures', 'left', 'right', 'status', 'score', 'split', 'task', 'tags', 'id']
export const narrowestPx = 48
export const widestPx = 900

/** What a person has made of the columns; kept in the browser. */
export interface ColumnChoice {
  shown: ColumnName[]
  widths: Partial<Record<ColumnName, number>>
}

const isColumn = (name: unknown): name is ColumnName => (columnNames as readonly unknown[]).includes(name)

export function isColumnChoice(value: unknown): value is ColumnChoice {
  const { shown, widths } = (value ?? {}) as Partial<Record<keyof ColumnChoice, unknown>>
  return Array.isArray(shown) && shown.length > 0 && shown.every(isColumn) && typeof widths === 'object' && widths !== null
    && Object.entries(widths).every(([name, width]) => isColumn(name) && typeof width === 'number' && width >= narrowestPx && width <= widestPx)
}

/** The choice with a column shown or hidden; columns keep their usual order, and the last one stays. */
export function toggleColumn({ shown, widths }: ColumnChoice, name: ColumnName): ColumnChoice {
  const next = shown.includes(name) ? shown.filter((other) => other !== name) : columnNames.filter((other) => other === name || shown.includes(other))
  return next.length ? { shown: next, widths } : { shown, widths }
}

export const clampWidth = (widthPx: number): number => Math.round(Math.min(widestPx, Math.max(narrowestPx, widthPx)))

/** The order that a click on a column's head leads to. */
export function nextSort(column: TableColumn, current: PairSort): PairSort {
  const [first, second] = column.sorts ?? [current, current]
  return current === first ? second : first
}

/** As screen readers are told. */
export function ariaSort(column: TableColumn, current: PairSort): 'ascending' | 'descending' | 'none' | undefined {
  if (!column.sorts) return undefined
  return current === column.sorts[0] ? 'ascending' : current === column.sorts[1] ? 'descending' : 'none'
}
