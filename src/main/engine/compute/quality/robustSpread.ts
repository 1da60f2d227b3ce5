// Middle and width of many numbers that a few wild ones do not move: the median, and the median distance from it, scaled
// so that it is the standard deviation of normally distributed numbers.

export interface Spread {
  median: number
  deviation: number
}

const normalScale = 1.4826

const middle = (sorted: Float64Array): number => {
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

/** Null for no numbers. Where half of them are equal the deviation is 0. */
export function robustSpread(values: ArrayLike<number>): Spread | null {
  if (values.length === 0) return null
  const sorted = Float64Array.from(values).sort()
  const median = middle(sorted)
  return { median, deviation: normalScale * middle(sorted.map(value => Math.abs(value - median)).sort()) }
}

/** How many deviations a value lies below the median; 0 where nothing deviates. */
export const deviationsBelow = (value: number, { median, deviation }: Spread): number => (deviation > 0 ? (median - value) / deviation : 0)
