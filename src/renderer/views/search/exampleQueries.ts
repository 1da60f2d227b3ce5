// Queries to begin with. On the sample project they use its own words (shapes and colours go by other names there); on
// any other project they are made from its pairs.
import type { Pair } from '@shared/contract/entities'
import type { Api } from '@renderer/api/api'
import type { RecentQuery } from '@renderer/stores/search'

const sampleTexts = [
  'a crimson disc',
  'an azure burst beside an amber hoop',
  'a trio of pieces upon a navy field',
  'a tiny emerald gem in the northwest',
  'a violet wedge over an ivory tile',
]
const mostTexts = 5

export async function loadExamples(api: Api, isSample: boolean): Promise<RecentQuery[]> {
  const [plain, edits] = await Promise.all([
    isSample ? null : api.pairs.list({ limit: 60 }),
    api.pairs.list({ filter: { query: 'task:edit' }, limit: 1 }),
  ])
  const texts = plain ? distinctTexts(plain.pairs).slice(0, mostTexts) : sampleTexts
  return [...texts.map((text) => ({ text, imageId: null })), ...edits.pairs.flatMap(toComposed)]
}

const distinctTexts = (pairs: readonly Pair[]): string[] =>
  [...new Set(pairs.filter((pair) => pair.task === 'caption').flatMap((pair) => pair.right.text ?? pair.left.text ?? []))]

/** The left side of an edit is a picture with an instruction: a query with both. */
const toComposed = (pair: Pair): RecentQuery[] =>
  pair.left.imageId !== null && pair.left.text !== null ? [{ text: pair.left.text, imageId: pair.left.imageId }] : []
