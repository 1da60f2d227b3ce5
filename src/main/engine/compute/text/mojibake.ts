// Finds UTF-8 that was read as a one-byte character set (“cafÃ©” for “café”) and decodes it again, also where it happened
// several times over or in a part of the text only. A sequence counts only where it decodes to letters or signs that
// texts really have, because capitals before punctuation (“MARQUÉ…”) look the same by accident.
// The idea of undoing such errors by their byte patterns is that of ftfy (Speer 2019); rules and code are our own.

/** A text that was misread more often than this is beyond help. */
const maximumPasses = 4

/** Character → byte, for characters beyond ASCII. */
type CharacterSet = Map<string, number>

const isLead = (byte: number): boolean => byte >= 0xc2 && byte <= 0xf4

/** 0x80 to 0x9f. Spelled out, because Node 20's TextDecoder takes windows-1252 for Latin-1. */
const windows1252Signs = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'

/** The character that a byte of windows-1252 from 0x80 to 0x9f means. */
export const windows1252Sign = (byte: number): string => windows1252Signs[byte - 0x80]!

/** Latin-1 readers leave 0x80 to 0x9f as control characters, Windows ones do not; both occur, even in one text. */
function western(): CharacterSet {
  const set: CharacterSet = new Map()
  for (let byte = 0x80; byte <= 0xff; byte++) set.set(String.fromCharCode(byte), byte)
  for (let byte = 0x80; byte <= 0x9f; byte++) set.set(windows1252Sign(byte), byte)
  return set
}

function rarer(name: string): CharacterSet {
  const decoder = new TextDecoder(name)
  const set: CharacterSet = new Map()
  for (let byte = 0x80; byte <= 0xff; byte++) set.set(decoder.decode(Uint8Array.of(byte)), byte)
  return set
}

const rarerNames = ['windows-1251', 'windows-1250', 'windows-1253', 'windows-1254', 'windows-1257', 'iso-8859-2', 'macintosh']
let loaded: { western: CharacterSet; rarer: CharacterSet[] } | null = null
const characterSets = () => (loaded ??= { western: western(), rarer: rarerNames.map(rarer) })

/** What two misread bytes may turn out to be: Latin, Greek, Cyrillic, Hebrew, Arabic, and the accents ˆ and ˜. */
const plausiblePair = /^[\u0080-\u017f\u02c6\u02dc\u0370-\u045f\u0490\u0491\u0590-\u06ff]$/u
/** And three or four: whatever is assigned, without private use. */
const plausibleLong = /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}\p{Cf}]$/u
/** Signs that follow a capital in ordinary texts, and that are continuation bytes in windows-1252. */
const ordinaryAfterCapital = /^[‘’‚“”„†‡…‰‹›–—™«»®©°ºª·¡¿]$/u
/** Those among them that a stray “Â” stands before. */
const signAfterStray = /^[–—™«»®©°ºª·¡¿]$/u
const lowerCase = /^\p{Ll}$/u
const letter = /^\p{L}$/u
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

interface Found {
  start: number
  end: number
  text: string
  /** Not by accident in a western text. */
  isSure: boolean
  /** A capital or a sign right after a small letter, where no text has one. */
  isMisplaced: boolean
}

const lengthByLead = (byte: number): number => (byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4)

function decodeAt(characters: readonly string[], start: number, set: CharacterSet): Found | null {
  const lead = set.get(characters[start]!)
  if (lead === undefined || !isLead(lead)) return null
  const end = start + lengthByLead(lead)
  const bytes: number[] = [lead]
  for (let i = start + 1; i < end; i++) {
    const byte = characters[i] === undefined ? undefined : set.get(characters[i]!)
    if (byte === undefined || byte < 0x80 || byte > 0xbf) return null
    bytes.push(byte)
  }
  let text: string
  try {
    text = utf8.decode(Uint8Array.from(bytes))
  } catch {
    return null
  }
  const [first, second] = [characters[start]!, characters[start + 1]!]
  const [before, after] = [characters[start - 1] ?? '', characters[end] ?? '']
  const isMisplaced = lowerCase.test(before) && !lowerCase.test(first)
  if (bytes.length > 2) return plausibleLong.test(text) ? { start, end, text, isSure: true, isMisplaced } : null
  if (!plausiblePair.test(text)) return null
  const isStray = (first === 'Â' || first === 'Ã') && !letter.test(before) && signAfterStray.test(second)
  const isSure = lowerCase.test(before) || lowerCase.test(after) || isStray || !ordinaryAfterCapital.test(second)
  return { start, end, text, isSure, isMisplaced }
}

interface Decoded {
  text: string
  found: Found[]
  /** Characters beyond ASCII that belong to no sequence. */
  strayCount: number
}

function decodeSequences(text: string, set: CharacterSet): Decoded {
  const characters = [...text]
  const found: Found[] = []
  let result = ''
  let strayCount = 0
  for (let i = 0; i < characters.length;) {
    const match = decodeAt(characters, i, set)
    if (match) found.push(match)
    else if (characters[i]! > '\u007f') strayCount++
    result += match?.text ?? characters[i]!
    i = match?.end ?? i + 1
  }
  return { text: result, found, strayCount }
}

/** The text decoded once, or null where nothing in it was surely misread. */
function decodeOnce(text: string): string | null {
  const sets = characterSets()
  const common = decodeSequences(text, sets.western)
  const isSure = common.found.some((found) => found.isSure) || sureGrave.test(text)
  if (isSure && common.strayCount === 0) return grave(common.text)
  // The rarer sets only where they explain the whole text, and by more than one short sequence in an ordinary place.
  for (const set of sets.rarer) {
    const { text: decoded, found, strayCount } = decodeSequences(text, set)
    const isEnough = found.length > 1 || found.some(({ start, end, isMisplaced }) => end - start > 2 || isMisplaced)
    if (strayCount === 0 && isEnough) return decoded
  }
  return isSure ? grave(common.text) : null
}

/** “Ã ” was “à” before its second byte, a no-break space, was folded into a plain one. Only beside other misread text. */
const lostGrave = /(?<![\p{Lu}])Ã (?=\p{Ll}|$| )/gu
/** Needs no other misread text beside it: a capital inside a word, or a lone one before two spaces. */
const sureGrave = /(?<=\p{Ll})Ã (?=\p{Ll}|$| )|(?<!\S)Ã {2}/u
const grave = (text: string): string => text.replace(lostGrave, (_, offset: number, whole: string) => (whole[offset + 2] === ' ' ? 'à' : 'à '))

/** @returns the same text where nothing was misread */
export function fixMojibake(text: string): string {
  let current = text
  for (let pass = 0; pass < maximumPasses && /[^\0-\x7f]/.test(current); pass++) {
    const next = decodeOnce(current)
    if (next === null) break
    current = next
  }
  return current
}
