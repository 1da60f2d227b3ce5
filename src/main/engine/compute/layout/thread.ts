// Entry of the layout thread: a worker that lives for one layout. UMAP blocks its thread for minutes, and neither the engine
// nor the compute thread, where a training run takes its turns, may wait for that. A cancel ends the thread.
import { parentPort, workerData } from 'node:worker_threads'
import { layOut, type LayoutProgress, type LayoutRequest, type LayoutResult } from './layout'

export type FromLayoutThread = { kind: 'progress'; progress: LayoutProgress } | { kind: 'result'; result: LayoutResult }

/** A message every 100 ms is enough for the eye. */
const progressPauseMs = 100

if (!parentPort) throw new Error('The layout thread must be started as a worker (see layoutClient.ts).')
const port = parentPort
let lastAtMs = 0
let lastPhase = ''

const result = layOut(workerData as LayoutRequest, (progress) => {
  const nowMs = performance.now()
  if (progress.phase === lastPhase && nowMs - lastAtMs < progressPauseMs && progress.done < progress.total) return
  lastAtMs = nowMs
  lastPhase = progress.phase
  port.postMessage({ kind: 'progress', progress } satisfies FromLayoutThread)
})
port.postMessage({ kind: 'result', result } satisfies FromLayoutThread, [result.places.buffer as ArrayBuffer])
