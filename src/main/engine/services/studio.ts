// The studio as a whole: version, host, memory, and the stream of what changes.
import type { Change, StudioStatus } from '../../../shared/contract/studio'
import type { ChangeBus } from './changes'
import type { DevicesService } from './devices'

export interface StudioDependencies {
  changes: ChangeBus
  devices: DevicesService
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
  async *watch(signal?: AbortSignal): AsyncGenerator<Change, void, void> {
    const waiting = new Map<string, Change>()
    let wake: () => void = () => undefined
    const unsubscribe = this.dependencies.changes.subscribe((change) => {
      waiting.set(keyOf(change), change)
      wake()
    })
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
      signal?.removeEventListener('abort', onAbort)
    }
  }
}

/** A newer change under the same key says all that the older one said. */
function keyOf(change: Change): string {
  if (change.topic === 'job') return `job ${change.job.id}`
  return change.topic === 'run' ? `run ${change.runId}` : change.topic
}
