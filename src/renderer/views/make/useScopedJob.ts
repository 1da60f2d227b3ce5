// A scope of pairs, a preview of what an act would do to it, and the job that does it.
import { computed, ref, shallowRef, watch } from 'vue'
import type { PairScope } from '@shared/contract/pairs'
import { useAnswer } from '@renderer/composables/useAnswer'
import { useChangesStore } from '@renderer/stores/changes'
import { isActive, useJobsStore } from '@renderer/stores/jobs'
import { useNoticesStore } from '@renderer/stores/notices'
import { usePairsStore } from '@renderer/stores/pairs'
import { useSelectionStore } from '@renderer/stores/selection'

const typingPauseMs = 250

/** @param options what the preview hangs on besides the scope; `canAsk` false keeps it from being asked for */
export function useScopedJob<Preview>(options: () => unknown, act: {
  preview: (scope: PairScope, signal: AbortSignal) => Promise<Preview>
  start: (scope: PairScope) => Promise<{ jobId: number }>
  canAsk?: () => boolean
}) {
  const pairs = usePairsStore()
  const selection = useSelectionStore()
  const jobs = useJobsStore()
  const notices = useNoticesStore()
  const changes = useChangesStore()
  const scope = shallowRef<PairScope>(selection.scope ?? { filter: { ...pairs.filter }, except: [] })
  const preview = useAnswer<Preview>()
  const jobId = ref<number | null>(null)
  const job = computed(() => jobs.jobs.find(({ id }) => id === jobId.value) ?? null)
  const isRunning = computed(() => job.value !== null && isActive(job.value))
  let timer: ReturnType<typeof setTimeout> | undefined

  function ask(): void {
    clearTimeout(timer)
    if (act.canAsk?.() === false) preview.clear()
    // While the job goes on, every chunk changes the pairs; the outcome is shown when it has ended.
    else if (!isRunning.value) timer = setTimeout(() => void preview.ask((signal) => act.preview(scope.value, signal)), typingPauseMs)
  }

  async function start(): Promise<void> {
    if (isRunning.value) return
    await notices.attempt(async () => {
      const started = await act.start(scope.value)
      jobId.value = started.jobId
      await jobs.follow(started.jobId)
    })
  }

  watch([scope, () => JSON.stringify(options()), () => changes.counters.pairs, isRunning], ask, { immediate: true })
  return { scope, preview, jobId, isRunning, start, ask }
}
