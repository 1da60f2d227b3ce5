// What changed between two rankings of the same query: how far each hit moved from the first column to the second.
import type { Hit, SearchColumn } from '@shared/contract/search'
import { hitKey } from '@renderer/stores/search'

export interface RankedHit {
  hit: Hit
  key: string
  /** From 1. */
  rank: number
  /** Rank under the other model; null when it is not among that column's hits. */
  otherRank: number | null
  /** Places won against the other column, negative when lost; null when it is not there or there is one column only. */
  gain: number | null
  /** Score as a share of the best score of the column, 0…1, for the bar. */
  share: number
}

export function rankHits(column: SearchColumn, other: SearchColumn | null): RankedHit[] {
  const otherRanks = new Map(other?.hits.map((hit, index) => [hitKey(hit), index + 1]))
  const best = Math.max(...column.hits.map((hit) => hit.score), 1e-6)
  return column.hits.map((hit, index) => {
    const rank = index + 1
    const otherRank = otherRanks.get(hitKey(hit)) ?? null
    return { hit, key: hitKey(hit), rank, otherRank, gain: otherRank === null ? null : otherRank - rank, share: Math.min(1, Math.max(0, hit.score / best)) }
  })
}

/** One line for screen readers and the eye: what was found and how long it took. */
export function describeColumns(columns: readonly SearchColumn[], nameOf: (modelId: string) => string): string {
  return columns.map((column) => `${column.hits.length} of ${column.candidateCount} in ${Math.max(1, Math.round(column.elapsedMs))} ms under ${nameOf(column.modelId)}`).join('; ')
}
