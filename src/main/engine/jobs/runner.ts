// Runs long work one after another and keeps every job in the store: state, progress, log, result.
// Two lanes: compute jobs share one device and wait for each other; file jobs (imports, downloads, models in and out) do not wait for a training run.
import type { Job, JobKind } from '../../../shared/contract/entities'
import type { Change } from '../../../shared/contract/studio'
import { AppError } from '../../../shared/errors'
import type { JobPatch, JobStore } from '../store/jobStore'
import { throttle, type Throttled } from './throttle'

/** What a job's body may do while it runs. */
export interface JobContext {
  readonly jobId: number
  readonly signal: AbortSignal
  /** Names what is done now and starts its count again; `total` is null while unknown. */
  enterPhase(phase: string, total?: number | null): void
  report(done: number, total?: number | null): void
  log(line: string): void
}

/** Does the work; resolves with one line that sums it up. */
export type JobBody = (context: JobContext) => Promise<string>

export interface NewJob {
  kind: JobKind
  title: string
  runId?: number | null
}

type Lane = 'compute' | 'files'
const fileKinds: ReadonlySet<JobKind> = new Set(['import', 'pull', 'addModel', 'export', 'make'])
const laneOf = (kind: JobKind): Lane => (fileKinds.has(kind) ? 'files' : 'compute')

/** About five a second: smooth for the eye, cheap for the store. */
const progressIntervalMs = 200

interface LiveJob {
  job: Job
  body: JobBody
  controller: AbortController
  settled: Promise<Job>
  settle: (job: Job) => void
}

export class JobRunner {
  readonly #store: JobStore
  readonly #publish: (change: Change) => void
  readonly #now: () => number
  readonly #live = new Map<number, LiveJob>()
  readonly #queues: Record<Lane, LiveJob[]> = { compute: [], files: [] }
  readonly #isBusy: Record<Lane, boolean> = { compute: false, files: false }
  #isClosed = false

  constructor(store: JobStore, publish: (change: Change) => void, now: () => number = Date.now) {
    this.#store = store
    this.#publish = publish
    this.#now = now
  }

  /** Marks the jobs that a crash left open as failed; call once, before the first start. Returns them. */
  recover(): Job[] {
    return [...this.#store.listByState('running'), ...this.#store.listByState('queued')].map((job) => this.#change(job.id, {
      state: 'failed',
      endedAtMs: this.#now(),
      error: { code: 'interrupted', message: 'The studio ended while this job was open.', advice: job.kind === 'train' ? 'Resume the run to continue from its last checkpoint.' : 'Start it again; what was finished is kept.' },
    }))
  }

  start(newJob: NewJob, body: JobBody): Job {
    if (this.#isClosed) throw new AppError('cancelled', 'The project is closing; no new job is taken.')
    const job = this.#store.create(newJob)
    let settle: (job: Job) => void = () => undefined
    const settled = new Promise<Job>((resolve) => { settle = resolve })
    const live: LiveJob = { job, body, controller: new AbortController(), settled, settle }
    this.#live.set(job.id, live)
    this.#queues[laneOf(job.kind)].push(live)
    this.#publish({ topic: 'job', job })
    // The caller gets its job id before the first event of the body.
    queueMicrotask(() => void this.#drain(laneOf(job.kind)))
    return job
  }

  list(limit: number): Job[] {
    return this.#store.list(limit)
  }

  /** @throws AppError 'not-found' */
  get(jobId: number): Job {
    return this.#live.get(jobId)?.job ?? this.#store.get(jobId)
  }

  listLog(jobId: number): { atMs: number; line: string }[] {
    this.get(jobId)
    return this.#store.listLog(jobId)
  }

  /** A queued job is cancelled at once; a running one ends by itself as soon as it can. */
  cancel(jobId: number): Job {
    const live = this.#live.get(jobId)
    if (!live) {
      const job = this.get(jobId)
      throw new AppError('conflict', `Job ${jobId} has already ended (${job.state}).`)
    }
    live.controller.abort()
    const queue = this.#queues[laneOf(live.job.kind)]
    const position = queue.indexOf(live)
    if (position < 0) return live.job
    queue.splice(position, 1)
    return this.#end(live, { state: 'cancelled' })
  }

  /** Resolves when the job has ended, however it ended. */
  wait(jobId: number): Promise<Job> {
    return this.#live.get(jobId)?.settled ?? Promise.resolve(this.get(jobId))
  }

  /** The jobs that are queued or running, in their order. */
  listOpen(): Job[] {
    return [...this.#live.values()].map((live) => live.job)
  }

  /** Cancels what is open and waits until it has ended; nothing starts afterwards. */
  async close(): Promise<void> {
    this.#isClosed = true
    const open = [...this.#live.values()]
    for (const live of open) this.cancel(live.job.id)
    await Promise.all(open.map((live) => live.settled))
  }

  async #drain(lane: Lane): Promise<void> {
    if (this.#isBusy[lane]) return
    this.#isBusy[lane] = true
    try {
      for (let live = this.#queues[lane].shift(); live; live = this.#queues[lane].shift()) await this.#run(live)
    } finally {
      this.#isBusy[lane] = false
    }
  }

  async #run(live: LiveJob): Promise<void> {
    const progress = throttle(progressIntervalMs, (patch: JobPatch) => { live.job = this.#change(live.job.id, patch) })
    try {
      live.job = this.#change(live.job.id, { state: 'running', startedAtMs: this.#now() })
      const summary = await live.body(this.#context(live, progress))
      progress.flush()
      this.#end(live, live.controller.signal.aborted ? { state: 'cancelled', summary } : { state: 'done', summary })
    } catch (thrown) {
      progress.drop()
      const error = AppError.from(thrown)
      const isCancelled = live.controller.signal.aborted || error.code === 'cancelled'
      this.#end(live, isCancelled ? { state: 'cancelled' } : { state: 'failed', error: error.toJson() })
    }
  }

  #context(live: LiveJob, progress: Throttled<JobPatch>): JobContext {
    const jobId = live.job.id
    // Events of the compute thread may arrive after their call was given up; the store may be closed by then.
    const whileOpen = (write: () => void) => { if (this.#live.has(jobId)) write() }
    return {
      jobId,
      signal: live.controller.signal,
      enterPhase: (phase, total = null) => whileOpen(() => {
        progress.flush()
        live.job = this.#change(jobId, { phase, done: 0, total })
      }),
      report: (done, total) => whileOpen(() => progress.push(total === undefined ? { done } : { done, total })),
      log: (line) => whileOpen(() => this.#store.addLog(jobId, line)),
    }
  }

  #end(live: LiveJob, patch: JobPatch): Job {
    try {
      live.job = this.#change(live.job.id, { ...patch, endedAtMs: this.#now() })
    } catch (thrown) {
      // The store itself failed (a full disk): the job still ends for everyone who waits for it.
      live.job = { ...live.job, ...patch, state: 'failed', error: AppError.from(thrown).toJson(), endedAtMs: this.#now() }
      this.#publish({ topic: 'job', job: live.job })
    }
    this.#live.delete(live.job.id)
    live.settle(live.job)
    return live.job
  }

  #change(jobId: number, patch: JobPatch): Job {
    const job = this.#store.update(jobId, patch)
    this.#publish({ topic: 'job', job })
    return job
  }
}
