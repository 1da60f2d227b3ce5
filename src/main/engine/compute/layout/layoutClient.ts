// The services' side of the layout thread: one worker per layout, ended when its job is cancelled. No device is held there,
// so a thread may be ended in the middle of anything.
import { Worker } from 'node:worker_threads'
import { AppError } from '../../../../shared/errors'
import type { LayoutProgress, LayoutRequest, LayoutResult } from './layout'
import type { FromLayoutThread } from './thread'

export interface LayoutCallOptions {
  signal?: AbortSignal
  onProgress?: (progress: LayoutProgress) => void
}

export class LayoutClient {
  constructor(private readonly scriptPath: string) {}

  /** @throws AppError 'cancelled' when the signal fires, 'internal' when the thread dies */
  layOut(request: LayoutRequest, { signal, onProgress }: LayoutCallOptions = {}): Promise<LayoutResult> {
    if (signal?.aborted) return Promise.reject(cancelled())
    return new Promise((resolve, reject) => {
      const worker = new Worker(this.scriptPath, { workerData: request })
      const end = (settle: () => void): void => {
        signal?.removeEventListener('abort', onAbort)
        worker.removeAllListeners()
        // A late error of a thread that is being ended must not end the engine.
        worker.on('error', () => undefined)
        void worker.terminate()
        settle()
      }
      const onAbort = (): void => end(() => reject(cancelled()))
      signal?.addEventListener('abort', onAbort, { once: true })
      worker.on('message', (message: FromLayoutThread) => {
        if (message.kind === 'progress') onProgress?.(message.progress)
        else end(() => resolve(message.result))
      })
      worker.on('error', (thrown) => end(() => reject(AppError.from(thrown))))
      worker.on('exit', (code) => end(() => reject(new AppError('internal', `The layout thread ended with code ${code} before it had a map.`, 'Make the map again; with less memory in use if it happens twice.'))))
    })
  }
}

const cancelled = (): AppError => new AppError('cancelled', 'The map was cancelled.')
