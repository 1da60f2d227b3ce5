// Answers calls that arrive on a port: each runs on its own, may send events, and ends in exactly one result or error.
import type { Transferable } from 'node:worker_threads'
import { AppError } from '../../../../shared/errors'
import type { ComputeMethod, ComputeMethods, FromThread, ToThread } from './protocol'

export interface CallContext<M extends ComputeMethod> {
  signal: AbortSignal
  emit(event: ComputeMethods[M]['event']): void
}

export type ComputeHandlers = {
  [M in ComputeMethod]: (request: ComputeMethods[M]['request'], context: CallContext<M>) => Promise<ComputeMethods[M]['result']>
}

export interface ThreadPort {
  on(event: 'message', listener: (message: ToThread) => void): unknown
  postMessage(message: FromThread, transfer?: readonly Transferable[]): void
  close(): void
}

type AnyHandler = (request: unknown, context: { signal: AbortSignal; emit(event: unknown): void }) => Promise<unknown>

/** Arrays at the top level of a result move instead of being copied; a view into a larger buffer is copied. */
function buffersOf(result: unknown): Transferable[] {
  if (typeof result !== 'object' || result === null) return []
  return Object.values(result).flatMap((value: unknown) =>
    ArrayBuffer.isView(value) && value.buffer instanceof ArrayBuffer && value.byteLength === value.buffer.byteLength ? [value.buffer] : [])
}

/** @param dispose gives back what the handlers hold; called once, when the thread is told to close and every call has ended */
export function serve(port: ThreadPort, handlers: ComputeHandlers, dispose: () => Promise<void>): void {
  const running = new Map<number, AbortController>()
  const answers = new Set<Promise<void>>()
  let isClosing = false

  const answer = async (id: number, method: ComputeMethod, request: unknown): Promise<void> => {
    const controller = new AbortController()
    running.set(id, controller)
    try {
      if (isClosing) throw new AppError('cancelled', 'The engine is closing; no new work is taken.')
      const handler = handlers[method] as AnyHandler | undefined
      if (!handler) throw new AppError('bad-input', `The compute thread has no method “${String(method)}”.`)
      const emit = (event: unknown): void => port.postMessage({ kind: 'event', id, event })
      const result = await handler(request, { signal: controller.signal, emit })
      port.postMessage({ kind: 'result', id, result }, buffersOf(result))
    } catch (thrown) {
      // An error that comes of an abort is the abort, whatever the work made of it.
      const error = controller.signal.aborted ? new AppError('cancelled', 'The work was cancelled.') : AppError.from(thrown)
      port.postMessage({ kind: 'error', id, error: error.toJson() })
    } finally {
      running.delete(id)
    }
  }

  /** The port is what keeps the thread alive, so closing it ends the thread. */
  const close = async (): Promise<void> => {
    isClosing = true
    for (const controller of running.values()) controller.abort()
    await Promise.all(answers)
    await dispose().catch(() => undefined)
    port.close()
  }

  port.on('message', (message) => {
    if (message.kind === 'call') {
      const answering = answer(message.id, message.method, message.request).finally(() => answers.delete(answering))
      answers.add(answering)
    } else if (message.kind === 'cancel') running.get(message.id)?.abort()
    else if (!isClosing) void close()
  })
}
