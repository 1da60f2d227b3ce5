// What happens to a text before byte-pair encoding: HTML unescaped twice, white space folded, lower case.
// Follows the reference; its ftfy pass before this is in repairText.ts and is asked for by the model.
import { decodeHTML } from 'entities'

/**
 * White space as Python's `str.split()` sees it, which is not JavaScript's `\s`: U+FEFF is no space there,
 * U+001C to U+001F and U+0085 are. Written for use inside a character class.
 */
export const whitespaceClass = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'

const whitespaceRun = new RegExp(`[${whitespaceClass}]+`, 'gu')
const outerSpaces = /^ | $/gu

export function cleanText(text: string): string {
  // Lone surrogates have no UTF-8 form; toWellFormed would be the name for this, but is newer than Node 20's types.
  const wellFormed = text.replace(/\p{Surrogate}/gu, '\ufffd')
  const unescaped = decodeHTML(decodeHTML(wellFormed))
  return unescaped.replace(whitespaceRun, ' ').replace(outerSpaces, '').toLowerCase()
}
