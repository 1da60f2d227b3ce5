// Why a pair comes at this place of the queue, in one line.
import type { AttentionState, PairAttention } from '@shared/contract/attention'
import { neededDecisions } from '@shared/contract/attention'
import type { Pair } from '@shared/contract/entities'
import type { PairSort } from '@shared/contract/pairs'
import { countOf, formatPercent, formatScore } from '@renderer/lib/format'

/** Orders that have to be measured first. */
export const isMeasuredSort = (sort: PairSort): boolean => sort === 'disagreement' || sort === 'edge' || sort === 'rarity'

export function whyThisOne(sort: PairSort, pair: Pair, attention: PairAttention | undefined, state: AttentionState | null): string | null {
  if (sort === 'lowest-score') return pair.score === null ? 'Not scored yet' : `Agreement of picture and text ${formatScore(pair.score)}`
  if (!isMeasuredSort(sort)) return null
  if (!attention || attention.rarity === null) return 'Not measured yet'
  if (sort === 'rarity') return `Its cluster ${attention.cluster} has ${countOf(attention.clusterSize ?? 0, 'pair')} · rarer than ${formatPercent(attention.rarity)} of all`
  if (sort === 'disagreement') {
    return attention.disagreement === null ? 'No second model was compared' : `Two models rank it ${formatPercent(attention.disagreement)} apart · ${formatScore(pair.score)} and ${formatScore(attention.otherScore)}`
  }
  if (attention.acceptProbability === null) return `Needs ${neededDecisions} accepted and ${neededDecisions} rejected pairs to learn from`
  const learned = state?.learned ? ` · learned from ${countOf(state.learned.decisionCount, 'decision')}, ${formatPercent(state.learned.agreement)} alike` : ''
  return `Chance of being accepted ${formatPercent(attention.acceptProbability)}${learned}`
}
