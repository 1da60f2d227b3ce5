// Which pairs a bulk act means, and which of them it would change, as conditions on a row `p` of pairs.
import type { PairChange, PairScope } from '../../../shared/contract/pairs'
import { allOf, toCondition, type Condition } from './filterSql'

const amongIds = (ids: readonly number[]): Condition => ({ sql: 'p.id IN (SELECT value FROM json_each(?))', values: [JSON.stringify(ids)] })

/** @throws AppError 'bad-input' when the filter is none */
export function scopeCondition(scope: PairScope): Condition {
  if ('ids' in scope) return amongIds(scope.ids)
  if (scope.except.length === 0) return toCondition(scope.filter)
  const except = amongIds(scope.except)
  return allOf([toCondition(scope.filter), { ...except, sql: `NOT (${except.sql})` }])
}

/** Pairs that are not yet as wanted. */
export function changeCondition(change: PairChange): Condition {
  if (change.kind === 'status') return { sql: 'p.status <> ?', values: [change.status] }
  if (change.kind === 'split') return { sql: 'p.split <> ?', values: [change.split] }
  return { sql: `${change.kind === 'addTag' ? 'NOT ' : ''}EXISTS (SELECT 1 FROM pairTags t WHERE t.pairId = p.id AND t.tag = ?)`, values: [change.tag] }
}
