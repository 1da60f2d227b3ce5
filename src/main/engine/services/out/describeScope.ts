// A scope in words, for cards and manifests.
import type { DataScope } from '../../../../shared/contract/exports'

export function describeScope(scope: DataScope): string {
  if ('ids' in scope) return `a selection of ${scope.ids.length.toLocaleString('en')} ${scope.ids.length === 1 ? 'pair' : 'pairs'}`
  const words = Object.entries(scope.filter).filter(([, value]) => value !== null && value !== '').map(([name, value]) => `${name}:${JSON.stringify(value)}`)
  return words.length === 0 ? 'all pairs' : `pairs that match ${words.join(' ')}`
}
