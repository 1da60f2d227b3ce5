// Filters that the program itself asks for, from values instead of text.
import { formatFilter, allOf } from './formatFilter'
import type { TermNode } from './filterTree'
import type { TermName } from './filterTerms'

/** Terms that take words, by name; null and undefined ask nothing. */
export type AskedWords = Partial<Record<TermName, string | readonly string[] | null>>

export function filterOf(asked: AskedWords = {}): { query: string } {
  const nodes = (Object.entries(asked) as [TermName, AskedWords[TermName]][]).flatMap(([name, words]): TermNode[] =>
    (words === null || words === undefined ? [] : [{ kind: 'term', name, test: { kind: 'words', words: typeof words === 'string' ? [words] : [...words] } }]))
  return { query: formatFilter(allOf(nodes)) }
}
