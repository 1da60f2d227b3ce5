// The handlers of the compute thread, without the thread: real model code in the process of the test.
import { createHandlers } from '../../src/main/engine/compute/thread/handlers'
import type { CallOptions, Compute } from '../../src/main/engine/compute/thread/client'
import type { ComputeMethod, ComputeMethods } from '../../src/main/engine/compute/thread/protocol'

type AnyHandler = (request: unknown, context: { signal: AbortSignal; emit: (event: unknown) => void }) => Promise<unknown>

export class DirectCompute implements Compute {
  readonly calls: { method: ComputeMethod; request: unknown }[] = []
  /** Waits here before every call, so that a test can hold a job. */
  gate: (method: ComputeMethod) => Promise<void> = () => Promise.resolve()
  readonly #handlers = createHandlers()

  async call<M extends ComputeMethod>(method: M, request: ComputeMethods[M]['request'], options: CallOptions<M> = {}): Promise<ComputeMethods[M]['result']> {
    this.calls.push({ method, request })
    await this.gate(method)
    const handler = this.#handlers[method] as unknown as AnyHandler
    const emit = (event: unknown): void => options.onEvent?.(event as ComputeMethods[M]['event'])
    return (await handler(request, { signal: options.signal ?? new AbortController().signal, emit })) as ComputeMethods[M]['result']
  }

  requests<M extends ComputeMethod>(method: M): ComputeMethods[M]['request'][] {
    return this.calls.filter((call) => call.method === method).map(({ request }) => request as ComputeMethods[M]['request'])
  }

  async dispose(): Promise<void> {}
}
