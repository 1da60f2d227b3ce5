// What the last check found: the summary, the kind that is looked at, its findings in pages, and the acts on them.
import { computed, ref, shallowRef, watch } from 'vue'
import type { Cluster, DuplicateKind, Finding, KeepRule, QualitySummary } from '@shared/contract/quality'
import type { AppError } from '@shared/errors'
import { findingKindNames, findingKindOf, type FindingKind } from '@shared/quality/findingKinds'
import { useApi } from '@renderer/api/api'
import { readError } from '@renderer/api/readError'
import { useChangesStore } from '@renderer/stores/changes'
import { useHistoryStore } from '@renderer/stores/history'
import { useJobsStore } from '@renderer/stores/jobs'
import { useNoticesStore } from '@renderer/stores/notices'

export const pageSize = 50

export const isDuplicateKind = (kind: FindingKind): kind is DuplicateKind => kind === 'exact-duplicate' || kind === 'near-duplicate'

export function useQuality() {
  const api = useApi()
  const changes = useChangesStore()
  const history = useHistoryStore()
  const jobs = useJobsStore()
  const notices = useNoticesStore()
  /** Null until the first answer. */
  const summary = shallowRef<QualitySummary | null>(null)
  const error = shallowRef<AppError | null>(null)
  const kind = ref<FindingKind>('near-duplicate')
  const isDismissed = ref(false)
  const keep = ref<KeepRule>('largest')
  const pages = shallowRef<ReadonlyMap<number, Finding[]>>(new Map())
  const clusters = shallowRef<ReadonlyMap<number, Cluster>>(new Map())
  /** Findings of the kind, or clusters; null until known. */
  const total = ref<number | null>(null)
  const focus = ref(0)
  const isStarting = ref(false)
  const job = computed(() => jobs.activeOf('check'))
  /** Raised when the list means something else, so that late answers to older questions are dropped. */
  let generation = 0
  const pending = new Set<number>()

  const countOf = (of: FindingKind): number => summary.value?.counts.find((count) => count.kind === of)?.openCount ?? 0
  const dismissedOf = (of: FindingKind): number => summary.value?.counts.find((count) => count.kind === of)?.dismissedCount ?? 0
  const at = (index: number): Finding | null => pages.value.get(Math.floor(index / pageSize))?.[index % pageSize] ?? null
  const current = computed(() => at(focus.value))
  const cluster = computed(() => clusters.value.get(focus.value) ?? null)

  async function loadSummary(): Promise<void> {
    try {
      summary.value = await api.quality.getSummary({})
      error.value = null
    } catch (thrown) {
      error.value = readError(thrown)
    }
  }

  async function loadPage(page: number): Promise<void> {
    const [asked, of] = [generation, kind.value]
    if (pending.has(page)) return
    pending.add(page)
    try {
      if (isDuplicateKind(of) && !isDismissed.value) {
        const answer = await api.quality.listClusters({ kind: of, keep: keep.value, offset: page * pageSize, limit: pageSize })
        if (asked !== generation) return
        clusters.value = new Map([...clusters.value, ...answer.clusters.map((found, index): [number, Cluster] => [page * pageSize + index, found])])
        total.value = answer.total
      } else {
        const answer = await api.quality.listFindings({ kind: of, isDismissed: isDismissed.value, offset: page * pageSize, limit: pageSize })
        if (asked !== generation) return
        pages.value = new Map(pages.value).set(page, answer.findings)
        total.value = answer.total
      }
      focus.value = Math.max(0, Math.min(focus.value, (total.value ?? 1) - 1))
    } catch (thrown) {
      if (asked === generation) error.value = readError(thrown)
    } finally {
      if (asked === generation) pending.delete(page)
    }
  }

  /** Tells which findings are in sight and fetches what is missing. */
  function show(first: number, last: number): void {
    for (let page = Math.floor(first / pageSize); page <= Math.floor(last / pageSize); page++) {
      if (isDuplicateKind(kind.value) && !isDismissed.value ? !clusters.value.has(page * pageSize) : !pages.value.has(page)) void loadPage(page)
    }
  }

  async function refresh(): Promise<void> {
    generation++
    pending.clear()
    pages.value = new Map()
    clusters.value = new Map()
    await Promise.all([loadSummary(), loadPage(Math.floor(focus.value / pageSize))])
  }

  async function choose(next: FindingKind): Promise<void> {
    kind.value = next
    isDismissed.value = false
    await startOver()
  }

  async function startOver(): Promise<void> {
    focus.value = 0
    total.value = null
    await refresh()
  }

  /** The next kind with open findings, or the one before. */
  function stepKind(step: 1 | -1): void {
    const filled = findingKindNames.filter((name) => countOf(name) > 0 || name === kind.value)
    const next = filled[(filled.indexOf(kind.value) + step + filled.length) % filled.length]
    if (next && next !== kind.value) void choose(next)
  }

  function step(by: number): void {
    const next = focus.value + by
    if (next < 0 || next >= (total.value ?? 0)) return
    focus.value = next
    show(next, next)
  }

  async function start(): Promise<void> {
    await loadSummary()
    const first = findingKindNames.find((name) => countOf(name) > 0)
    if (first) kind.value = first
    await loadPage(0)
  }

  async function check(embed = false): Promise<void> {
    isStarting.value = true
    await notices.attempt(async () => jobs.follow((await api.quality.check({ embed })).jobId))
    isStarting.value = false
  }

  async function setThreshold(value: number): Promise<void> {
    const of = kind.value
    await notices.attempt(async () => { summary.value = await api.quality.setThreshold({ kind: of, value }) })
  }

  /** Runs an act that answers with the history and says how many pairs it changed. */
  async function act(work: () => Promise<{ changedCount: number; history: Parameters<typeof history.set>[0] }>, said: (count: string) => string): Promise<void> {
    await notices.attempt(() => history.inOrder(async () => {
      const changed = await work()
      history.set(changed.history)
      notices.show({ tone: changed.changedCount ? 'good' : 'plain', title: changed.changedCount ? said(`${changed.changedCount.toLocaleString('en')} ${changed.changedCount === 1 ? 'pair' : 'pairs'}`) : 'Nothing to change', text: changed.changedCount ? 'Ctrl+Z takes it back.' : null })
    }))
    await refresh()
  }

  const dismiss = (pairIds: number[] | null): Promise<void> => act(() => api.quality.dismiss({ kind: kind.value, pairIds, isDismissed: !isDismissed.value }), (count) => `${isDismissed.value ? 'Restored' : 'Dismissed'} ${count}`)
  const resolve = (clusterIds: number[] | null, keepPairId: number | null = null, how: { act?: 'reject' | 'tag'; mergeTags?: boolean } = {}): Promise<void> =>
    act(() => api.quality.resolveDuplicates({ kind: kind.value as DuplicateKind, clusterIds, keep: keep.value, keepPairId, ...how }), (count) => `${how.act === 'tag' ? 'Tagged' : 'Resolved'}: ${count} changed`)
  const mend = (how: 'trim' | 'clear'): Promise<void> =>
    act(() => api.quality.mendTexts({ kind: kind.value as 'long-text', pairIds: null, act: how }), (count) => `${how === 'trim' ? 'Trimmed' : 'Cleared'} texts of ${count}`)

  watch(() => [changes.counters.quality, changes.counters.pairs], () => void refresh())
  watch([keep, isDismissed], () => void startOver())

  return { summary, error, kind, isDismissed, keep, total, focus, current, cluster, job, isStarting, at, show, step, stepKind, choose, countOf, dismissedOf, entryOf: findingKindOf, start, refresh, check, setThreshold, dismiss, resolve, mend }
}

export type Quality = ReturnType<typeof useQuality>
