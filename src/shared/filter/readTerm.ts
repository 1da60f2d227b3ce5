// What the value of a term means, by the kind of the term.
import { isTermName, termNames, termOf } from './filterTerms'
import type { FilterRange, TermNode, TermTest } from './filterTree'
import type { FilterToken, FilterValue } from './tokenizeFilter'

/** Where a filter cannot be understood, what was expected there, and what to write instead. */
export interface FilterProblem {
  /** The characters that are meant: the first, and the one behind the last. */
  start: number
  end: number
  message: string
  advice: string
}

export type Read<T> = { value: T; problem: null } | { value: null; problem: FilterProblem }

export const found = <T>(value: T): Read<T> => ({ value, problem: null })

export function fail(place: { start: number; end: number }, message: string, advice: string): { value: null; problem: FilterProblem } {
  return { value: null, problem: { start: place.start, end: place.end, message, advice } }
}

const list = (words: readonly string[]): string => words.join(', ')

export function readTerm(token: FilterToken): Read<TermNode> {
  const { text: name, operator = ':', values = [] } = token
  if (!isTermName(name)) {
    return fail({ start: token.start, end: token.start + name.length }, `There is no term “${name}”.`,
      `Terms are ${list(termNames)}. To search for these characters, put them in quotes.`)
  }
  const term = termOf(name)
  const empty = values.find((value) => value.text.trim() === '')
  if (empty) return fail({ start: token.start, end: token.end }, `“${name}” has no value.`, `Write for example ${term.example}.`)
  const isOrdered = term.kind === 'number' || term.kind === 'integer' || term.kind === 'date'
  if (!isOrdered && operator !== ':' && operator !== '=') return fail(token, `“${name}” cannot be compared by ${operator}.`, `Write for example ${term.example}.`)
  if (values.length > 1 && operator !== ':' && operator !== '=') return fail(token, `A comparison by ${operator} takes one value, not ${values.length}.`, `Write for example ${term.example}.`)
  const test = isOrdered ? readRanges(name, term.kind as OrderedKind, operator, values) : readWords(name, values)
  return test.value ? found({ kind: 'term', name, test: test.value }) : test
}

function readWords(name: TermNode['name'], values: readonly FilterValue[]): Read<TermTest> {
  const term = termOf(name)
  if (term.kind === 'text') {
    const isPhrase = values.some((value) => value.isQuoted)
    return found({ kind: isPhrase ? 'phrase' : 'beginning', text: values.map((value) => value.text).join(isPhrase ? ' ' : ',') })
  }
  if (term.kind === 'tag') return found({ kind: 'words', words: [...new Set(values.map((value) => value.text.trim()))] })
  const known = term.values ?? []
  const words = values.map((value) => value.text.toLowerCase())
  const wrong = values.find((value) => !known.includes(value.text.toLowerCase()))
  return wrong ? fail(wrong, `“${name}” is never “${wrong.text}”.`, `It takes ${list(known)}.`) : found({ kind: 'words', words: [...new Set(words)] })
}

type OrderedKind = 'number' | 'integer' | 'date'

const expected: Record<OrderedKind, string> = {
  number: 'a number such as 0.25, or a range such as 0.2..0.4',
  integer: 'a whole number such as 12, or a range such as 10..20',
  date: 'a day such as 2026-11-24, today, yesterday or 3d (three days ago), or a range such as 2026-11-01..today',
}

function readRanges(name: string, kind: OrderedKind, operator: string, values: readonly FilterValue[]): Read<TermTest> {
  const ranges: FilterRange<number | string>[] = []
  for (const value of values) {
    const range = readRange(kind, operator, value.text.trim())
    if (range === null) return fail(value, `“${name}${operator}${value.text}” is not understood.`, `Write ${expected[kind]}.`)
    ranges.push(range)
  }
  return found(kind === 'date' ? { kind: 'days', ranges: ranges as FilterRange<string>[] } : { kind: 'numbers', ranges: ranges as FilterRange<number>[] })
}

function readRange(kind: OrderedKind, operator: string, text: string): FilterRange<number | string> | null {
  const bound = (part: string): number | string | null => (kind === 'date' ? readDay(part) : readNumber(part, kind === 'integer'))
  if (operator === ':' || operator === '=') {
    const dots = text.indexOf('..')
    const [first, last] = dots < 0 ? [text, text] : [text.slice(0, dots), text.slice(dots + 2)]
    if (first === '' && last === '') return null
    const from = first === '' ? null : bound(first)
    const to = last === '' ? null : bound(last)
    return (first !== '' && from === null) || (last !== '' && to === null) ? null : { from, to }
  }
  const value = bound(text)
  if (value === null) return null
  if (operator === '<') return { from: null, to: value, isBelowTo: true }
  if (operator === '<=') return { from: null, to: value }
  return operator === '>' ? { from: value, to: null, isAboveFrom: true } : { from: value, to: null }
}

function readNumber(text: string, isWhole: boolean): number | null {
  if (!(isWhole ? /^\d{1,15}$/ : /^[-−]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})$/).test(text)) return null
  // −0 would be written back as 0.
  return Number(text.replace('−', '-')) || 0
}

function readDay(text: string): string | null {
  const word = text.toLowerCase()
  if (word === 'today' || word === 'yesterday' || /^\d{1,5}d$/.test(word)) return word
  if (!/^\d{4}-\d{2}-\d{2}$/.test(word)) return null
  const time = Date.parse(`${word}T00:00:00Z`)
  return Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== word ? null : word
}
