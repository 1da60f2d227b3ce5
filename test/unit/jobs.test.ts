// The job runner over a real project store: order, lanes, progress, cancel, failure, crash and close.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { JobRunner, type JobContext } from '../../src/main/engine/jobs/runner'
import { throttle } from '../../src/main/engine/jobs/throttle'
import { createStore, openStore, type Store } from '../../src/main/engine/store/openStore'
import type { Job } from '../../src/shared/contract/entities'
import type { Change } from '../../src/shared/contract/studio'
import { AppError } from '../../src/shared/errors'

let dir = ''
let store: Store
let runner: JobRunner
let changes: Change[] = []

const jobChanges = (jobId: number): Job[] => changes.flatMap((change) => (change.topic === 'job' && change.job.id === jobId ? [change.job] : []))
const untilAborted = (context: JobContext) => new Promise<never>((_, reject) => {
  context.signal.addEventListener('abort', () => reject(new DOMException('stop', 'AbortError')))
})

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fuselip-jobs-'))
  store = createStore(join(dir, 'project'), { name: 'Jobs', isSample: false })
  changes = []
  runner = new JobRunner(store.jobs, (change) => changes.push(change))
})
afterEach(async () => {
  await runner.close()
  store.close()
  rmSync(dir, { recursive: true })
})

describe('JobRunner', () => {
  it('runs compute jobs one after another in their order, and imports beside them', async () => {
    const order: string[] = []
    let release: () => void = () => undefined
    const gate = new Promise<void>((resolve) => { release = resolve })
    const first = runner.start({ kind: 'mine', title: 'first' }, async () => { order.push('first+'); await gate; order.push('first-'); return 'ok' })
    const second = runner.start({ kind: 'tokenize', title: 'second' }, async () => { order.push('second'); return 'ok' })
    const files = runner.start({ kind: 'import', title: 'files' }, async () => { order.push('import'); return 'ok' })
    expect(first.state).toBe('queued')
    await runner.wait(files.id)
    expect(order).toEqual(['first+', 'import'])
    expect(runner.get(second.id).state).toBe('queued')
    release()
    await runner.wait(second.id)
    expect(order).toEqual(['first+', 'import', 'first-', 'second'])
    expect(store.jobs.list(10).map((job) => job.title)).toEqual(['files', 'second', 'first'])
  })

  it('keeps phases, the last progress, the log and the summary', async () => {
    const { id } = runner.start({ kind: 'evaluate', title: 'measure' }, async (context) => {
      context.enterPhase('embedding', 500)
      for (let done = 1; done <= 500; done++) context.report(done)
      context.log('one line')
      context.log('another')
      return 'R@1 50 %'
    })
    const job = await runner.wait(id)
    expect(job).toMatchObject({ state: 'done', phase: 'embedding', done: 500, total: 500, summary: 'R@1 50 %', error: null })
    expect(job.startedAtMs).not.toBeNull()
    expect(job.endedAtMs).not.toBeNull()
    expect(store.jobs.get(id)).toEqual(job)
    expect(runner.listLog(id).map((entry) => entry.line)).toEqual(['one line', 'another'])
    // 500 reports in one turn: queued, running, phase, first report, the flushed last one, done.
    expect(jobChanges(id).length).toBeLessThan(10)
    expect(jobChanges(id).at(-1)?.state).toBe('done')
  })

  it('ends a queued job at once and a running one through its signal', async () => {
    const running = runner.start({ kind: 'mine', title: 'running' }, untilAborted)
    const queued = runner.start({ kind: 'mine', title: 'queued' }, async () => { throw new Error('must not run') })
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(runner.cancel(queued.id).state).toBe('cancelled')
    runner.cancel(running.id)
    expect((await runner.wait(running.id)).state).toBe('cancelled')
    expect(() => runner.cancel(running.id)).toThrow(/already ended/)
    expect(() => runner.cancel(999)).toThrow(AppError)
  })

  it('keeps the code, message and advice of a failure and goes on with the next job', async () => {
    const failing = runner.start({ kind: 'mine', title: 'failing' }, async () => { throw new AppError('bad-model', 'No weights.', 'Copy them.') })
    const next = runner.start({ kind: 'mine', title: 'next' }, async () => 'ok')
    expect(await runner.wait(failing.id)).toMatchObject({ state: 'failed', error: { code: 'bad-model', message: 'No weights.', advice: 'Copy them.' } })
    expect(await runner.wait(next.id)).toMatchObject({ state: 'done' })
  })

  it('ends a job whose progress cannot be written, for everyone who waits', async () => {
    const { update } = store.jobs
    const { id } = runner.start({ kind: 'mine', title: 'unlucky' }, async (context) => {
      store.jobs.update = () => { throw new AppError('disk-full', 'The disk is full.') }
      context.report(1)
      return 'never'
    })
    const next = runner.start({ kind: 'mine', title: 'next' }, async () => 'ok')
    expect(await runner.wait(id)).toMatchObject({ state: 'failed', error: { code: 'disk-full' } })
    store.jobs.update = update
    await runner.wait(next.id)
  })

  it('marks what a crash left open as interrupted', () => {
    const crashed = store.jobs.create({ kind: 'train', title: 'lost' })
    store.jobs.update(crashed.id, { state: 'running' })
    const waiting = store.jobs.create({ kind: 'mine', title: 'waiting' })
    store.close()
    store = openStore(join(dir, 'project'))
    const recovered = new JobRunner(store.jobs, () => undefined).recover()
    expect(recovered.map((job) => job.id)).toEqual([crashed.id, waiting.id])
    expect(store.jobs.get(crashed.id)).toMatchObject({ state: 'failed', error: { code: 'interrupted', advice: expect.stringMatching(/Resume/) } })
    expect(store.jobs.get(waiting.id).endedAtMs).not.toBeNull()
  })

  it('takes no job after close, and waits for those that run', async () => {
    const { id } = runner.start({ kind: 'mine', title: 'running' }, untilAborted)
    await new Promise((resolve) => setTimeout(resolve, 5))
    await runner.close()
    expect(store.jobs.get(id).state).toBe('cancelled')
    expect(() => runner.start({ kind: 'mine', title: 'late' }, async () => 'ok')).toThrow(/closing/)
  })
})

describe('throttle', () => {
  it('sends the first patch at once, merges the ones in between, and never loses the last', () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const sent: object[] = []
    const throttled = throttle<{ a?: number; b?: number }>(30, (patch) => sent.push(patch))
    throttled.push({ a: 1 })
    throttled.push({ a: 2 })
    throttled.push({ b: 3 })
    expect(sent).toEqual([{ a: 1 }])
    vi.advanceTimersByTime(30)
    expect(sent).toEqual([{ a: 1 }, { a: 2, b: 3 }])
    vi.advanceTimersByTime(30)
    throttled.push({ a: 4 })
    throttled.push({ a: 5 })
    throttled.flush()
    throttled.flush()
    expect(sent.slice(2)).toEqual([{ a: 4 }, { a: 5 }])
  })
})
