// Drives the engine process of the Electron host: start, restart once after a crash, hand its channel to each page that
// loads, and ask it for pictures. Knows Electron by shape only, so that it runs in tests with a fake process.
import { AppError } from '@shared/errors'
import type { FromEngine, HostRequestName, HostRequests, ToEngine } from '../engine/hostChannel'

export interface ChildProcess<Port> {
  postMessage(message: ToEngine, transfer?: Port[]): void
  kill(): boolean
  onMessage(listener: (message: FromEngine) => void): void
  onExit(listener: (exitCode: number) => void): void
}

/** The page's end of a channel is sent to it; the other end goes to the engine. */
export interface Page<Port> {
  sendEnginePort(port: Port): void
  sendEngineLost(): void
}

export interface EngineProcessOptions<Port> {
  fork: () => ChildProcess<Port>
  createChannel: () => { port1: Port; port2: Port }
  /** The engine ended by itself and was started again. */
  onRestarted: (reason: AppError) => void
  /** The engine cannot be started, or crashed again soon after a restart. */
  onLost: (reason: AppError) => void
  now?: () => number
}

export interface EngineProcess<Port> {
  connectPage(page: Page<Port>): void
  request<Name extends HostRequestName>(name: Name, input: HostRequests[Name]['input']): Promise<HostRequests[Name]['output']>
  /** Lets the engine finish its writes; kills it when that takes too long. */
  close(): Promise<void>
}

/** A crash later than this after a start counts as the first one again. */
const stableAfterMs = 60_000
/** More than the engine itself may take: it waits 6 s for its jobs and then 20 s for a graph that runs. */
const closePatienceMs = 30_000

interface Waiting {
  resolve(output: unknown): void
  reject(reason: AppError): void
}

export function createEngineProcess<Port>(options: EngineProcessOptions<Port>): EngineProcess<Port> {
  const now = options.now ?? Date.now
  const waiting = new Map<number, Waiting>()
  let child: ChildProcess<Port> | null = null
  let page: Page<Port> | null = null
  let nextId = 1
  let startedAtMs = 0
  let mayRestart = true
  let startFailure: AppError | null = null
  let lost: AppError | null = null
  let closed: { resolve(): void } | null = null

  function refuseAll(reason: AppError): void {
    for (const { reject } of waiting.values()) reject(reason)
    waiting.clear()
  }

  function receive(message: FromEngine): void {
    if (message.kind === 'failed') {
      startFailure = AppError.fromJson(message.error)
      return
    }
    if (message.kind === 'ready') return
    const call = waiting.get(message.id)
    waiting.delete(message.id)
    if (message.kind === 'answer') call?.resolve(message.output)
    else call?.reject(AppError.fromJson(message.error))
  }

  function ended(exitCode: number): void {
    child = null
    // Ours to end: an exit, whatever its code. Anything else is a crash, an exit with code 0 too.
    if (closed !== null) {
      refuseAll(new AppError('cancelled', 'The studio is closing.'))
      closed.resolve()
      return
    }
    const reason = startFailure ?? new AppError('internal', `The engine ended by itself (exit code ${exitCode}).`, 'Work up to the last checkpoint is kept. Start the studio again if this comes back.')
    refuseAll(reason)
    if (now() - startedAtMs >= stableAfterMs) mayRestart = true
    if (startFailure === null && mayRestart) {
      mayRestart = false
      start()
      if (page) connect(page)
      options.onRestarted(reason)
    } else {
      lost = reason
      page?.sendEngineLost()
      options.onLost(reason)
    }
  }

  function start(): void {
    startFailure = null
    startedAtMs = now()
    const started = options.fork()
    child = started
    started.onMessage(receive)
    started.onExit((exitCode) => {
      if (child === started) ended(exitCode)
    })
  }

  function connect(to: Page<Port>): void {
    if (child === null) {
      to.sendEngineLost()
      return
    }
    const { port1, port2 } = options.createChannel()
    child.postMessage({ kind: 'connect' }, [port1])
    to.sendEnginePort(port2)
  }

  start()
  return {
    connectPage(to) {
      page = to
      connect(to)
    },
    request(name, input) {
      const running = child
      if (running === null) return Promise.reject(lost ?? new AppError('internal', 'The engine is not running.', 'Start the studio again.'))
      return new Promise((resolve, reject) => {
        const id = nextId++
        waiting.set(id, { resolve: resolve as Waiting['resolve'], reject })
        running.postMessage({ kind: 'request', id, name, input })
      })
    },
    close() {
      const running = child
      if (running === null) return Promise.resolve()
      return new Promise((resolve) => {
        const timer = setTimeout(() => running.kill(), closePatienceMs)
        closed = {
          resolve: () => {
            clearTimeout(timer)
            resolve()
          },
        }
        running.postMessage({ kind: 'close' })
      })
    },
  }
}
