// How far reviewing has come today. The pace is that of deciding one by one or sheet by sheet: pauses, and acts on many pairs at
// once, would say nothing about how long the rest takes.
import type { ReviewProgress } from '../../../../shared/contract/attention'
import type { Store } from '../../store/openStore'

interface Moment {
  atMs: number
  accepted: number
  rejected: number
}

/** Longer than this between two decisions is a pause. */
const pauseMs = 60_000
/** A sheet holds at most this many. */
const mostAtOnce = 48
const neededSteps = 5
export const stepMs = 15 * 60_000
const mostSteps = 48

const countOf = ({ accepted, rejected }: Moment): number => accepted + rejected

export function startOfToday(nowMs: number): number {
  const now = new Date(nowMs)
  return new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime()
}

/** @param moments oldest first */
export function measurePace(moments: readonly Moment[]): number | null {
  const single = moments.filter((moment) => countOf(moment) <= mostAtOnce)
  let activeMs = 0
  let decided = 0
  let stepCount = 0
  single.forEach((moment, index) => {
    const before = single[index - 1]
    if (!before || moment.atMs - before.atMs > pauseMs) return
    activeMs += moment.atMs - before.atMs
    decided += countOf(moment)
    stepCount += 1
  })
  return stepCount < neededSteps || activeMs === 0 ? null : (decided / activeMs) * 60_000
}

/** From the first decision to now, at most the last twelve hours, empty steps included. */
export function stepsOf(moments: readonly Moment[], nowMs: number): ReviewProgress['steps'] {
  const first = moments[0]
  if (!first) return []
  const lastStart = Math.floor(nowMs / stepMs) * stepMs
  const start = Math.max(Math.floor(first.atMs / stepMs) * stepMs, lastStart - (mostSteps - 1) * stepMs)
  const steps = Array.from({ length: (lastStart - start) / stepMs + 1 }, (_, index) => ({ startMs: start + index * stepMs, accepted: 0, rejected: 0 }))
  for (const { atMs, accepted, rejected } of moments) {
    const step = steps[Math.floor((atMs - start) / stepMs)]
    if (!step) continue
    step.accepted += accepted
    step.rejected += rejected
  }
  return steps
}

export function summariseProgress(store: Store, nowMs: number): ReviewProgress {
  const moments = store.attention.listMoments(startOfToday(nowMs))
  const remainingCount = store.project.counts().countByStatus.unreviewed
  const pairsPerMinute = measurePace(moments)
  return {
    decidedToday: moments.reduce((sum, moment) => sum + countOf(moment), 0),
    remainingCount,
    flaggedCount: store.attention.countFlagged(),
    pairsPerMinute,
    remainingMs: pairsPerMinute === null ? null : (remainingCount / pairsPerMinute) * 60_000,
    stepMs,
    steps: stepsOf(moments, nowMs),
  }
}
