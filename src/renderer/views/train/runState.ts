// How the states of a run are called, coloured, and what can be done in each.
import type { RunState } from '@shared/contract/entities'
import type { Run } from '@shared/contract/runs'
import { formatCount } from '@renderer/lib/format'

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
/** Whether its device was what ended it, and there is another: the processor always works. */
export const canMoveToCpu = (run: Run): boolean =>
  run.state === 'failed' && run.device !== 'cpu' && (run.error?.code === 'device-failed' || run.error?.code === 'out-of-memory')
/** The mean of both directions, the one figure that stands for a run in a list. */
export const recallOf = (run: Run): number | null =>
  run.lastValidation ? (run.lastValidation.leftToRight.r1 + run.lastValidation.rightToLeft.r1) / 2 : null

/** Where a resumed run goes on from. */
const describeResume = (run: Run): string => {
  const step = run.checkpointSteps.at(-1)
  return step === undefined ? 'Resume starts again from the base model.' : `Resume continues from step ${formatCount(step)}.`
}

export interface StateNotice {
  tone: 'plain' | 'good' | 'warn' | 'bad'
  title: string
  text: string
}

/** What a state means and what can be done about it; null while a run is at work and there is nothing to say. */
export function describeState(run: Run): StateNotice | null {
  const where = `at step ${formatCount(run.step)} of ${formatCount(run.totalSteps)}`
  const reason = [run.error?.message, run.error?.advice].filter(Boolean).join(' ')
  if (run.state === 'queued') return { tone: 'plain', title: 'Waiting for its turn.', text: 'Another job is at work; this run starts when that one has ended.' }
  if (run.state === 'paused') return { tone: 'warn', title: `Paused ${where}.`, text: describeResume(run) }
  if (run.state === 'failed') return { tone: 'bad', title: `Failed ${where}.`, text: `${reason} ${describeResume(run)}`.trim() }
  // After a crash or a kill the engine leaves the reason with a run that it calls stopped.
  if (run.state === 'stopped' && run.error) return { tone: 'warn', title: `Broken off ${where}.`, text: `${run.error.message} ${describeResume(run)}` }
  if (run.state === 'stopped') return { tone: 'plain', title: `Stopped ${where}.`, text: canResume(run) ? describeResume(run) : 'What it learned is kept.' }
  return null
}
