// What a change of texts makes of pairs: new texts, and which pairs it must leave alone.
import type { TextChange } from '../../../../shared/contract/pairs'
import type { PairRow } from '../../store/pairStore'
import { createReplacer } from './replaceText'

export type Texts = Pick<PairRow, 'leftText' | 'rightText'>
type TextKey = keyof Texts

export interface ChangedText {
  pairId: number
  /** The side that shows the change; with both, the first that changes. */
  side: TextKey
  before: Texts
  after: Texts
  /** A side without a picture would be left without a text. */
  isRefused: boolean
}

export type TextChanger = (rows: ReadonlyMap<number, PairRow>) => ChangedText[]

const keysOf: Record<TextChange['side'], readonly TextKey[]> = { left: ['leftText'], right: ['rightText'], both: ['leftText', 'rightText'] }
const imageOf = { leftText: 'leftImageId', rightText: 'rightImageId' } as const

/** @throws AppError 'bad-input' for a pattern that cannot be used */
export function textChanger(change: TextChange): TextChanger {
  const replace = createReplacer(change)
  const keys = keysOf[change.side]
  return (rows) => {
    const entries = [...rows]
    const results = replace(entries.flatMap(([, row]) => keys.map((key) => row[key] ?? '')))
    return entries.flatMap(([pairId, row], index) => {
      const after: Texts = { leftText: row.leftText, rightText: row.rightText }
      keys.forEach((key, at) => { if (row[key] !== null) after[key] = tidy(results[index * keys.length + at]!, row[key]) })
      return compare(pairId, row, after)
    })
  }
}

/** Spaces at the ends, and what they leave empty, are no text; a text that nothing changed stays as it is. */
const tidy = (text: string, before: string): string | null => (text === before ? before : text.trim() || null)

function compare(pairId: number, row: PairRow, after: Texts): ChangedText[] {
  const before: Texts = { leftText: row.leftText, rightText: row.rightText }
  const changed = keysOf.both.filter((key) => after[key] !== before[key])
  if (changed.length === 0) return []
  return [{ pairId, side: changed[0]!, before, after, isRefused: changed.some((key) => after[key] === null && row[imageOf[key]] === null) }]
}
