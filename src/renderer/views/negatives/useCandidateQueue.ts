// The mined candidates in the order of their hardness, and the judgements a person makes on them.
import { ref, shallowRef, watch } from 'vue'
import type { Verdict } from '@shared/contract/entities'
import type { Candidate, MiningSummary } from '@shared/contract/negatives'
import { useApi } from '@renderer/api/api'
import { useDecisionQueue } from '@renderer/composables/useDecisionQueue'
import { useChangesStore } from '@renderer/stores/changes'
import { useHistoryStore } from '@renderer/stores/history'
import { useNoticesStore } from '@renderer/stores/notices'
import { useJudgements } from './useJudgements'

export type JudgedFilter = 'open' | 'judged' | 'all'

export function useCandidateQueue() {
  const api = useApi()
  const changes = useChangesStore()
  const history = useHistoryStore()
  const notices = useNoticesStore()
  const judgements = useJudgements()
  const filter = ref<JudgedFilter>('open')
  const summary = shallowRef<MiningSummary | null>(null)
  const queue = useDecisionQueue<Candidate>({
    batchSize: 100,
    read: async (engine, offset, limit) => {
      const { candidates, total } = await engine.negatives.listCandidates({ judged: filter.value, offset, limit })
      return { items: candidates, total }
    },
    isListed: (candidate) => filter.value === 'all' || (candidate.verdict === null) === (filter.value === 'open'),
  })

  async function loadSummary(): Promise<void> {
    const before = summary.value?.minedAtMs
    summary.value = (await notices.attempt(() => api.negatives.getSummary({}))) ?? summary.value
    if (before !== undefined && before !== summary.value?.minedAtMs) await start()
  }

  async function start(): Promise<void> {
    await Promise.all([queue.restart(), notices.attempt(() => history.inOrder(judgements.readChanged))])
  }

  const judge = (verdict: Verdict): Promise<void> => queue.decide((candidate) => ({ ...candidate, verdict }), (candidate) => notices.attempt(() => history.inOrder(async () => {
    const judged = await api.negatives.judge({ pairId: candidate.pair.id, otherPairId: candidate.other.id, verdict })
    history.set(judged.history)
    judgements.note({ ...candidate, verdict })
    return []
  })))

  watch(() => history.restored, async () => {
    queue.restore((await notices.attempt(() => history.inOrder(judgements.readChanged))) ?? [])
  })
  watch(() => [changes.counters.negatives, changes.counters.pairs, changes.counters.models], () => void loadSummary())
  watch(filter, () => void queue.restart())

  return { ...queue, filter, summary, judge, start: () => Promise.all([loadSummary(), start()]) }
}
