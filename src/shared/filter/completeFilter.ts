// What could stand at the caret of a filter: names of terms, then their values.
import { filterTerms, isTermName, termNames, termOf, type TermName } from './filterTerms'
import { tokenizeFilter, type FilterToken } from './tokenizeFilter'

export interface FilterSuggestion {
  /** Takes the place of the characters from `start` to `end`. */
  text: string
  label: string
  doc: string
}

export interface FilterCompletion {
  start: number
  end: number
  suggestions: FilterSuggestion[]
}

/** Values that only the project knows, by term. */
export type KnownValues = Partial<Record<TermName, readonly string[]>>

const most = 12
const days = ['today', 'yesterday', '7d', '30d']

export function completeFilter(text: string, caret: number, known: KnownValues = {}): FilterCompletion {
  const token = tokenizeFilter(text).find(({ start, end }) => start < caret && caret <= end)
  if (token?.kind === 'term') return completeValue(token, caret, known)
  const isName = token === undefined || token.kind === 'word'
  const start = token?.kind === 'word' ? token.start : caret
  const typed = text.slice(start, caret).toLowerCase()
  const names = isName ? termNames.filter((name) => name.startsWith(typed)) : []
  return { start, end: token?.kind === 'word' ? token.end : caret, suggestions: names.map((name) => ({ text: `${name}${termOf(name).kind === 'number' ? '<' : ':'}`, label: name, doc: filterTerms[name].doc })) }
}

function completeValue(token: FilterToken, caret: number, known: KnownValues): FilterCompletion {
  const value = token.values?.find(({ start, end }) => start <= caret && caret <= end)
  if (!value || !isTermName(token.text)) return { start: caret, end: caret, suggestions: [] }
  const term = termOf(token.text)
  const typed = value.text.toLowerCase()
  const values = known[token.text] ?? term.values ?? (term.kind === 'date' ? days : [])
  const taken = new Set(token.values?.filter((other) => other !== value).map((other) => other.text))
  const fitting = values.filter((word) => word.toLowerCase().includes(typed) && !taken.has(word))
  fitting.sort((first, second) => Number(second.toLowerCase().startsWith(typed)) - Number(first.toLowerCase().startsWith(typed)))
  return {
    start: value.start, end: value.end,
    suggestions: fitting.slice(0, most).map((word) => ({ text: /^[^\s"(),\\]+$/.test(word) ? word : `"${word.replace(/["\\]/g, '\\$&')}"`, label: word, doc: term.doc })),
  }
}

/** The text with a suggestion in it, and the caret behind it. */
export function applySuggestion(text: string, { start, end }: FilterCompletion, { text: inserted }: FilterSuggestion): { text: string; caret: number } {
  return { text: `${text.slice(0, start)}${inserted}${text.slice(end)}`, caret: start + inserted.length }
}
