// Exponential moving average, divided by the weight it has seen so far (as Adam does with its moments), so that the first
// values are not pulled towards zero.
import type { ChartValue } from './chartLine'

/**
 * @param keep share of the running average that survives a step, 0 (no smoothing) up to but not including 1
 * @returns an array of the same length; gaps stay gaps and do not move the average
 */
export function smooth(values: readonly ChartValue[], keep: number): ChartValue[] {
  if (!(keep >= 0 && keep < 1)) throw new RangeError(`Smoothing must be at least 0 and below 1, not ${keep}.`)
  let average = 0
  let weight = 0
  return values.map((value) => {
    if (value === null || !Number.isFinite(value)) return null
    average = keep * average + (1 - keep) * value
    weight = keep * weight + (1 - keep)
    return average / weight
  })
}
