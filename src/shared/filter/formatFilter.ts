// From a tree to the text that a person could have written. Parsing that text gives the same tree again.
import { everything, partsOf, type FilterNode, type FilterRange, type TermNode } from './filterTree'

export function formatFilter(node: FilterNode): string {
  if (node.kind === 'term') return formatTerm(node)
  if (node.kind === 'not') return node.node.kind === 'not' ? `NOT ${formatFilter(node.node)}` : `-${formatPart(node.node)}`
  return node.nodes.map(node.kind === 'and' ? formatPart : formatAlternative).join(node.kind === 'and' ? ' ' : ' OR ')
}

const formatPart = (node: FilterNode): string => (node.kind === 'and' || node.kind === 'or' ? `(${formatFilter(node)})` : formatFilter(node))
const formatAlternative = (node: FilterNode): string => (node.kind === 'or' ? formatPart(node) : formatFilter(node))

function formatTerm({ name, test }: TermNode): string {
  if (test.kind === 'words') return `${name}:${test.words.map(quoteWhereNeeded).join(',')}`
  if ('text' in test) return formatText(name, test)
  const ranges: FilterRange<number | string>[] = test.ranges
  const single = ranges.length === 1 ? formatComparison(ranges[0]!) : null
  return `${name}${single ?? `:${ranges.map(formatRange).join(',')}`}`
}

function formatText(name: TermNode['name'], { kind, text }: Extract<TermNode['test'], { text: string }>): string {
  if (kind === 'phrase') return name === 'text' ? quote(text) : `${name}:${quote(text)}`
  if (name === 'text' && isPlainWord(text)) return text
  // Behind a colon these characters would be read as a comparison.
  return `${name}${/^[<>=]/.test(text) ? '=' : ':'}${text}`
}

function formatComparison({ from, to, isAboveFrom, isBelowTo }: FilterRange<number | string>): string | null {
  if (from === null && to !== null) return `${isBelowTo ? '<' : '<='}${plain(to)}`
  return to === null && from !== null ? `${isAboveFrom ? '>' : '>='}${plain(from)}` : null
}

function formatRange({ from, to }: FilterRange<number | string>): string {
  if (from === to) return plain(from)
  return `${plain(from)}..${plain(to)}`
}

/** Without an exponent, which the language does not know. */
const plain = (bound: number | string | null): string =>
  (bound === null ? '' : typeof bound === 'string' ? bound : /e/.test(String(bound)) ? bound.toFixed(15).replace(/\.?0+$/, '') : String(bound))

const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`
const quoteWhereNeeded = (word: string): string => (/^[^\s"(),\\]+$/.test(word) ? word : quote(word))
/** Text that the parser reads as one word to search for. */
const isPlainWord = (text: string): boolean => /^(-|[^\s"()-][^\s"()]*)$/.test(text) && !/^(AND|OR|NOT)$/.test(text) && !/^[A-Za-z][A-Za-z-]*[:=<>]/.test(text)

/** Puts parts together that all must hold. */
export function allOf(nodes: FilterNode[]): FilterNode {
  const parts = nodes.flatMap(partsOf)
  return parts.length === 0 ? everything : parts.length === 1 ? parts[0]! : { kind: 'and', nodes: parts }
}
