// A run that is paused or killed goes on with the losses of one that was not, on the real compiled step.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createHandlers } from '../../src/main/engine/compute/thread/handlers'
import type { TrainingEvent, TrainingOutcome } from '../../src/main/engine/compute/thread/protocol'
import { writeTinyModel } from '../helpers/tinyModel'
import { lossesOf } from '../helpers/trainingRun'
import { resumeRequest } from './resumeChild'

const childPath = fileURLToPath(new URL('./resumeChild.ts', import.meta.url))
let root: string
let modelDir: string
let whole: Map<number, number>

async function run(name: string, pauseAt?: number): Promise<{ events: TrainingEvent[]; outcome: TrainingOutcome }> {
  const events: TrainingEvent[] = []
  const handlers = createHandlers()
  const runDir = join(root, name)
  const quiet = { signal: new AbortController().signal, emit: () => undefined as never }
  const outcome = await handlers.train(resumeRequest(modelDir, runDir), {
    signal: quiet.signal,
    emit(event) {
      events.push(event)
      if (event.kind === 'metric' && event.metric.step === pauseAt) void handlers.steerTraining({ runDir, action: 'pause' }, quiet)
    },
  })
  return { events, outcome }
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'fuselip-resume-'))
  modelDir = await writeTinyModel(root)
  whole = lossesOf((await run('whole')).events)
  expect([...whole.keys()]).toHaveLength(16)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

it('gives the same losses after a pause, in the middle of an epoch and at its edge', async () => {
  for (const pauseAt of [8, 10]) {
    const first = await run(`paused-${pauseAt}`, pauseAt)
    expect(first.outcome).toEqual({ outcome: 'paused', step: pauseAt })
    const second = await run(`paused-${pauseAt}`)
    expect(second.outcome.outcome).toBe('finished')
    expect(lossesOf(first.events, second.events)).toEqual(whole)
  }
})

it('gives the same losses after kill -9 in the middle of a run', async () => {
  const runDir = join(root, 'killed')
  const child = spawn(process.execPath, ['--import', 'tsx', childPath, modelDir, runDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    let printed = ''
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
      if (printed.includes('step 11\n')) child.kill('SIGKILL')
    })
    child.once('error', reject)
    child.once('exit', (code, signal) => (signal === 'SIGKILL' ? resolve() : reject(new Error(`Expected the child to be killed, it ended with ${code}: ${printed}`))))
  })
  const { events, outcome } = await run('killed')
  expect(outcome).toEqual({ outcome: 'finished', step: 16 })
  const started = events.find((event) => event.kind === 'started')
  expect(started?.kind === 'started' && started.startStep).toBeGreaterThanOrEqual(6)
  for (const [step, loss] of lossesOf(events)) expect([step, loss]).toEqual([step, whole.get(step)])
  expect(readdirSync(join(runDir, 'checkpoints')).filter((name) => name.includes('.'))).toEqual([])
})
