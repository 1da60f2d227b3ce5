// The ids of a row as people read them: words as they are spelled, codes by number, the marks by name.
import { endOfTextId, imageOffset, maskId, startOfTextId, type FuselipConfig } from '../fuselip/config'
import { assembleSide } from '../fuselip/sequence'
import { encodeText } from '../text/tokenizer'
import { loadVocabulary } from '../text/vocabulary'
import type { SideInput } from '../thread/protocol'
import { isMaskable } from '../training/masking'

export type TokenKind = 'code' | 'word' | 'start' | 'end' | 'mask'

export interface TokenLabel {
  kind: TokenKind
  id: number
  /** The spelling of a word, the number of a code, the name of a mark. */
  label: string
  /** Of an image code; null for others. */
  code: number | null
  /** False for a piece of a word that goes on in the next token. */
  endsWord: boolean
}

export interface LaidOutToken extends TokenLabel {
  position: number
  /** The same ids can be hidden as in training. */
  canMask: boolean
}

const marks: Record<number, { kind: TokenKind; label: string }> = {
  [startOfTextId]: { kind: 'start', label: 'start' },
  [endOfTextId]: { kind: 'end', label: 'end' },
}
const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/** A piece that ends in the middle of a character is spelled as its bytes. */
function spell(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return [...bytes].map((byte) => `‹${byte.toString(16).padStart(2, '0')}›`).join('')
  }
}

export function tokenLabel(id: number, config: Pick<FuselipConfig, 'hasMask'>): TokenLabel {
  const firstCode = imageOffset(config)
  if (id >= firstCode) return { kind: 'code', id, label: String(id - firstCode), code: id - firstCode, endsWord: true }
  const mark = marks[id] ?? (config.hasMask && id === maskId ? { kind: 'mask' as const, label: 'mask' } : null)
  if (mark) return { ...mark, id, code: null, endsWord: true }
  const { tokenBytes, endsWord } = loadVocabulary()
  return { kind: 'word', id, label: spell(tokenBytes[id]!), code: null, endsWord: endsWord[id] === 1 }
}

export interface LaidOutSide {
  row: Int32Array
  tokens: LaidOutToken[]
  /** Tokens that did not fit into the context and were cut off. */
  cutCount: number
}

/** Throws as `assembleSide` does. */
export function layOutSide({ codes, text }: SideInput, config: FuselipConfig): LaidOutSide {
  const textIds = text === null ? null : encodeText(text, config)
  const row = assembleSide(codes, textIds, config)
  const fullLength = (codes?.length ?? 0) + (textIds?.length ?? 0) + 2
  return {
    row,
    tokens: [...row].map((id, position) => ({ ...tokenLabel(id, config), position, canMask: config.hasMask && isMaskable(id, config) })),
    cutCount: fullLength - row.length,
  }
}
