// Fewer points for long runs. Each bucket keeps its lowest and its highest value, so that a spike in the loss is never
// hidden, which averaging or taking every n-th point would do.
import type { ChartLine, ChartValue } from './chartLine'

/** Above this a chart a thousand pixels wide cannot show more, but drawing gets slow. */
export const maximumPoints = 4_000

/** Keeps at most `limit` points of a line, first and last included. Returns the line itself when it is short enough. */
export function decimate<T extends Pick<ChartLine, 'xs' | 'ys'>>(line: T, limit = maximumPoints): T {
  const count = line.xs.length
  if (limit < 4) throw new RangeError(`A line needs room for at least 4 points, not ${limit}.`)
  if (count <= limit) return line
  const keptXs: number[] = []
  const keptYs: ChartValue[] = []
  const keep = (index: number): void => {
    keptXs.push(line.xs[index]!)
    keptYs.push(line.ys[index] ?? null)
  }
  keep(0)
  const bucketCount = Math.floor((limit - 2) / 2)
  const innerCount = count - 2
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    const begin = 1 + Math.floor((bucket * innerCount) / bucketCount)
    const end = 1 + Math.floor(((bucket + 1) * innerCount) / bucketCount)
    const extremes = findExtremes(line.ys, begin, end)
    if (extremes === null) keep(begin)
    else if (extremes.lowest === extremes.highest) keep(extremes.lowest)
    else {
      keep(Math.min(extremes.lowest, extremes.highest))
      keep(Math.max(extremes.lowest, extremes.highest))
    }
  }
  keep(count - 1)
  return { ...line, xs: keptXs, ys: keptYs }
}

/** Indices of the lowest and highest value in `begin`…`end` (exclusive); null when all are gaps. */
function findExtremes(ys: readonly ChartValue[], begin: number, end: number): { lowest: number; highest: number } | null {
  let lowest = -1
  let highest = -1
  for (let index = begin; index < end; index++) {
    const value = ys[index]
    if (value === null || value === undefined) continue
    if (lowest < 0 || value < ys[lowest]!) lowest = index
    if (highest < 0 || value > ys[highest]!) highest = index
  }
  return lowest < 0 ? null : { lowest, highest }
}
