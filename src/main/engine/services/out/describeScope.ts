// A scope in words, for cards and manifests.
import type { PairScope } from '../../../../shared/contract/pairs'

const counted = (count: number): string => `${count.toLocaleString('en')} ${count === 1 ? 'pair' : 'pairs'}`

export function describeScope(scope: PairScope): string {
  if ('ids' in scope) return `a selection of ${counted(scope.ids.length)}`
  const query = scope.filter.query.trim()
  const all = query === '' ? 'all pairs' : `pairs that match ${query}`
  return scope.except.length === 0 ? all : `${all}, but for ${counted(scope.except.length)}`
}
