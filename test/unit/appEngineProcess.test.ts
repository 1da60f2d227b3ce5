import { describe, expect, it, vi } from 'vitest'
import { type ChildProcess, createEngineProcess } from '../../src/main/app/engineProcess'
import type { FromEngine, ToEngine } from '../../src/main/engine/hostChannel'

interface FakePort { name: string }

class FakeChild implements ChildProcess<FakePort> {
  sent: { message: ToEngine; ports: FakePort[] }[] = []
  killed = false
  emit: (message: FromEngine) => void = () => undefined
  exit: (code: number) => void = () => undefined
  postMessage(message: ToEngine, ports: FakePort[] = []) {
    this.sent.push({ message, ports })
  }
  kill() {
    this.killed = true
    return true
  }
  onMessage(listener: (message: FromEngine) => void) {
    this.emit = listener
  }
  onExit(listener: (code: number) => void) {
    this.exit = listener
  }
}

function setUp() {
  const children: FakeChild[] = []
  const clock = { nowMs: 0 }
  const events: string[] = []
  const page = { ports: [] as string[], lostCount: 0 }
  let channels = 0
  const engine = createEngineProcess<FakePort>({
    fork: () => {
      const child = new FakeChild()
      children.push(child)
      return child
    },
    createChannel: () => ({ port1: { name: `engine${++channels}` }, port2: { name: `page${channels}` } }),
    onRestarted: (reason) => events.push(`restarted: ${reason.message}`),
    onLost: (reason) => events.push(`lost: ${reason.message}`),
    now: () => clock.nowMs,
  })
  const connect = () => engine.connectPage({ sendEnginePort: (port) => page.ports.push(port.name), sendEngineLost: () => (page.lostCount += 1) })
  return { engine, children, clock, events, page, connect }
}

describe('engine process', () => {
  it('gives each load of the page its own channel', () => {
    const { children, page, connect } = setUp()
    connect()
    connect()
    expect(page.ports).toEqual(['page1', 'page2'])
    expect(children[0]?.sent).toEqual([
      { message: { kind: 'connect' }, ports: [{ name: 'engine1' }] },
      { message: { kind: 'connect' }, ports: [{ name: 'engine2' }] },
    ])
  })

  it('matches answers and refusals to their requests, in any order', async () => {
    const { engine, children } = setUp()
    const first = engine.request('tokenForPath', { path: '/a' })
    const second = engine.request('tokenForPath', { path: '/b' })
    children[0]?.emit({ kind: 'refusal', id: 2, error: { code: 'not-found', message: 'No /b.', advice: null } })
    children[0]?.emit({ kind: 'answer', id: 1, output: { token: 'A' } })
    await expect(first).resolves.toEqual({ token: 'A' })
    await expect(second).rejects.toMatchObject({ code: 'not-found', message: 'No /b.' })
  })

  it('starts the engine once more after a crash, reconnects the page, and rejects what was waiting', async () => {
    const { engine, children, events, page, connect } = setUp()
    connect()
    const waiting = engine.request('tokenForPath', { path: '/a' })
    children[0]?.exit(139)
    await expect(waiting).rejects.toThrow('exit code 139')
    expect(children).toHaveLength(2)
    expect(page.ports).toEqual(['page1', 'page2'])
    expect(events).toEqual(['restarted: The engine ended by itself (exit code 139).'])
  })

  it('gives up when it crashes again at once, and says so to page and callers', async () => {
    const { engine, children, events, page, connect } = setUp()
    connect()
    children[0]?.exit(1)
    children[1]?.exit(1)
    expect(children).toHaveLength(2)
    expect(page.lostCount).toBe(1)
    expect(events[1]).toBe('lost: The engine ended by itself (exit code 1).')
    await expect(engine.request('tokenForPath', { path: '/a' })).rejects.toThrow('exit code 1')
    connect()
    expect(page.lostCount).toBe(2)
  })

  it('forgives a crash after a minute of work', () => {
    const { children, clock } = setUp()
    children[0]?.exit(1)
    clock.nowMs = 60_000
    children[1]?.exit(1)
    expect(children).toHaveLength(3)
  })

  it('takes an unasked exit with code 0 for a crash', () => {
    const { children, events } = setUp()
    children[0]?.exit(0)
    expect(events).toHaveLength(1)
  })

  it('does not retry a start that failed for a reason it told', async () => {
    const { engine, children, events } = setUp()
    const waiting = engine.request('tokenForPath', { path: '/a' })
    children[0]?.emit({ kind: 'failed', error: { code: 'project-locked', message: 'The project is open elsewhere.', advice: null } })
    children[0]?.exit(1)
    await expect(waiting).rejects.toMatchObject({ code: 'project-locked' })
    expect(children).toHaveLength(1)
    expect(events).toEqual(['lost: The project is open elsewhere.'])
  })

  it('asks the engine to close and waits for it; no restart then', async () => {
    const { engine, children, events } = setUp()
    const waiting = engine.request('tokenForPath', { path: '/a' })
    const closing = engine.close()
    expect(children[0]?.sent.at(-1)?.message).toEqual({ kind: 'close' })
    children[0]?.exit(0)
    await closing
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' })
    expect([children.length, events.length, children[0]?.killed]).toEqual([1, 0, false])
  })

  it('kills an engine that does not close', async () => {
    vi.useFakeTimers()
    const { engine, children } = setUp()
    void engine.close()
    await vi.advanceTimersByTimeAsync(30_000)
    expect(children[0]?.killed).toBe(true)
    vi.useRealTimers()
  })
})
