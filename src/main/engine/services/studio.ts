// The studio as a whole: version, host, memory, and the stream of what changes.
import type { Change, StudioStatus } from '../../../shared/contract/studio'
import type { ChangeBus } from './changes'
import { editContext } from '../store/editContext'
import type { DevicesService } from './devices'
import type { WindowsService } from './windows'

export interface StudioDependencies {
  changes: ChangeBus
  devices: DevicesService
  windows: WindowsService
  version: string
  host: StudioStatus['host']
  getProjectName: () => string
}

export class StudioService {
  readonly #startedAtMs = Date.now()

  constructor(private readonly dependencies: StudioDependencies) {}

  getStatus(): StudioStatus {
    const { devices, version, host, getProjectName } = this.dependencies
    return { version, host, projectName: getProjectName(), device: devices.getCurrent(), memoryBytes: process.memoryUsage.rss(), startedAtMs: this.#startedAtMs }
  }

  /** Ends when the client stops listening. What changes between two reads is kept; repeats of one topic are merged. */
  watch(signal?: AbortSignal): AsyncGenerator<Change, void, void> {
    // Asked now: the generator runs when the channel pulls, outside of the call.
    return this.#listen(editContext().windowId, signal)
  }

  async *#listen(windowId: string | null, signal: AbortSignal | undefined): AsyncGenerator<Change, void, void> {
    const waiting = new Map<string, Change>()
    let wake: () => void = () => undefined
    const unsubscribe = this.dependencies.changes.subscribe((change) => {
      const key = keyOf(change)
      waiting.set(key, merge(waiting.get(key), change))
      wake()
    })
    const close = windowId === null ? null : this.dependencies.windows.open(windowId)
    const onAbort = () => wake()
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      while (!signal?.aborted) {
        const [next] = waiting
        if (next) {
          waiting.delete(next[0])
          yield next[1]
        } else {
          await new Promise<void>((resolve) => { wake = resolve })
        }
      }
    } finally {
      unsubscribe()
      close?.()
      signal?.removeEventListener('abort', onAbort)
    }
  }
}

/** A newer change under the same key says all that the older one said, once they are merged. */
function keyOf(change: Change): string {
  if (change.topic === 'job') return `job ${change.job.id}`
  if (change.topic === 'pairs') return `pairs ${change.windowId ?? ''}`
  return change.topic === 'run' ? `run ${change.runId}` : change.topic
}

/** More ids than this are not kept apart: whoever shows pairs reads its list again. */
const mostNamedPairs = 500

function merge(older: Change | undefined, newer: Change): Change {
  if (older?.topic !== 'pairs' || newer.topic !== 'pairs') return newer
  const pairIds = older.pairIds == null || newer.pairIds == null ? null : [...new Set([...older.pairIds, ...newer.pairIds])]
  return { ...newer, pairIds: pairIds !== null && pairIds.length <= mostNamedPairs ? pairIds : null }
}
