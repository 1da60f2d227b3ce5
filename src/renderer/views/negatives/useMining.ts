// Starting a mining job and following the one that is under way.
import { computed, ref } from 'vue'
import { useApi } from '@renderer/api/api'
import { useJobsStore } from '@renderer/stores/jobs'
import { useNoticesStore } from '@renderer/stores/notices'

export function useMining() {
  const api = useApi()
  const jobs = useJobsStore()
  const notices = useNoticesStore()
  const isStarting = ref(false)
  const job = computed(() => jobs.activeOf('mine'))

  async function mine(options: { modelId?: string | null; perPair?: number; margin?: number } = {}): Promise<void> {
    isStarting.value = true
    await notices.attempt(async () => jobs.follow((await api.negatives.mine(options)).jobId))
    isStarting.value = false
  }

  return { mine, job, isStarting }
}
