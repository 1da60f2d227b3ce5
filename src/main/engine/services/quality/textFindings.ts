// What is wrong with the texts of a pair, and the captions that too many pictures share.
import type { FindingKind } from '../../../../shared/quality/findingKinds'
import { hashText } from '../../compute/quality/contentHash'
import { otherLanguage, type loadDetector } from '../../compute/quality/languages'
import { judgeText, normaliseText } from '../../compute/quality/textFindings'
import type { CheckedPair, FindingRow } from '../../store/findingStore'
import { textLengthOf } from './thresholdFindings'

export interface TextSurroundings {
  contextLength: number
  imageTokenCount: number
  eld: Awaited<ReturnType<typeof loadDetector>>
  /** Null where the set has none. */
  language: string | null
  repeated: RepeatedTexts
}

/** More pictures than this with one caption are a finding. */
const mostPicturesOfCaption = 4

/** Whether words are expected: an answer may be a number. */
const isDescription = (pair: CheckedPair, side: 'left' | 'right'): boolean => pair.task !== 'vqa' || side === 'left'
const repeats = ({ task }: CheckedPair): boolean => task === 'caption' || task === 'region'

function isTextMissing({ task, leftText, rightText }: CheckedPair): boolean {
  if (task === 'vqa') return leftText === null || rightText === null
  return task !== 'compose' && leftText === null && rightText === null
}

/** Counts the pictures of each caption. */
export class RepeatedTexts {
  readonly #counts = new Map<number, number>()
  readonly #seen = new Set<number>()

  add(pair: CheckedPair): void {
    if (!repeats(pair)) return
    for (const key of this.#keysOf(pair)) {
      const own = hashText(`${key} ${pair.leftImageId ?? ''} ${pair.rightImageId ?? ''}`)
      if (this.#seen.has(own)) continue
      this.#seen.add(own)
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
    }
  }

  /** Pictures with the commonest text of a pair. */
  count(pair: CheckedPair): number {
    return repeats(pair) ? Math.max(0, ...this.#keysOf(pair).map((key) => this.#counts.get(key) ?? 0)) : 0
  }

  #keysOf({ leftText, rightText }: CheckedPair): number[] {
    return [leftText, rightText].filter((text) => text !== null).map((text) => hashText(normaliseText(text)))
  }
}

/** One finding of each kind at most: of both sides the worse. */
export function findInTexts(pair: CheckedPair, { contextLength, imageTokenCount, eld, language, repeated }: TextSurroundings): Map<FindingKind, FindingRow> {
  const found = new Map<FindingKind, FindingRow>()
  const textLength = textLengthOf(pair)
  const add = (kind: FindingKind, value: number, detail: string): void => {
    const known = found.get(kind)
    if (known === undefined || known.severity < value) found.set(kind, { pairId: pair.id, value, severity: value, detail, relatedPairId: null, clusterId: null, textLength })
  }
  if (isTextMissing(pair)) add('missing-text', 1, pair.task === 'vqa' ? 'question or answer' : 'no text on either side')
  for (const side of ['left', 'right'] as const) {
    const text = pair[`${side}Text`]
    if (text === null) continue
    const hasPicture = pair[`${side}ImageId`] !== null
    for (const { kind, value, detail } of judgeText(text, { contextLength, imageTokenCount: hasPicture ? imageTokenCount : 0, isDescription: isDescription(pair, side) })) add(kind, value, `“${shorten(text)}” ${detail}`)
    const other = language === null || !isDescription(pair, side) ? null : otherLanguage(eld, text, language)
    if (other) add('other-language', other.lead, `${other.language} in place of ${language}`)
  }
  const count = repeated.count(pair)
  if (count > mostPicturesOfCaption) add('repeated-text', count, `caption of ${count} pictures`)
  return found
}

const shorten = (text: string): string => (text.length <= 60 ? text : `${text.slice(0, 57)}…`)
