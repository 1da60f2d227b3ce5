// What the list below the filter offers: terms and values that complete the text, with how many pairs each would give; where
// the field is empty, filters that were saved or used before.
import type { Facets, SavedFilter } from '@shared/contract/pairs'
import { applySuggestion, completeFilter } from '@shared/filter/completeFilter'
import { tokenizeFilter } from '@shared/filter/tokenizeFilter'

export interface FilterChoice {
  key: string
  label: string
  doc: string
  /** Null where it is not counted. */
  count: number | null
  group: 'Terms' | 'Values' | 'Saved' | 'Recent'
  /** The text and the caret after it is taken. */
  text: string
  caret: number
}

function countOf(facets: Facets | null, term: string | null, value: string): number | null {
  if (!facets || term === null) return null
  if (term === 'tag') return facets.tags.find(({ tag }) => tag === value)?.count ?? 0
  if (term !== 'status' && term !== 'split' && term !== 'task') return null
  return (facets[term] as Record<string, number>)[value] ?? 0
}

export function completions(text: string, caret: number, facets: Facets | null): FilterChoice[] {
  const completion = completeFilter(text, caret, { tag: facets?.tags.map(({ tag }) => tag) ?? [] })
  const token = tokenizeFilter(text).find(({ start, end }) => start < caret && caret <= end)
  const term = token?.kind === 'term' ? token.text : null
  return completion.suggestions
    // What is there already completes nothing.
    .filter((suggestion) => suggestion.text !== text.slice(completion.start, completion.end))
    .map((suggestion) => ({
      key: suggestion.label, label: suggestion.label, doc: term === null ? suggestion.doc : '', count: countOf(facets, term, suggestion.label),
      group: term === null ? 'Terms' as const : 'Values' as const, ...applySuggestion(text, completion, suggestion),
    }))
}

export function beginnings(saved: readonly SavedFilter[], recent: readonly string[]): FilterChoice[] {
  const whole = (key: string, label: string, doc: string, group: FilterChoice['group'], text: string): FilterChoice => ({ key, label, doc, count: null, group, text, caret: text.length })
  return [
    ...saved.map(({ id, name, filter }) => whole(`saved ${id}`, name, filter.query, 'Saved', filter.query)),
    ...recent.map((query) => whole(`recent ${query}`, query, '', 'Recent', query)),
  ]
}
