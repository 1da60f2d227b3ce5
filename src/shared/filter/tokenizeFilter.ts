// From the text of a filter to tokens with their places. Never fails: a quote that is not closed is a token that says so.

export interface FilterToken {
  kind: 'word' | 'quoted' | 'term' | 'open' | 'close' | 'minus'
  /** First character, and the one behind the last. */
  start: number
  end: number
  /** Of a word or in the quotes; of a term its name. */
  text: string
  /** Of a term: `:`, `=`, `<`, `<=`, `>` or `>=`. */
  operator?: string
  /** Of a term: what stands behind the operator, split at commas. */
  values?: FilterValue[]
  /** Where a quote was opened and never closed. */
  openQuoteAt?: number
}

export interface FilterValue {
  text: string
  isQuoted: boolean
  start: number
  end: number
}

const termStart = /^([A-Za-z][A-Za-z-]*)(:[<>]=?|:=|[<>]=|[:=<>])/
const isSpace = (character: string): boolean => /\s/.test(character)

export function tokenizeFilter(text: string): FilterToken[] {
  const tokens: FilterToken[] = []
  let at = 0
  while (at < text.length) {
    const character = text[at]!
    if (isSpace(character)) at += 1
    else {
      const token = readToken(text, at)
      tokens.push(token)
      at = token.end
    }
  }
  return tokens
}

function readToken(text: string, start: number): FilterToken {
  const character = text[start]!
  if (character === '(' || character === ')') return { kind: character === '(' ? 'open' : 'close', start, end: start + 1, text: character }
  if (character === '-' && start + 1 < text.length && !isSpace(text[start + 1]!) && text[start + 1] !== ')') return { kind: 'minus', start, end: start + 1, text: '-' }
  if (character === '"') {
    const { value, openQuoteAt } = readQuoted(text, start)
    return { kind: 'quoted', start, end: value.end, text: value.text, openQuoteAt }
  }
  // A slice, because a long text would be copied anew at every word.
  const term = termStart.exec(text.slice(start, start + 60))
  return term ? readTerm(text, start, term[1]!, term[2]!) : readWord(text, start)
}

function readWord(text: string, start: number): FilterToken {
  let end = start
  while (end < text.length && !isSpace(text[end]!) && !'()"'.includes(text[end]!)) end += 1
  return { kind: 'word', start, end, text: text.slice(start, end) }
}

function readTerm(text: string, start: number, name: string, operator: string): FilterToken {
  const values: FilterValue[] = []
  let openQuoteAt: number | undefined
  let at = start + name.length + operator.length
  for (;;) {
    if (text[at] === '"') {
      const quoted = readQuoted(text, at)
      openQuoteAt = quoted.openQuoteAt
      values.push(quoted.value)
      at = quoted.value.end
    } else {
      const from = at
      while (at < text.length && !isSpace(text[at]!) && !'(),"'.includes(text[at]!)) at += 1
      values.push({ text: text.slice(from, at), isQuoted: false, start: from, end: at })
    }
    if (text[at] !== ',') break
    at += 1
  }
  return { kind: 'term', start, end: at, text: name.toLowerCase(), operator: operator.length > 1 ? operator.replace(':', '') : operator, values, openQuoteAt }
}

/** Inside quotes a backslash takes the meaning of the next quote or backslash away. */
function readQuoted(text: string, start: number): { value: FilterValue; openQuoteAt?: number } {
  let inside = ''
  let at = start + 1
  while (at < text.length && text[at] !== '"') {
    if (text[at] === '\\' && (text[at + 1] === '"' || text[at + 1] === '\\')) at += 1
    inside += text[at]!
    at += 1
  }
  const isOpen = at >= text.length
  return { value: { text: inside, isQuoted: true, start, end: Math.min(text.length, at + 1) }, openQuoteAt: isOpen ? start : undefined }
}
