// The client over a real worker thread: results, events, cancel, death of the thread, and restart after it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ComputeClient } from '../../src/main/engine/compute/thread/client'

// Answers by the folder name in the request: the text says what the thread does.
const script = `
import { parentPort } from 'node:worker_threads'
const waiting = new Map()
parentPort.on('message', (message) => {
  if (message.kind === 'cancel') {
    if (waiting.delete(message.id)) parentPort.postMessage({ kind: 'error', id: message.id, error: { code: 'cancelled', message: 'Stopped.', advice: null } })
    return
  }
  if (message.kind === 'close') {
    if (!waiting.deaf) parentPort.close()
    return
  }
  const { id, request } = message
  if (request.modelDir === 'die') setTimeout(() => process.exit(3), 20)
  else if (request.modelDir === 'throw') throw new Error('broken driver')
  else if (request.modelDir === 'wait') waiting.set(id, true)
  else if (request.modelDir === 'deaf') waiting.deaf = true
  else if (request.modelDir === 'bad') parentPort.postMessage({ kind: 'error', id, error: { code: 'bad-model', message: 'No such model.', advice: 'Choose another.' } })
  else {
    parentPort.postMessage({ kind: 'event', id, event: { kind: 'progress', done: 1, total: 2 } })
    parentPort.postMessage({ kind: 'result', id, result: { width: 7 } })
  }
})
`

describe('ComputeClient', () => {
  let folder = ''
  let client: ComputeClient
  const describeModel = (modelDir: string, signal?: AbortSignal) => client.call('describeModel', { modelDir }, { signal })

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fuselip-client-'))
    writeFileSync(join(folder, 'thread.mjs'), script)
  })
  afterAll(() => rmSync(folder, { recursive: true }))
  afterEach(() => client.dispose())
  const start = () => { client = new ComputeClient(join(folder, 'thread.mjs')) }

  it('gives the result and the events of its own call', async () => {
    start()
    const events: unknown[] = []
    const result = await client.call('embedSides', { modelDir: 'fine', sides: [], device: { deviceId: null, threadCount: null } }, { onEvent: (event) => events.push(event) })
    expect(result).toEqual({ width: 7 })
    expect(events).toEqual([{ kind: 'progress', done: 1, total: 2 }])
  })

  it('passes the error of the thread on with its code and advice', async () => {
    start()
    await expect(describeModel('bad')).rejects.toMatchObject({ code: 'bad-model', message: 'No such model.', advice: 'Choose another.' })
  })

  it('cancels through the signal, also when it fired before', async () => {
    start()
    const controller = new AbortController()
    const waiting = describeModel('wait', controller.signal)
    setTimeout(() => controller.abort(), 20)
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' })
    await expect(describeModel('wait', controller.signal)).rejects.toMatchObject({ code: 'cancelled' })
  })

  it.each([['die', /exit code 3/], ['throw', /broken driver/]])('rejects every waiting call when the thread ends by %s, then starts a fresh one', async (how, reason) => {
    start()
    const waiting = describeModel('wait')
    const dying = describeModel(how)
    const settled = await Promise.allSettled([waiting, dying])
    for (const outcome of settled) {
      expect(outcome.status).toBe('rejected')
      const error = (outcome as PromiseRejectedResult).reason as { code: string; message: string }
      expect(error.code).toBe('device-failed')
      expect(error.message).toMatch(reason)
    }
    await expect(describeModel('fine')).resolves.toEqual({ width: 7 })
  })

  it('ends a call whose listener fails, and goes on with the next', async () => {
    start()
    const failing = client.call('embedSides', { modelDir: 'fine', sides: [], device: { deviceId: null, threadCount: null } }, {
      onEvent: () => { throw Object.assign(new Error('write failed'), { code: 'ENOSPC' }) },
    })
    await expect(failing).rejects.toMatchObject({ code: 'disk-full' })
    await expect(describeModel('fine')).resolves.toEqual({ width: 7 })
  })

  it('rejects what waits when it is disposed, and takes no new calls', async () => {
    start()
    const waiting = describeModel('wait')
    const expected = expect(waiting).rejects.toMatchObject({ code: 'cancelled' })
    await client.dispose()
    await expected
    await client.dispose()
    await expect(describeModel('fine')).rejects.toMatchObject({ code: 'cancelled' })
  })
  it('takes a thread away that does not end when it is told to', async () => {
    client = new ComputeClient(join(folder, 'thread.mjs'), 50)
    describeModel('deaf').catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, 100))
    const startedAtMs = Date.now()
    await client.dispose()
    expect(Date.now() - startedAtMs).toBeGreaterThanOrEqual(45)
  })
})
