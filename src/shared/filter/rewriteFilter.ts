// How a click rewrites the text of a filter: a term is set, changed or taken away, and the rest stays as it means. Only
// terms that all pairs must fulfil are touched, not those below OR, NOT or parentheses.
import { allOf, formatFilter } from './formatFilter'
import { everything, partsOf, type FilterNode } from './filterTree'
import { termOf, type TermName } from './filterTerms'
import { parseFilter } from './parseFilter'

const isTerm = (node: FilterNode, name: TermName): boolean => node.kind === 'term' && node.name === name

/** The tree without the terms of a name that every pair must fulfil. */
export function withoutTermIn(node: FilterNode, name: TermName): FilterNode {
  return allOf(partsOf(node).filter((part) => !isTerm(part, name)))
}

/** The single numbers that a term asks for, wherever it stands. */
export function numbersOfTerm(node: FilterNode, name: TermName): number[] {
  if (node.kind === 'not') return numbersOfTerm(node.node, name)
  if (node.kind !== 'term') return node.nodes.flatMap((part) => numbersOfTerm(part, name))
  return node.name === name && node.test.kind === 'numbers' ? node.test.ranges.flatMap(({ from, to }) => (from !== null && from === to ? [from] : [])) : []
}

/** Null where the text is no filter: then nothing can be told about its terms. */
const treeOf = (text: string): FilterNode | null => parseFilter(text).value

/** The words of a term that every pair must fulfil; empty when there is none. */
export function wordsOfTerm(text: string, name: TermName): string[] {
  const parts = partsOf(treeOf(text) ?? everything)
  return parts.flatMap((part) => (part.kind === 'term' && part.name === name && part.test.kind === 'words' ? part.test.words : []))
}

/** Replaces every term of this name by one with these words; none takes the term away. A text that is no filter is given up. */
export function withTerm(text: string, name: TermName, words: readonly string[]): string {
  const rest = withoutTermIn(treeOf(text) ?? everything, name)
  return formatFilter(words.length === 0 ? rest : allOf([rest, { kind: 'term', name, test: { kind: 'words', words: [...words] } }]))
}

export const withoutTerm = (text: string, name: TermName): string => withTerm(text, name, [])

/** Puts a word into the list of a term, or takes it out. */
export function withWordToggled(text: string, name: TermName, word: string): string {
  const words = wordsOfTerm(text, name)
  return withTerm(text, name, words.includes(word) ? words.filter((other) => other !== word) : [...words, word])
}

const isLeavingOut = (node: FilterNode, name: TermName): boolean => node.kind === 'not' && isTerm(node.node, name)

/** The words of a term that no pair may fulfil; empty when there is none. */
export function wordsLeftOut(text: string, name: TermName): string[] {
  return partsOf(treeOf(text) ?? everything).flatMap((part) => (part.kind === 'not' && part.node.kind === 'term' && part.node.name === name && part.node.test.kind === 'words' ? part.node.test.words : []))
}

/** Leaves the pairs of a word out, or takes that away where it was so. The word is not asked for at the same time. */
export function withWordLeftOut(text: string, name: TermName, word: string): string {
  const before = wordsLeftOut(text, name)
  const words = before.includes(word) ? before.filter((other) => other !== word) : [...before, word]
  const asked = withTerm(text, name, wordsOfTerm(text, name).filter((other) => other !== word))
  const rest = partsOf(treeOf(asked) ?? everything).filter((part) => !isLeavingOut(part, name))
  return formatFilter(allOf(words.length === 0 ? rest : [...rest, { kind: 'not', node: { kind: 'term', name, test: { kind: 'words', words } } }]))
}

/** Adds terms written in the language, for example `score<0.2`, in the place of those of the same names. */
export function withFilter(text: string, added: string): string {
  const node = treeOf(added)
  if (node === null) return text
  const names = partsOf(node).flatMap((part) => (part.kind === 'term' && termOf(part.name).kind !== 'text' ? [part.name] : []))
  const rest = names.reduce(withoutTermIn, treeOf(text) ?? everything)
  return formatFilter(allOf([rest, node]))
}
