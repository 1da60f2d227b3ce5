// Waits for a job with its progress shown. Ctrl+C asks the engine to stop (training: to pause with a checkpoint) and
// still waits for the job's orderly end; a second Ctrl+C leaves at once.
import { AppError, type ErrorJson } from '@shared/errors'
import type { Job } from '@shared/contract/entities'
import type { StudioClient } from './session'
import { startProgress, type Terminal } from './terminal'

/** Aborted by the first Ctrl+C. */
export type Interrupt = AbortSignal

const pollMs = 120

export interface FollowOptions {
  client: StudioClient
  terminal: Terminal
  interrupt: Interrupt
  /** What Ctrl+C does; cancels the job unless given. */
  onInterrupt?: () => Promise<unknown>
  /** Added to the phase, for example the last loss. */
  describe?: () => Promise<string>
}

/** Gives the finished job; throws what the job failed with, and 'cancelled' unless `onInterrupt` says how to go on. */
export async function followJob(jobId: number, options: FollowOptions): Promise<Job> {
  const { client, terminal, interrupt } = options
  let wasAsked = false
  let job = await client.jobs.get({ jobId })
  const progress = startProgress(terminal, job.title)
  try {
    while (job.state === 'queued' || job.state === 'running') {
      if (interrupt.aborted && !wasAsked) {
        wasAsked = true
        await (options.onInterrupt?.() ?? client.jobs.cancel({ jobId }))
      }
      progress.update(job.phase || job.state, job.done, job.total, await options.describe?.())
      await new Promise((resolve) => setTimeout(resolve, pollMs))
      job = await client.jobs.get({ jobId })
    }
    // A run that was paused has not done all of its steps.
    if (job.state === 'done') progress.update(wasAsked ? 'stopped' : 'done', wasAsked ? job.done : job.total ?? job.done, job.total)
  } finally {
    progress.end()
  }
  if (job.state === 'failed') throw AppError.fromJson((job.error ?? { code: 'internal', message: `${job.title} failed.`, advice: null }) as ErrorJson)
  if (job.state === 'cancelled' && !(wasAsked && options.onInterrupt)) throw new AppError('cancelled', `${job.title} was cancelled.`)
  return job
}
