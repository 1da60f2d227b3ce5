// Turns a partial object into `SET a = ?, b = ?`. Column names come from a fixed list, never from the object.
import type { SqlValue } from './database'

export interface Patch {
  assignments: string
  values: SqlValue[]
}

/** Null when the patch changes nothing. Objects and arrays are kept as JSON; undefined means “leave as it is”. */
export function toPatch<Row extends object>(columns: readonly (keyof Row & string)[], change: Partial<Row>): Patch | null {
  const changed = columns.filter(name => change[name] !== undefined)
  if (changed.length === 0) return null
  return { assignments: changed.map(name => `${name} = ?`).join(', '), values: changed.map(name => toSql(change[name])) }
}

function toSql(value: unknown): SqlValue {
  if (typeof value === 'string' || typeof value === 'number' || value === null) return value
  if (typeof value === 'boolean') return value ? 1 : 0
  return JSON.stringify(value)
}
