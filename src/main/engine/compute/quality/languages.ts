// The language of texts, as far as short ones tell. A caption of five words is often read as a neighbouring language
// (“sunset over lake” as Danish), so another language is claimed only where the text is long enough, the detector calls itself
// reliable and the main language of the set is clearly less likely. See docs/decisions/perceptual-hashes.md for what that finds.
import type { eld as Eld } from 'eld/small'

type Detector = typeof Eld

/** Letters below which nothing is claimed; scripts that write a word with one or two characters need fewer. */
const leastLetters = 12
const leastDenseLetters = 4
/** By how much the main language must score lower. Danish for “sunset over lake” leads by 0.02, real ones by 0.2 and more. */
const leastLead = 0.15
const denseScript = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}]/gu

let detector: Detector | null = null

/** Loads the tables of the detector, some 40 MiB, at the first use. */
export async function loadDetector(): Promise<Detector> {
  detector ??= (await import('eld/small')).eld
  return detector
}

function isLongEnough(text: string): boolean {
  const letters = text.match(/\p{L}/gu)?.length ?? 0
  const dense = text.match(denseScript)?.length ?? 0
  return letters >= leastLetters || dense >= leastDenseLetters
}

/** The commonest language among the texts that are long enough; null where there are too few of them to tell. */
export function mainLanguage(eld: Detector, texts: Iterable<string>): string | null {
  const counts = new Map<string, number>()
  let total = 0
  for (const text of texts) {
    if (!isLongEnough(text)) continue
    const result = eld.detect(text)
    if (result.language === '' || !result.isReliable()) continue
    counts.set(result.language, (counts.get(result.language) ?? 0) + 1)
    total++
  }
  const [language, count] = [...counts].sort((first, second) => second[1] - first[1])[0] ?? ['', 0]
  return count >= 10 && count >= total / 2 ? language : null
}

export interface OtherLanguage {
  /** ISO 639-1. */
  language: string
  lead: number
}

/** Null where the text is of the main language, or cannot be told. */
export function otherLanguage(eld: Detector, text: string, main: string): OtherLanguage | null {
  if (!isLongEnough(text)) return null
  const result = eld.detect(text)
  if (result.language === '' || result.language === main || !result.isReliable()) return null
  const scores = result.getScores()
  const lead = (scores[result.language] ?? 0) - (scores[main] ?? 0)
  return lead >= leastLead ? { language: result.language, lead } : null
}
