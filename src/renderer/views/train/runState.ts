// How the states of a run are called, coloured, and what can be done in each.
import type { RunState } from '@shared/contract/entities'
import type { Run } from '@shared/contract/runs'

interface StateLook {
  label: string
  tone: 'plain' | 'accent' | 'good' | 'bad' | 'warn'
}

export const stateLooks: Record<RunState, StateLook> = {
  queued: { label: 'Queued', tone: 'plain' },
  running: { label: 'Running', tone: 'accent' },
  paused: { label: 'Paused', tone: 'warn' },
  stopped: { label: 'Stopped', tone: 'plain' },
  finished: { label: 'Finished', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
}

export const isLive = (run: Run): boolean => run.state === 'running' || run.state === 'queued'
export const canResume = (run: Run): boolean => run.state === 'paused' || run.state === 'failed' || (run.state === 'stopped' && run.step < run.totalSteps)
export const canStop = (run: Run): boolean => isLive(run) || run.state === 'paused'
export const fractionOf = (run: Run): number => (run.totalSteps > 0 ? Math.min(1, run.step / run.totalSteps) : 0)
/** The mean of both directions, the one figure that stands for a run in a list. */
export const recallOf = (run: Run): number | null =>
  run.lastValidation ? (run.lastValidation.leftToRight.r1 + run.lastValidation.rightToLeft.r1) / 2 : null
