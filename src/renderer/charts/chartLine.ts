// What a chart draws, as plain data: lines over a common x axis. Everything here and in the sibling files that prepare
// data is pure, so that it can be tested without a canvas.

export type ChartValue = number | null

/** `run` 0 is the selected run, 1 the run laid over it; `tone` picks a colour of chartTheme.ts. */
export interface ChartLine {
  label: string
  run: 0 | 1
  tone: number
  /** `raw` is drawn faint behind its `smooth` line; `points` marks every value. */
  kind: 'plain' | 'raw' | 'smooth' | 'points'
  /** Ascending, without repeats. */
  xs: readonly number[]
  /** Same length as `xs`; null leaves a gap. */
  ys: readonly ChartValue[]
}

/** The last value at or before `x`, as a person reads it off a line; null before the first value. */
export function valueAt(line: Pick<ChartLine, 'xs' | 'ys'>, x: number): ChartValue {
  let low = 0
  let high = line.xs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (line.xs[middle]! <= x) low = middle + 1
    else high = middle
  }
  for (let index = low - 1; index >= 0; index--) {
    const value = line.ys[index]
    if (value !== null && value !== undefined) return value
  }
  return null
}

/** The values that a logarithmic axis can show: zero and below become gaps. */
export const forLogScale = (ys: readonly ChartValue[]): ChartValue[] => ys.map((value) => (value !== null && value > 0 ? value : null))
