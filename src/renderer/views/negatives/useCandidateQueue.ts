// The mined candidates in the order of their hardness, and the judgements a person makes on them. A judgement shows at
// once and is taken back when the engine refuses it; an undo leads back to the candidate that was judged last.
import { computed, ref, shallowRef, watch } from 'vue'
import type { Verdict } from '@shared/contract/entities'
import type { Candidate, MiningSummary } from '@shared/contract/negatives'
import type { AppError } from '@shared/errors'
import { useApi } from '@renderer/api/api'
import { readError } from '@renderer/api/readError'
import { useChangesStore } from '@renderer/stores/changes'
import { useHistoryStore } from '@renderer/stores/history'
import { useNoticesStore } from '@renderer/stores/notices'

export type JudgedFilter = 'open' | 'judged' | 'all'

const batchSize = 100
const reserve = 20

export function useCandidateQueue() {
  const api = useApi()
  const changes = useChangesStore()
  const history = useHistoryStore()
  const notices = useNoticesStore()
  const items = shallowRef<Candidate[]>([])
  const position = ref(0)
  const beyondCount = ref(0)
  const filter = ref<JudgedFilter>('open')
  const summary = shallowRef<MiningSummary | null>(null)
  const isLoaded = ref(false)
  const error = shallowRef<AppError | null>(null)
  let generation = 0
  let isReading = false

  const current = computed(() => items.value[position.value] ?? null)
  const total = computed(() => items.value.length + beyondCount.value)
  const isInFilter = (candidate: Candidate): boolean => filter.value === 'all' || (candidate.verdict === null) === (filter.value === 'open')

  async function read(): Promise<void> {
    const asked = generation
    const offset = items.value.filter(isInFilter).length
    const answer = await api.negatives.listCandidates({ judged: filter.value, offset, limit: batchSize })
    if (asked !== generation) return
    const known = new Set(items.value.map((candidate) => candidate.id))
    items.value = [...items.value, ...answer.candidates.filter((candidate) => !known.has(candidate.id))]
    beyondCount.value = Math.max(0, answer.total - items.value.filter(isInFilter).length)
  }

  async function readMore(): Promise<void> {
    if (isReading || (isLoaded.value && beyondCount.value === 0)) return
    isReading = true
    try {
      await history.inOrder(read)
      error.value = null
    } catch (thrown) {
      error.value = readError(thrown)
    } finally {
      isReading = false
      isLoaded.value = true
    }
  }

  async function loadSummary(): Promise<void> {
    const before = summary.value?.minedAtMs
    summary.value = (await notices.attempt(() => api.negatives.getSummary({}))) ?? summary.value
    if (before !== undefined && before !== summary.value?.minedAtMs) await restart()
  }

  async function restart(): Promise<void> {
    generation += 1
    items.value = []
    position.value = 0
    beyondCount.value = 0
    isLoaded.value = false
    isReading = false
    await readMore()
  }

  function put(candidate: Candidate): void {
    items.value = items.value.map((other) => (other.id === candidate.id ? candidate : other))
  }

  function move(step: number): void {
    position.value = Math.min(items.value.length, Math.max(0, position.value + step))
    if (items.value.length - position.value < reserve) void readMore()
  }

  async function judge(verdict: Verdict): Promise<void> {
    const candidate = current.value
    if (!candidate) return
    put({ ...candidate, verdict })
    move(1)
    const answer = await notices.attempt(() => history.inOrder(async () => {
      const judged = await api.negatives.judge({ pairId: candidate.pair.id, otherPairId: candidate.other.id, verdict })
      history.set(judged.history)
      return judged
    }))
    if (answer) return
    put(candidate)
    position.value = items.value.indexOf(candidate)
  }

  /** Reads the verdicts of the loaded candidates again and goes to the first one that changed. */
  async function readVerdicts(): Promise<void> {
    const answer = await notices.attempt(() => api.negatives.listCandidates({ judged: 'all', offset: 0, limit: 200 }))
    const byId = new Map(answer?.candidates.map((candidate) => [candidate.id, candidate]))
    let firstChanged = -1
    items.value = items.value.map((candidate, index) => {
      const fresh = byId.get(candidate.id)
      if (!fresh || fresh.verdict === candidate.verdict) return candidate
      if (firstChanged < 0) firstChanged = index
      return fresh
    })
    if (firstChanged >= 0) position.value = firstChanged
  }

  watch(() => history.restored, () => void readVerdicts())
  watch(() => [changes.counters.negatives, changes.counters.pairs, changes.counters.models], () => void loadSummary())
  watch(filter, () => void restart())

  return {
    items, position, current, total, filter, summary, isLoaded, error, judge,
    start: () => Promise.all([loadSummary(), restart()]),
    skip: () => move(1),
    back: () => move(-1),
  }
}
