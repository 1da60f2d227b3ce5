// Mends texts in bulk: cut to the context of a model, or taken away where a picture of the same side remains.
import { encodeText } from '../../compute/text/tokenizer'
import { trimText } from '../../compute/quality/textFindings'
import type { PairRow } from '../../store/pairStore'

export interface Context {
  contextLength: number
  imageTokenCount: number
}

type Mended = [before: Partial<PairRow>, after: Partial<PairRow>]

/** Null where nothing changes. A new text has no score yet. */
export function mendRow(row: PairRow, act: 'trim' | 'clear', { contextLength, imageTokenCount }: Context): Mended | null {
  const before: Partial<PairRow> = {}
  const after: Partial<PairRow> = {}
  for (const [text, image] of [['leftText', 'leftImageId'], ['rightText', 'rightImageId']] as const) {
    const value = row[text]
    if (value === null) continue
    const hasPicture = row[image] !== null
    const room = contextLength - 2 - (hasPicture ? imageTokenCount : 0)
    let mended: string | null = value
    if (act === 'clear') mended = hasPicture ? null : value
    else if (room > 0 && encodeText(value).length > room) mended = trimText(value, room)
    // A single word that is longer than the context cannot be cut between words.
    if (mended === value || mended === '') continue
    before[text] = value
    after[text] = mended
  }
  if (Object.keys(after).length === 0) return null
  return [{ ...before, score: row.score, scoreModelId: row.scoreModelId }, { ...after, score: null, scoreModelId: null }]
}
