// The text of a filter cut into coloured spans. Joined again the spans are the text, character for character, because they lie
// exactly under the field in which it is typed.
import { isTermName } from '@shared/filter/filterTerms'
import type { FilterProblem } from '@shared/filter/readTerm'
import { tokenizeFilter, type FilterToken } from '@shared/filter/tokenizeFilter'

export type SpanKind = 'plain' | 'name' | 'unknown' | 'value' | 'quoted' | 'operator'

export interface FilterSpan {
  text: string
  kind: SpanKind
  isWrong: boolean
}

const operators = new Set(['AND', 'OR', 'NOT'])

function kindsOf(token: FilterToken): { start: number; end: number; kind: SpanKind }[] {
  if (token.kind === 'term') {
    const nameEnd = token.start + token.text.length
    return [{ start: token.start, end: nameEnd, kind: isTermName(token.text) ? 'name' : 'unknown' }, { start: nameEnd, end: token.end, kind: 'value' }]
  }
  const kind = token.kind === 'quoted' ? 'quoted' : token.kind !== 'word' || operators.has(token.text) ? 'operator' : 'plain'
  return [{ start: token.start, end: token.end, kind }]
}

/** @param problem what is wrong and where; null where the filter is understood */
export function spansOf(text: string, problem: FilterProblem | null): FilterSpan[] {
  const kinds = tokenizeFilter(text).flatMap(kindsOf)
  // At the end of the text there is nothing to underline: the last character stands for it.
  const wrong = problem && { start: Math.min(problem.start, text.length - 1), end: Math.max(problem.end, problem.start + 1) }
  const cuts = [...new Set([0, text.length, ...kinds.flatMap(({ start, end }) => [start, end]), ...(wrong ? [wrong.start, Math.min(wrong.end, text.length)] : [])])].sort((a, b) => a - b)
  return cuts.slice(1).map((end, index) => {
    const start = cuts[index]!
    return {
      text: text.slice(start, end),
      kind: kinds.find((part) => part.start <= start && end <= part.end)?.kind ?? 'plain',
      isWrong: wrong !== null && start >= wrong.start && end <= wrong.end,
    }
  })
}
