// From the text of a filter to its tree, by recursive descent:
//   either = all { OR all }     all = part { [AND] part }     part = (- | NOT) part | ( either ) | term | word | "phrase"
// Any text gives a tree or a problem with its place; nothing throws.
import { everything, join, type FilterNode } from './filterTree'
import { fail, found, readTerm, type Read } from './readTerm'
import { tokenizeFilter, type FilterToken } from './tokenizeFilter'

/** Deeper ones are no person's; the depth of the parser's own calls is bounded by it. */
const deepest = 40

export const isWord = (token: FilterToken | undefined, word: string): boolean => token?.kind === 'word' && token.text === word

export function parseFilter(text: string): Read<FilterNode> {
  const tokens = tokenizeFilter(text)
  let at = 0

  const peek = (): FilterToken | undefined => tokens[at]
  const isEnd = (): boolean => at >= tokens.length || peek()?.kind === 'close'
  const endPlace = { start: text.length, end: text.length }

  function either(depth: number): Read<FilterNode> {
    const nodes: FilterNode[] = []
    for (;;) {
      const node = all(depth)
      if (!node.value) return node
      nodes.push(node.value)
      if (!isWord(peek(), 'OR')) return found(join('or', nodes))
      at += 1
    }
  }

  function all(depth: number): Read<FilterNode> {
    const nodes: FilterNode[] = []
    for (;;) {
      const node = part(depth)
      if (!node.value) return node
      nodes.push(node.value)
      if (isWord(peek(), 'AND')) at += 1
      else if (isEnd() || isWord(peek(), 'OR')) return found(join('and', nodes))
    }
  }

  function part(depth: number): Read<FilterNode> {
    const token = peek()
    if (!token || token.kind === 'close' || isWord(token, 'OR') || isWord(token, 'AND')) {
      return fail(token ?? endPlace, token ? `Something is missing before “${token.text}”.` : 'The filter ends where something is missing.',
        'Write a word, a term such as status:accepted, or a group in parentheses.')
    }
    if (depth > deepest) return fail(token, `The filter is nested more than ${deepest} deep.`, 'Take some parentheses or minus signs away.')
    at += 1
    if (token.openQuoteAt !== undefined) return fail({ start: token.openQuoteAt, end: text.length }, 'This quote is not closed.', 'Close it with ", or write \\" for a quote inside quotes.')
    if (token.kind === 'minus' || isWord(token, 'NOT')) {
      const node = part(depth + 1)
      return node.value ? found({ kind: 'not', node: node.value }) : node
    }
    if (token.kind === 'open') return group(token, depth)
    if (token.kind === 'term') return readTerm(token)
    return found({ kind: 'term', name: 'text', test: { kind: token.kind === 'quoted' ? 'phrase' : 'beginning', text: token.text } })
  }

  function group(open: FilterToken, depth: number): Read<FilterNode> {
    const node = either(depth + 1)
    if (!node.value) return node
    if (peek()?.kind !== 'close') return fail(open, 'This parenthesis is not closed.', 'Close it with ), or put it in quotes to search for it.')
    at += 1
    return node
  }

  if (tokens.length === 0) return found(everything)
  const node = either(0)
  if (!node.value) return node
  const rest = peek()
  return rest ? fail(rest, 'This parenthesis was never opened.', 'Take it away, or put it in quotes to search for it.') : node
}
