// The metrics of one run, as they accumulate: increments are merged by step, and a resumed run that goes back to its
// checkpoint replaces what it repeats.
import type { Metric, Validation } from '@shared/contract/entities'

export interface RunSeries {
  /** Ascending by step. */
  metrics: readonly Metric[]
  validations: readonly Validation[]
}

export const emptySeries: RunSeries = { metrics: [], validations: [] }

/** The newer row wins where both have a step. */
export function mergeByStep<T extends { step: number }>(older: readonly T[], newer: readonly T[]): readonly T[] {
  if (newer.length === 0) return older
  const lastOlder = older.at(-1)
  if (lastOlder === undefined || lastOlder.step < newer[0]!.step) return [...older, ...newer]
  const byStep = new Map(older.map((row) => [row.step, row]))
  for (const row of newer) byStep.set(row.step, row)
  return [...byStep.values()].sort((first, second) => first.step - second.step)
}

export const mergeSeries = (older: RunSeries, newer: RunSeries): RunSeries => ({
  metrics: mergeByStep(older.metrics, newer.metrics),
  validations: mergeByStep(older.validations, newer.validations),
})

/** Where the next read begins: the last step is read again, because its validation may have been written after it. */
export const nextAfterStep = (series: RunSeries): number => Math.max(0, (series.metrics.at(-1)?.step ?? 0) - 1)
