// The arithmetic of the plot with a threshold: how many pairs lie beyond it, and where it stands.
import { histogramBins, type FindingThreshold } from '@shared/quality/findingKinds'

/** Pairs beyond a value, by the bins; within a bin they are taken to be spread evenly. */
export function countBeyond(counts: readonly number[], value: number, { minimum, maximum, side }: FindingThreshold): number {
  const place = ((value - minimum) / (maximum - minimum)) * histogramBins
  const below = counts.reduce((sum, count, bin) => sum + count * Math.min(1, Math.max(0, place - bin)), 0)
  const total = counts.reduce((sum, count) => sum + count, 0)
  return Math.round(side === 'below' ? below : total - below)
}

/** Heights of the bars, 0…1. A root, so that the few pairs at the ends can be seen beside the many in the middle. */
export function barHeights(counts: readonly number[]): number[] {
  const most = Math.max(1, ...counts)
  return counts.map((count) => (count === 0 ? 0 : Math.max(0.03, Math.sqrt(count / most))))
}

/** A threshold for a place from 0 (left) to 1, in steps of a hundredth of the range, rounded for people. */
export function valueAt(share: number, { minimum, maximum }: FindingThreshold): number {
  const range = maximum - minimum
  const step = range > 200 ? 1 : range > 20 ? 0.5 : 0.1
  const value = minimum + Math.min(1, Math.max(0, share)) * range
  return Number((Math.round(value / step) * step).toFixed(2))
}

export const shareOf = (value: number, { minimum, maximum }: FindingThreshold): number => Math.min(1, Math.max(0, (value - minimum) / (maximum - minimum)))
