// The snapshots of the project, read again whenever the project changes.
import { defineStore } from 'pinia'
import { ref, shallowRef, watch } from 'vue'
import type { Snapshot } from '@shared/contract/snapshots'
import type { AppError } from '@shared/errors'
import { useApi } from '@renderer/api/api'
import { readError } from '@renderer/api/readError'
import { useChangesStore } from './changes'

export const useSnapshotsStore = defineStore('snapshots', () => {
  const api = useApi()
  const changes = useChangesStore()
  /** Newest first; null before the first answer. */
  const snapshots = shallowRef<readonly Snapshot[] | null>(null)
  const error = shallowRef<AppError | null>(null)
  /** Nobody looks at them most of the time; then nothing is read. */
  const isWatched = ref(false)

  async function load(): Promise<void> {
    try {
      snapshots.value = await api.snapshots.list({})
      error.value = null
    } catch (thrown) {
      error.value = readError(thrown)
    }
  }

  watch(() => changes.counters.project, () => { if (isWatched.value) void load() })

  return { snapshots, error, isWatched, load }
})
