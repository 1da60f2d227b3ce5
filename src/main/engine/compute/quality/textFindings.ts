// What is wrong with a text, by its characters alone. Each rule says why it holds; where none holds the text may still be wrong.
import { encodeText } from '../text/tokenizer'

export interface TextFinding {
  kind: 'file-name' | 'no-words' | 'boilerplate' | 'long-text'
  detail: string
  /** For long-text the ids beyond the context, else 1. */
  value: number
}

/** Cameras, phones and programs name files so; the number is what makes it a name and not a word. */
const cameraName = /^(img|dsc[nf]?|dscf|dcim|p|pict?|mvi?|gopr|dji|wp|pxl|vid|image|photo|picture|scan|screenshot|screen shot|screen|untitled|download|file|copy of .+|whatsapp image)[-_ ]?\(?\d{2,}[-_ ()\d.a-z]*$/i
const numberedName = /^(image|photo|picture|scan|screenshot|untitled|img|dsc)[-_ ]?\d*$/i
const fileEnding = /\.(jpe?g|png|gif|webp|bmp|tiff?|heic|avif|svg)$/i
const address = /\b(https?:\/\/|www\.)\S+/i
const uuid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i
/** Long runs of hexadecimal digits with digits among them; “feedface” is a word to somebody. */
const hash = /^(?=[0-9a-f]*\d)[0-9a-f]{16,}$/i
/** One word with letters and digits mixed at least twice, as identifiers have them: a1B2c3. */
const mixedIdentifier = /^(?=\S{12,}$)[\w-]*(?:\d[A-Za-z]|[A-Za-z]\d)[\w-]*(?:\d[A-Za-z]|[A-Za-z]\d)[\w-]*(?:\d[A-Za-z]|[A-Za-z]\d)[\w-]*$/

/** Phrases of shops, agencies and broken pages that say nothing of a picture. */
const stockPhrases = [
  'stock photo', 'stock image', 'stock vector', 'royalty free', 'royalty-free', 'all rights reserved', 'getty images', 'shutterstock', 'istock', 'alamy',
  'click here', 'click to enlarge', 'click for larger', 'free download', 'download this', 'add to cart', 'buy now', 'image not available', 'no image available',
  'no description', 'no caption', 'image may contain', 'photo by', 'photo credit', 'image credit', 'courtesy of', 'lorem ipsum', 'untitled image',
  'clip art', 'for sale', 'read more', 'see more', 'subscribe', 'view larger', 'pinterest', 'wallpaper hd', 'hd wallpaper', 'high resolution', 'copyright',
]
const stock = new RegExp(`(^|[^\\p{L}])(${stockPhrases.join('|')})(?=$|[^\\p{L}])|©`, 'iu')

/** Two letters of any script after another, or one of a script that writes words with single characters. */
const word = /\p{L}\p{M}*\p{L}|[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}]/u

/** Equal for texts that differ in case, spaces, marks or a final full stop only. */
export const normaliseText = (text: string): string =>
  text.normalize('NFKC').toLowerCase().replace(/[\p{P}\p{S}\s]+/gu, ' ').trim()

function fileNameReason(text: string): string | null {
  const trimmed = text.trim()
  if (address.test(trimmed)) return 'holds a web address'
  if (fileEnding.test(trimmed) && !/\s\S+\s\S+\s/.test(trimmed)) return 'ends like a picture file'
  if (cameraName.test(trimmed) || numberedName.test(trimmed)) return 'is the name of a file'
  if (uuid.test(trimmed) || hash.test(trimmed) || mixedIdentifier.test(trimmed)) return 'is an identifier'
  return null
}

export interface TextRules {
  /** Ids that the side may hold, start and end included. */
  contextLength: number
  /** Ids that a picture of the same side takes. */
  imageTokenCount: number
  /** A description is expected in words; an answer such as “3” need not have any. */
  isDescription: boolean
}

/** Every rule that a text breaks. */
export function judgeText(text: string, { contextLength, imageTokenCount, isDescription }: TextRules): TextFinding[] {
  const findings: TextFinding[] = []
  const fileName = fileNameReason(text)
  if (fileName !== null) findings.push({ kind: 'file-name', detail: fileName, value: 1 })
  else if (isDescription && !word.test(text)) findings.push({ kind: 'no-words', detail: 'has no word', value: 1 })
  const phrase = stock.exec(text)
  if (phrase) findings.push({ kind: 'boilerplate', detail: `says “${(phrase[2] ?? '©').toLowerCase()}”`, value: 1 })
  const room = contextLength - imageTokenCount - 2
  // No text has more ids than bytes, so most need not be encoded.
  if (text.length * 3 > room) {
    const idCount = encodeText(text).length
    if (idCount > room) findings.push({ kind: 'long-text', detail: `${idCount + 2 + imageTokenCount} ids of ${contextLength}`, value: idCount - room })
  }
  return findings
}

/** The longest beginning of a text, in whole words, that fits beside its picture; the text itself where it fits. */
export function trimText(text: string, room: number): string {
  if (encodeText(text).length <= room) return text
  const words = text.split(/(?<=\s)/u)
  let [low, high] = [0, words.length]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (encodeText(words.slice(0, middle).join('')).length <= room) low = middle
    else high = middle - 1
  }
  return words.slice(0, low).join('').trim()
}
