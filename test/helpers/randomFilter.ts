// Filters at random: text that is often nearly one, and trees that a person could mean.
import { termNames, termOf, type TermName } from '../../src/shared/filter/filterTerms'
import type { FilterNode, FilterRange, TermTest } from '../../src/shared/filter/filterTree'

type Random = () => number

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)]!

const pieces = [
  ...termNames.map((name) => `${name}:`), 'status:accepted', 'score<', '>=', '0.2', '..', '-', '(', ')', '"', '\\', ',', ' ', '  ', 'OR', 'AND', 'NOT', 'red', 'café',
  'tag:', 'a b', '\0', '😀', '\n', ':', '=', '<', '2026-11-24', 'today', '3d', "'; DROP TABLE pairs; --", 'NEAR(', '*', '^', '{', '%', '_',
] as const

export const randomFilterText = (random: Random): string =>
  Array.from({ length: Math.floor(random() * 9) }, () => pick(random, pieces) + (random() < 0.4 ? ' ' : '')).join('')

/** Words that occur in the texts of tests, and some that do not. */
export const vocabulary = ['red', 'blue', 'circle', 'square', 'café', 'item', 'a', 'zeppelin', 're', 'naïve', 'green'] as const
export const tagNames = ['odd', 'even', 'two words', 'quote"d', 'comma,tag', '-dash', 'OR'] as const

function randomRange<Bound>(random: Random, bound: () => Bound, isBelow: (first: Bound, second: Bound) => boolean): FilterRange<Bound> {
  const kind = random()
  if (kind < 0.2) return { from: null, to: bound(), isBelowTo: true }
  if (kind < 0.4) return { from: bound(), to: null, isAboveFrom: true }
  if (kind < 0.5) return { from: bound(), to: null }
  const first = bound()
  const second = bound()
  return isBelow(first, second) ? { from: first, to: second } : { from: second, to: first }
}

function randomTest(random: Random, name: TermName): TermTest {
  const term = termOf(name)
  if (term.kind === 'text') {
    const isPhrase = random() < 0.5
    return isPhrase ? { kind: 'phrase', text: `${pick(random, vocabulary)} ${pick(random, vocabulary)}` } : { kind: 'beginning', text: pick(random, vocabulary) }
  }
  if (term.kind === 'choice' || term.kind === 'tag') {
    const from: readonly string[] = term.kind === 'tag' ? tagNames : (term.values ?? [])
    return { kind: 'words', words: [...new Set([pick(random, from), ...(random() < 0.3 ? [pick(random, from)] : [])])] }
  }
  if (term.kind === 'date') return { kind: 'days', ranges: [randomRange(random, () => pick(random, ['today', 'yesterday', '3d', '400d']), (first, second) => daysAgo(first) > daysAgo(second))] }
  const highest = name === 'score' ? 1 : name === 'group' || name === 'import' ? 6 : name === 'length' ? 60 : 400
  const bound = (): number => (name === 'sharpness' || name === 'brightness' || name === 'contrast' ? Math.round(random() * 100) : term.kind === 'number' ? Math.round((random() * 2 - 1) * 100) / 100 : Math.floor(random() * highest))
  return { kind: 'numbers', ranges: [randomRange(random, bound, (first, second) => first < second)] }
}

const daysAgo = (day: string): number => (day === 'today' ? 0 : day === 'yesterday' ? 1 : Number(day.slice(0, -1)))

export function randomTree(random: Random, depth: number): FilterNode {
  const kind = depth === 0 ? 1 : random()
  if (kind > 0.5) {
    const name = pick(random, termNames)
    return { kind: 'term', name, test: randomTest(random, name) }
  }
  if (kind < 0.12) return { kind: 'not', node: randomTree(random, depth - 1) }
  return { kind: kind < 0.32 ? 'and' : 'or', nodes: Array.from({ length: 2 + Math.floor(random() * 2) }, () => randomTree(random, depth - 1)) }
}
