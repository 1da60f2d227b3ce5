// How far a job is, as a fraction and in words.
import type { Job } from '@shared/contract/entities'
import { formatBytes, formatCount, formatDuration } from './format'

/** 0…1, or null while the amount of work is unknown. */
export const fractionOf = (job: Job): number | null => (job.total === null || job.total === 0 ? null : job.done / job.total)

export function describeProgress(job: Job, nowMs: number): string {
  if (job.state === 'queued') return 'Waiting'
  if (job.state === 'cancelled') return 'Cancelled'
  if (job.state === 'failed') return job.error?.message ?? 'Failed'
  if (job.state === 'done') return job.summary ?? 'Done'
  const write = isCountedInBytes(job) ? formatBytes : formatCount
  const amount = job.total === null ? (job.done > 0 ? write(job.done) : '') : `${write(job.done)} of ${write(job.total)}`
  const left = estimateLeftMs(job, nowMs)
  return [job.phase, amount, left === null ? '' : `${formatDuration(left)} left`].filter(Boolean).join(' · ')
}

/** A pull downloads, which is counted in bytes, then imports, which is counted in tensors. */
const isCountedInBytes = (job: Job): boolean => job.kind === 'pull' && job.phase.startsWith('downloading')

function estimateLeftMs(job: Job, nowMs: number): number | null {
  const fraction = fractionOf(job)
  if (fraction === null || fraction < 0.02 || job.startedAtMs === null) return null
  const spentMs = nowMs - job.startedAtMs
  return spentMs < 2000 ? null : Math.max(0, (spentMs / fraction) * (1 - fraction))
}
