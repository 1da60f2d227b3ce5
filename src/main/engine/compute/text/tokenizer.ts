// CLIP's byte-pair tokenizer: text to ids below 49408 and back.
// Source: Radford et al. 2021 (arXiv 2103.00020) §2.4; special tokens are spelled as open_clip spells them.
import { cleanText, whitespaceClass } from './cleanText'
import { repairText } from './repairText'
import { endOfTextId, loadVocabulary, pairKey, startOfTextId, type Vocabulary } from './vocabulary'

const specialIds = new Map([
  ['<start_of_text>', startOfTextId],
  ['<end_of_text>', endOfTextId],
])

// No `i` flag: the text is lower-cased already, and the flag would count U+0345, a mark, as a letter.
const wordPattern = new RegExp(
  `<start_of_text>|<end_of_text>|'s|'t|'re|'ve|'m|'ll|'d|\\p{L}+|\\p{N}|[^${whitespaceClass}\\p{L}\\p{N}]+`,
  'gu',
)

const wordEndOffset = 256
const maximumCachedWords = 50_000
const maximumCachedLength = 40
const cache = new Map<string, number[]>()
const utf8 = new TextEncoder()

/** Merges the best pair everywhere, again and again, until no pair of the word is in the vocabulary. */
function mergeWord(word: string, vocabulary: Vocabulary): number[] {
  let ids = Array.from(utf8.encode(word), (byte) => vocabulary.byteIds[byte]!)
  ids[ids.length - 1]! += wordEndOffset
  while (ids.length > 1) {
    let best = Infinity
    let bestKey = -1
    for (let i = 0; i + 1 < ids.length; i++) {
      const key = pairKey(ids[i]!, ids[i + 1]!)
      const merged = vocabulary.merges.get(key)
      if (merged !== undefined && merged < best) {
        best = merged
        bestKey = key
      }
    }
    if (bestKey < 0) break
    const next: number[] = []
    for (let i = 0; i < ids.length; i++) {
      if (i + 1 < ids.length && pairKey(ids[i]!, ids[i + 1]!) === bestKey) {
        next.push(best)
        i++
      } else next.push(ids[i]!)
    }
    ids = next
  }
  return ids
}

function encodeWord(word: string, vocabulary: Vocabulary): number[] {
  const known = cache.get(word)
  if (known) return known
  const ids = mergeWord(word, vocabulary)
  if (word.length <= maximumCachedLength) {
    if (cache.size >= maximumCachedWords) cache.clear()
    cache.set(word, ids)
  }
  return ids
}

export interface TextOptions {
  /** Repairs misread and typographic characters first, see `repairText`. */
  repairsText?: boolean
}

/** Byte-pair ids of a text, without start, end and padding. An empty or blank text gives no ids. */
export function encodeText(text: string, { repairsText = false }: TextOptions = {}): number[] {
  const vocabulary = loadVocabulary()
  const ids: number[] = []
  for (const [word] of cleanText(repairsText ? repairText(text) : text).matchAll(wordPattern)) {
    const special = specialIds.get(word)
    if (special !== undefined) ids.push(special)
    else for (const id of encodeWord(word, vocabulary)) ids.push(id)
  }
  return ids
}

/**
 * `[start] ids [end]`, not padded. Where that is longer than the context, it is cut and its last id becomes `[end]`.
 * @returns min(ids.length + 2, contextLength) ids
 */
export function frameText(ids: readonly number[], contextLength: number): Int32Array {
  if (!Number.isInteger(contextLength) || contextLength < 2) {
    throw new RangeError(`Expected a context length of at least 2 ids, got ${contextLength}.`)
  }
  const framed = new Int32Array(Math.min(ids.length + 2, contextLength))
  framed[0] = startOfTextId
  for (let i = 1; i < framed.length - 1; i++) framed[i] = ids[i - 1]!
  framed[framed.length - 1] = endOfTextId
  return framed
}

/**
 * The text of byte-pair ids, up to the first end of text; start of text and ids that are no text
 * (masks, image codes) are passed over. Spaces between words are kept as the vocabulary has them, so "it's" comes
 * back as "it 's". Bytes that are not UTF-8 become U+FFFD.
 */
export function decodeText(ids: Iterable<number>): string {
  const { tokenBytes, endsWord } = loadVocabulary()
  const bytes: number[] = []
  for (const id of ids) {
    if (id === endOfTextId) break
    const piece = tokenBytes[id]
    if (!piece) continue
    for (const byte of piece) bytes.push(byte)
    if (endsWord[id]) bytes.push(0x20)
  }
  return new TextDecoder().decode(Uint8Array.from(bytes)).trimEnd()
}
