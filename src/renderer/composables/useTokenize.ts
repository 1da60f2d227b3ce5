// Starts the job that tokenizes pictures without cached tokens, and shows it in the tray.
import { useApi } from '@renderer/api/api'
import { useJobsStore } from '@renderer/stores/jobs'
import { useNoticesStore } from '@renderer/stores/notices'
import { useShellStore } from '@renderer/stores/shell'

export function useTokenize(): () => Promise<void> {
  const api = useApi()
  const jobs = useJobsStore()
  const notices = useNoticesStore()
  const shell = useShellStore()
  return async () => {
    await notices.attempt(async () => {
      await jobs.follow((await api.tokens.start({})).jobId)
      shell.isJobTrayOpen = true
    })
  }
}
