// The services' side of the compute thread: typed calls over a worker, with cancel, events and recovery.
// A thread that dies rejects every waiting call at once (nothing may hang); the next call starts a fresh thread.
import { Worker, type Transferable } from 'node:worker_threads'
import { AppError } from '../../../../shared/errors'
import type { ComputeMethod, ComputeMethods, FromThread, ToThread } from './protocol'

export interface CallOptions<M extends ComputeMethod> {
  signal?: AbortSignal
  onEvent?: (event: ComputeMethods[M]['event']) => void
  /** Buffers that move to the thread and are empty here afterwards. */
  transfer?: Transferable[]
}

/** A graph that runs cannot be broken off; this is longer than one takes, micro-batches of a large model included. */
const defaultClosePatienceMs = 20_000

/** What services need of the thread; tests put a small stand-in here. */
export interface Compute {
  call<M extends ComputeMethod>(method: M, request: ComputeMethods[M]['request'], options?: CallOptions<M>): Promise<ComputeMethods[M]['result']>
  dispose(): Promise<void>
}

interface WaitingCall {
  resolve: (result: unknown) => void
  reject: (error: AppError) => void
  onEvent: ((event: unknown) => void) | null
  stopListening: () => void
}

export class ComputeClient implements Compute {
  readonly #scriptPath: string
  #worker: Worker | null = null
  #waiting = new Map<number, WaitingCall>()
  #nextId = 1
  #isDisposed = false
  #ending: Promise<void> | null = null

  constructor(scriptPath: string, private readonly closePatienceMs = defaultClosePatienceMs) {
    this.#scriptPath = scriptPath
  }

  /** @throws AppError: what the thread answered; 'device-failed' when it died; 'cancelled' when the signal fired */
  call<M extends ComputeMethod>(method: M, request: ComputeMethods[M]['request'], options: CallOptions<M> = {}): Promise<ComputeMethods[M]['result']> {
    if (this.#isDisposed) return Promise.reject(new AppError('cancelled', 'The engine is closing; no new work is taken.'))
    const { signal } = options
    if (signal?.aborted) return Promise.reject(cancelled())
    const id = this.#nextId++
    return new Promise<ComputeMethods[M]['result']>((resolve, reject) => {
      // The thread answers a cancel itself once the work has really ended, so that no device is used by two calls.
      const onAbort = () => this.#worker?.postMessage({ kind: 'cancel', id } satisfies ToThread)
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting.set(id, {
        resolve: resolve as (result: unknown) => void,
        reject,
        onEvent: (options.onEvent as ((event: unknown) => void) | undefined) ?? null,
        stopListening: () => signal?.removeEventListener('abort', onAbort),
      })
      try {
        this.#worker ??= this.#start()
        this.#worker.postMessage({ kind: 'call', id, method, request } satisfies ToThread, options.transfer ?? [])
      } catch (thrown) {
        this.#settle(id)?.reject(AppError.from(thrown))
      }
    })
  }

  /** Rejects calls that still wait as cancelled, and resolves when the thread has ended. */
  async dispose(): Promise<void> {
    this.#isDisposed = true
    const worker = this.#worker
    this.#worker = null
    this.#rejectAll(new AppError('cancelled', 'The engine is closing; the work was given up.'))
    this.#ending ??= worker ? this.#end(worker) : null
    await this.#ending
  }

  /**
   * Asks the thread to end by itself. Taking it away while ONNX Runtime works would end the whole process: its binding
   * throws a C++ exception when it comes back to a thread that is being terminated. So that is the last resort only.
   */
  async #end(worker: Worker): Promise<void> {
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    worker.postMessage({ kind: 'close' } satisfies ToThread)
    const patience = setTimeout(() => void worker.terminate(), this.closePatienceMs)
    await ended
    clearTimeout(patience)
  }

  #start(): Worker {
    const worker = new Worker(this.#scriptPath)
    let failure: Error | null = null
    worker.on('message', (message: FromThread) => this.#receive(message))
    worker.on('messageerror', (error) => { failure = error })
    worker.on('error', (error) => {
      failure = error instanceof Error ? error : new Error(String(error))
      this.#lose(worker, failure, null)
    })
    worker.on('exit', (exitCode) => this.#lose(worker, failure, exitCode))
    return worker
  }

  #receive(message: FromThread): void {
    if (message.kind === 'event') {
      this.#passOn(message.id, message.event)
    } else if (message.kind === 'result') {
      this.#settle(message.id)?.resolve(message.result)
    } else {
      this.#settle(message.id)?.reject(AppError.fromJson(message.error))
    }
  }

  /** A listener that fails (the disk is full when it writes progress) ends its call; the work would be lost anyway. */
  #passOn(id: number, event: unknown): void {
    try {
      this.#waiting.get(id)?.onEvent?.(event)
    } catch (thrown) {
      this.#worker?.postMessage({ kind: 'cancel', id } satisfies ToThread)
      this.#settle(id)?.reject(AppError.from(thrown))
    }
  }

  #lose(worker: Worker, failure: Error | null, exitCode: number | null): void {
    if (this.#worker !== worker) return
    this.#worker = null
    const isMemory = (failure as { code?: unknown } | null)?.code === 'ERR_WORKER_OUT_OF_MEMORY'
    const reason = failure ? failure.message : `exit code ${exitCode ?? 'unknown'}`
    this.#rejectAll(
      isMemory
        ? new AppError('out-of-memory', `The compute thread ran out of memory: ${reason}.`, 'Use a smaller batch size, then try again.', { cause: failure })
        : new AppError('device-failed', `The compute thread ended unexpectedly: ${reason}.`, 'Try again; a fresh thread is started. If it happens again, choose another device in the settings.', { cause: failure }),
    )
  }

  #settle(id: number): WaitingCall | undefined {
    const call = this.#waiting.get(id)
    if (!call) return undefined
    this.#waiting.delete(id)
    call.stopListening()
    return call
  }

  #rejectAll(error: AppError): void {
    for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(error)
  }
}

const cancelled = () => new AppError('cancelled', 'The work was cancelled.')
