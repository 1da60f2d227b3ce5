// What was measured of the pairs in sight, and how far reviewing has come; both are read again when they change.
import { onMounted, shallowRef, watch } from 'vue'
import type { AttentionState, PairAttention, ReviewProgress } from '@shared/contract/attention'
import { useApi } from '@renderer/api/api'
import { useChangesStore } from '@renderer/stores/changes'
import { useJobsStore } from '@renderer/stores/jobs'
import { useNoticesStore } from '@renderer/stores/notices'

export function useAttention(ids: () => number[]) {
  const api = useApi()
  const changes = useChangesStore()
  const jobs = useJobsStore()
  const notices = useNoticesStore()
  const state = shallowRef<AttentionState | null>(null)
  const rows = shallowRef<ReadonlyMap<number, PairAttention>>(new Map())
  const progress = shallowRef<ReviewProgress | null>(null)

  const load = (): Promise<unknown> => notices.attempt(async () => { state.value = await api.attention.get({}) })
  const loadProgress = (): Promise<unknown> => notices.attempt(async () => { progress.value = await api.attention.getProgress({}) })
  async function loadRows(): Promise<void> {
    const missing = ids().filter((id) => !rows.value.has(id))
    if (missing.length === 0) return
    const found = await notices.attempt(() => api.attention.list({ ids: missing }))
    if (found) rows.value = new Map([...rows.value, ...found.map((row) => [row.pairId, row] as const)])
  }

  async function measure(otherModelId: string | null): Promise<void> {
    await notices.attempt(async () => jobs.follow((await api.attention.refresh({ otherModelId })).jobId))
    await load()
  }

  onMounted(() => { void load(); void loadProgress() })
  watch(ids, () => void loadRows())
  watch(() => changes.counters.attention, () => {
    rows.value = new Map()
    void load()
    void loadRows()
  })
  watch(() => changes.counters.project, () => void loadProgress())
  return { state, rows, progress, measure }
}
