import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FromThread, ToThread } from '../../../src/main/engine/compute/thread/protocol'
import { createDeviceList } from '../../../src/main/engine/compute/thread/devices'
import { createRecentlyUsed } from '../../../src/main/engine/compute/thread/recentlyUsed'
import { serve, type ComputeHandlers } from '../../../src/main/engine/compute/thread/serve'
import { createTurns } from '../../../src/main/engine/compute/thread/turns'
import { AppError } from '../../../src/shared/errors'

describe('taking turns', () => {
  it('runs one after another, first come first served, also after a failure', async () => {
    const takeTurn = createTurns()
    const order: string[] = []
    const work = (name: string, fails = false) => async (): Promise<string> => {
      order.push(`${name} starts`)
      await new Promise((resolve) => setTimeout(resolve, 1))
      order.push(`${name} ends`)
      if (fails) throw new Error(name)
      return name
    }
    const a = takeTurn(work('a'))
    const b = takeTurn(work('b', true))
    const c = takeTurn(work('c'))
    await expect(b).rejects.toThrow('b')
    expect([await a, await c]).toEqual(['a', 'c'])
    expect(order).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends'])
  })

  it('lets a query in between two steps', async () => {
    const takeTurn = createTurns()
    const order: string[] = []
    const step = (name: string): Promise<void> => takeTurn(async () => { order.push(name) })
    const training = (async () => { for (let i = 0; i < 3; i++) await step(`step ${i}`) })()
    await Promise.all([training, step('query')])
    expect(order.indexOf('query')).toBeLessThan(order.indexOf('step 2'))
  })
})

describe('the device of a call', () => {
  it('is the chosen one with the chosen number of threads, and the processor by default, which needs no trying', async () => {
    const devices = createDeviceList(() => Promise.reject(new Error('Nothing is tried here.')))
    expect(await devices.choose({ deviceId: null, threadCount: null })).toEqual({ deviceId: 'cpu', threadCount: null })
    expect(await devices.choose({ deviceId: 'cpu', threadCount: 3 })).toEqual({ deviceId: 'cpu', threadCount: 3 })
  })

  it('is the graphics card only where it works, which is tried once', async () => {
    let tries = 0
    const devices = createDeviceList(async () => { tries++; return { isUsable: true, reason: null } })
    expect(await devices.choose({ deviceId: 'webgpu', threadCount: 2 })).toEqual({ deviceId: 'webgpu', threadCount: 2 })
    expect((await devices.list()).map(({ id, isUsable }) => [id, isUsable])).toEqual([['cpu', true], ['webgpu', true]])
    expect(tries).toBe(1)
    await expect(devices.choose({ deviceId: 'cuda:7', threadCount: null })).rejects.toThrow('no usable device “cuda:7”; there is cpu, webgpu.')
    const without = createDeviceList(async () => ({ isUsable: false, reason: 'The driver fell over.' }))
    await expect(without.choose({ deviceId: 'webgpu', threadCount: null })).rejects.toThrow('no usable device “webgpu”; there is cpu. The driver fell over.')
  })
})

describe('what was used recently', () => {
  const cpu = { deviceId: null, threadCount: null }
  let root: string
  beforeEach(() => { root = mkdtempSync(join(tmpdir(), 'fuselip-recent-')) })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  const folder = (name: string, content = 'x'): string => {
    mkdirSync(join(root, name), { recursive: true })
    writeFileSync(join(root, name, 'config.json'), content)
    return join(root, name)
  }

  it('is loaded once, thrown out when unused for longest, and loaded again when its files change', async () => {
    const loaded: string[] = []
    const disposed: string[] = []
    const { get } = createRecentlyUsed(2, (dir) => {
      const name = dir.slice(root.length + 1)
      loaded.push(name)
      return Promise.resolve({ name, dispose: () => { disposed.push(name); return Promise.resolve() } })
    })
    const [a, b, c] = [folder('a'), folder('b'), folder('c')]
    await Promise.all([get(a, cpu), get(a, cpu)])
    await get(b, cpu)
    await get(a, cpu)
    expect(loaded).toEqual(['a', 'b'])
    await get(c, cpu)
    expect(disposed).toEqual(['b'])
    await get(a, cpu)
    expect(loaded).toEqual(['a', 'b', 'c'])
    folder('a', 'longer')
    await get(a, cpu)
    expect(loaded).toEqual(['a', 'b', 'c', 'a'])
    expect(disposed).toEqual(['b', 'a'])
  })

  it('is loaded apart for each device and number of threads', async () => {
    const loaded: unknown[] = []
    const { get } = createRecentlyUsed(3, (_dir, device: { threadCount: number }) => {
      loaded.push(device.threadCount)
      return Promise.resolve({ dispose: () => Promise.resolve() })
    })
    const dir = folder('a')
    for (const threadCount of [1, 2, 1, 2]) await get(dir, { threadCount })
    expect(loaded).toEqual([1, 2])
  })

  it('disposes everything when it is cleared', async () => {
    const disposed: string[] = []
    const { get, clear } = createRecentlyUsed(2, (dir) => Promise.resolve({ dispose: () => { disposed.push(dir); return Promise.resolve() } }))
    const [a, b] = [folder('a'), folder('b')]
    await Promise.all([get(a, cpu), get(b, cpu)])
    await clear()
    await clear()
    expect(disposed).toEqual([a, b])
  })

  it('forgets a load that failed', async () => {
    let tries = 0
    const { get } = createRecentlyUsed(2, () => (++tries === 1 ? Promise.reject(new Error('once')) : Promise.resolve({ dispose: () => Promise.resolve() })))
    await expect(get(folder('a'), cpu)).rejects.toThrow('once')
    await get(folder('a'), cpu)
    expect(tries).toBe(2)
  })
})

describe('answering calls', () => {
  let port: MessageChannel
  let received: FromThread[]
  let waiting: (() => void)[]
  let disposedCount: number

  const until = async (count: number): Promise<void> => {
    while (received.length < count) await new Promise<void>((resolve) => { waiting.push(resolve) })
  }
  const send = (message: ToThread): void => port.port1.postMessage(message)

  beforeEach(() => {
    port = new MessageChannel()
    received = []
    waiting = []
    disposedCount = 0
    port.port1.on('message', (message: FromThread) => {
      received.push(message)
      waiting.splice(0).forEach((resolve) => resolve())
    })
    const kept = Float32Array.from([1, 2, 3, 4])
    const handlers: Partial<ComputeHandlers> = {
      embedSides: (_request, { emit }) => {
        emit({ kind: 'progress', done: 1, total: 2 })
        return Promise.resolve({ embeddings: kept.subarray(1, 3), width: 2 })
      },
      nearest: () => Promise.reject(new AppError('bad-input', 'Expected something else.', 'Do that.')),
      measureRecall: () => Promise.reject(new TypeError('a bug')),
      mine: (_request, { signal }) => new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('some inner failure')))
      }),
    }
    serve(port.port2, handlers as ComputeHandlers, () => { disposedCount += 1; return Promise.resolve() })
  })
  afterEach(() => port.port1.close())

  it('sends events, then the result', async () => {
    send({ kind: 'call', id: 7, method: 'embedSides', request: {} })
    await until(2)
    expect(received).toEqual([
      { kind: 'event', id: 7, event: { kind: 'progress', done: 1, total: 2 } },
      { kind: 'result', id: 7, result: { embeddings: Float32Array.from([2, 3]), width: 2 } },
    ])
  })

  it('can send the same array twice: a view into a kept array is copied', async () => {
    send({ kind: 'call', id: 1, method: 'embedSides', request: {} })
    send({ kind: 'call', id: 2, method: 'embedSides', request: {} })
    await until(4)
    expect(received.filter(({ kind }) => kind === 'result')).toHaveLength(2)
  })

  it('sends errors as data, and names unknown methods', async () => {
    send({ kind: 'call', id: 1, method: 'nearest', request: {} })
    send({ kind: 'call', id: 2, method: 'measureRecall', request: {} })
    send({ kind: 'call', id: 3, method: 'noSuchMethod' as 'nearest', request: {} })
    await until(3)
    expect(received).toEqual([
      { kind: 'error', id: 1, error: { code: 'bad-input', message: 'Expected something else.', advice: 'Do that.' } },
      { kind: 'error', id: 2, error: { code: 'internal', message: 'a bug', advice: null } },
      { kind: 'error', id: 3, error: { code: 'bad-input', message: expect.stringContaining('noSuchMethod') as string, advice: null } },
    ])
  })

  it('cancels one call and leaves the others alone', async () => {
    send({ kind: 'call', id: 1, method: 'mine', request: {} })
    send({ kind: 'call', id: 2, method: 'mine', request: {} })
    send({ kind: 'cancel', id: 2 })
    send({ kind: 'cancel', id: 99 })
    await until(1)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(received).toEqual([{ kind: 'error', id: 2, error: { code: 'cancelled', message: 'The work was cancelled.', advice: null } }])
  })
  it('closes: cancels what runs, gives everything back once, and ends the port', async () => {
    const closed = new Promise<void>((resolve) => port.port1.once('close', () => resolve()))
    send({ kind: 'call', id: 1, method: 'mine', request: {} })
    send({ kind: 'close' })
    send({ kind: 'close' })
    await closed
    expect(received).toEqual([{ kind: 'error', id: 1, error: expect.objectContaining({ code: 'cancelled' }) as unknown }])
    expect(disposedCount).toBe(1)
  })
})
