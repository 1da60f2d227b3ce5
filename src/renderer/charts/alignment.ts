// Lines with different steps, on the one x axis that uPlot wants. A step that a line lacks is `undefined` there, which uPlot
// draws over; `null` is a real gap and stays one.
import type { ChartLine, ChartValue } from './chartLine'

export type AlignedLines = [xs: number[], ...ys: (ChartValue | undefined)[][]]

export function align(lines: readonly Pick<ChartLine, 'xs' | 'ys'>[]): AlignedLines {
  const xs = mergeSorted(lines.map((line) => line.xs))
  const positionOf = new Map(xs.map((x, index) => [x, index]))
  const columns = lines.map((line) => {
    const column = new Array<ChartValue | undefined>(xs.length).fill(undefined)
    line.xs.forEach((x, index) => {
      column[positionOf.get(x)!] = line.ys[index] ?? null
    })
    return column
  })
  return [xs, ...columns]
}

function mergeSorted(lists: readonly (readonly number[])[]): number[] {
  // Overlaid lines mostly share their steps, so the set is about as long as one list.
  const distinct = new Set<number>()
  for (const list of lists) for (const x of list) distinct.add(x)
  return [...distinct].sort((first, second) => first - second)
}
