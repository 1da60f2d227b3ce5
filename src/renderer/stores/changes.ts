// Listens to what changes in the engine. Each topic has a counter; whoever shows a topic watches its counter and reads
// again. After a gap in the connection every counter is raised, because changes may have been missed.
import { defineStore } from 'pinia'
import { reactive, shallowRef } from 'vue'
import type { Job } from '@shared/contract/entities'
import type { Change } from '@shared/contract/studio'
import { useApi } from '@renderer/api/api'

export type ChangeTopic = Change['topic']

const retryPauseMs = 1000

export const useChangesStore = defineStore('changes', () => {
  const api = useApi()
  const counters = reactive<Record<ChangeTopic, number>>({
    job: 0, run: 0, pairs: 0, filters: 0, negatives: 0, quality: 0, attention: 0, project: 0, models: 0, settings: 0, windows: 0,
  })
  /** The job of the latest job change; null before the first. */
  const lastJob = shallowRef<Job | null>(null)
  /** The run of the latest run change; null before the first. */
  const lastRunId = shallowRef<number | null>(null)
  type PairsChange = Extract<Change, { topic: 'pairs' }>
  const pairListeners = new Set<(change: PairsChange | null) => void>()
  let abort: AbortController | null = null

  /** Called with each change of pairs, one by one, because each names its own; null after a gap, when anything may have changed. Gives the function that ends it. */
  function onPairs(listener: (change: PairsChange | null) => void): () => void {
    pairListeners.add(listener)
    return () => pairListeners.delete(listener)
  }

  function take(change: Change): void {
    if (change.topic === 'job') lastJob.value = change.job
    if (change.topic === 'run') lastRunId.value = change.runId
    counters[change.topic] += 1
    if (change.topic === 'pairs') for (const listener of pairListeners) listener(change)
  }

  function raiseAll(): void {
    for (const topic of Object.keys(counters) as ChangeTopic[]) counters[topic] += 1
    for (const listener of pairListeners) listener(null)
  }

  async function listen(): Promise<void> {
    if (abort) return
    const controller = new AbortController()
    abort = controller
    let isFirst = true
    while (!controller.signal.aborted) {
      try {
        const stream = await api.studio.watch({}, { signal: controller.signal })
        if (!isFirst) raiseAll()
        isFirst = false
        for await (const change of stream) take(change)
      } catch {
        // The channel broke; the connection opens it again, and so do we.
        isFirst = false
      }
      if (!controller.signal.aborted) await new Promise((resolve) => setTimeout(resolve, retryPauseMs))
    }
  }

  function stop(): void {
    abort?.abort()
    abort = null
  }

  return { counters, lastJob, lastRunId, take, raiseAll, onPairs, listen, stop }
})
