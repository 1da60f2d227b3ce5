// Ending the real programs while ONNX Runtime is at work in their compute thread: clean exit codes, nothing on standard
// error but our own words, and a run that goes on where it was. (A thread that is taken away in the middle of native work
// ends the whole process with “terminate called … Napi::Error”.)
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { StudioClient } from '../../src/main/cli/session'
import { recipeSchema } from '../../src/shared/recipe'
import { openStore } from '../../src/main/engine/store/openStore'
import { numberedTexts, writeTextProject } from '../helpers/textProject'

const cli = resolve(import.meta.dirname, '../../out/main/cli.js')
const crash = /terminate called|Napi::Error|core dumped|FATAL|Assertion/i
const pairCount = 192
/** One step takes seconds, so that a signal comes while ONNX Runtime works. */
const recipe = { epochs: 400, batchSize: pairCount, warmupSteps: 1, validateEverySteps: 1000, checkpointEverySteps: 1000, useHardNegatives: false }
/** By then the model is loaded and the first graph compiled, even on a busy machine. */
const inStepMs = 4000

let dir = ''
let child: ChildProcess | null = null
let errors = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fuselip-shutdown-'))
  writeTextProject(join(dir, 'texts'), { pairCount, texts: numberedTexts })
  errors = ''
})
afterEach(() => {
  if (child?.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 })
})

function follow(started: ChildProcess): ChildProcess {
  child = started
  started.stderr!.on('data', (chunk: Buffer) => { errors += chunk.toString() })
  return started
}

const start = (...argv: string[]): ChildProcess =>
  follow(spawn(process.execPath, [cli, '--project', join(dir, 'texts'), ...argv], {
    env: { ...process.env, FUSELIP_DATA_DIR: join(dir, 'data') }, stdio: ['ignore', 'pipe', 'pipe'],
  }))

const ended = (running: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> =>
  new Promise((settle) => running.once('close', (code, signal) => settle({ code, signal })))
const settings = Object.entries(recipe).flatMap(([key, value]) => ['--set', `${key}=${value}`])
const pause = (ms: number): Promise<void> => new Promise((settle) => setTimeout(settle, ms))

async function untilTrainingSays(words: string): Promise<void> {
  while (!errors.includes(words)) {
    if (child!.exitCode !== null) throw new Error(`The command ended early.\n${errors}`)
    await pause(20)
  }
}

function storedRun() {
  const store = openStore(join(dir, 'texts'))
  try {
    return store.runs.list()[0]!
  } finally {
    store.close()
  }
}

describe('ending in the middle of native work', () => {
  it('pauses the run of a train command, which then goes on', async () => {
    const running = start('train', ...settings)
    await untilTrainingSays('training')
    await pause(inStepMs)
    running.kill('SIGTERM')
    expect(await ended(running)).toEqual({ code: 130, signal: null })
    expect(errors).not.toMatch(crash)
    const paused = storedRun()
    expect(paused).toMatchObject({ state: 'paused', checkpointSteps: [paused.step] })

    const again = start('train', '--resume', String(paused.id), '--json')
    await pause(1500)
    again.kill('SIGINT')
    await ended(again)
    expect(storedRun().step).toBeGreaterThanOrEqual(paused.step)
  })

  it('ends at once on a second signal, without a crash', async () => {
    const running = start('train', ...settings)
    await untilTrainingSays('training')
    await pause(inStepMs)
    running.kill('SIGTERM')
    await untilTrainingSays('Stopping')
    running.kill('SIGTERM')
    const { code, signal } = await ended(running)
    // The orderly end may have been faster than the second signal.
    expect(signal === 'SIGTERM' || code === 130, `${code} ${signal}`).toBe(true)
    expect(errors).not.toMatch(crash)
  })

  it('waits for the graph that runs when the thread is taken away', async () => {
    const modelDir = resolve(import.meta.dirname, '../../resources/models/nano-fuselip')
    const closing = follow(spawn(process.execPath, ['--import', 'tsx', resolve(import.meta.dirname, '../helpers/children/closeWhileComputing.ts'), modelDir], { stdio: ['ignore', 'pipe', 'pipe'] }))
    let said = ''
    closing.stdout!.on('data', (chunk: Buffer) => { said += chunk.toString() })
    expect(await ended(closing)).toEqual({ code: 0, signal: null })
    expect(said).toBe('computing\nclosed\n')
    expect(errors).not.toMatch(crash)
  })

  it('ends the server while it trains and people search', async () => {
    const server = start('serve', '--port', '0', '--no-open', '--json')
    const line = await new Promise<string>((settle) => createInterface({ input: server.stdout! }).once('line', settle))
    const { url, port } = JSON.parse(line) as { url: string; port: number }
    const cookie = ((await fetch(url, { redirect: 'manual' })).headers.get('set-cookie') ?? '').split(';')[0]!
    const socket = new WebSocket(`ws://127.0.0.1:${port}/rpc`, { headers: { cookie, origin: `http://127.0.0.1:${port}` } })
    await new Promise((settle) => socket.once('open', settle))
    const client = createORPCClient<StudioClient>(new RPCLink({ websocket: socket as never }))

    const { runId } = await client.runs.start({ name: 'Served', recipe: recipeSchema.parse(recipe) })
    while (!(await client.runs.get({ runId })).lastMetric) await pause(20)
    // One after the other on a thread of their own, so some are always left when the run has paused.
    const searches = Array.from({ length: 200 }, (_, index) => client.search.query({ text: `a red card ${index}`, modelIds: ['bundled:nano'], target: 'any' }))
    const answered = Promise.allSettled(searches)
    await pause(300)
    server.kill('SIGTERM')
    expect(await ended(server)).toEqual({ code: 0, signal: null })
    expect(errors).not.toMatch(crash)
    await answered
    const run = storedRun()
    expect(run).toMatchObject({ state: 'paused', checkpointSteps: [run.step] })
  })
})
