// Which pairs a bulk act means, as a condition on a row `p` of pairs.
import type { PairScope } from '../../../shared/contract/pairs'
import { allOf, toCondition, type Condition } from './filterSql'

const amongIds = (ids: readonly number[]): Condition => ({ sql: 'p.id IN (SELECT value FROM json_each(?))', values: [JSON.stringify(ids)] })

/** @throws AppError 'bad-input' when the filter is none */
export function scopeCondition(scope: PairScope): Condition {
  if ('ids' in scope) return amongIds(scope.ids)
  if (scope.except.length === 0) return toCondition(scope.filter)
  const except = amongIds(scope.except)
  return allOf([toCondition(scope.filter), { ...except, sql: `NOT (${except.sql})` }])
}
