// The curve of codebook use: codes from the most to the least frequent, on a logarithmic scale, as an outline to fill.
// Plain numbers, so that it can be tested without a page.

export interface UseCurve {
  /** Codes by falling count, then by number. */
  ranked: { code: number; count: number }[]
  largest: number
}

export function rankCodes(counts: readonly number[]): UseCurve {
  const ranked = counts.map((count, code) => ({ code, count })).sort((first, second) => second.count - first.count || first.code - second.code)
  return { ranked, largest: ranked[0]?.count ?? 0 }
}

/** 0 for a code that does not occur, 1 for the most frequent one. */
export const heightOf = (count: number, largest: number): number => (largest === 0 ? 0 : Math.log1p(count) / Math.log1p(largest))

/** SVG path over a box of width × height; every code is one step of equal width. */
export function curvePath({ ranked, largest }: UseCurve, width: number, height: number): string {
  if (ranked.length === 0) return ''
  const step = width / ranked.length
  const round = (value: number): number => Math.round(value * 100) / 100
  const corners = ranked.map(({ count }, rank) => `V${round(height * (1 - heightOf(count, largest)))}H${round((rank + 1) * step)}`)
  return `M0 ${height}${corners.join('')}V${height}Z`
}

/** Counts at which the scale has a line: powers of ten below the largest, and the largest itself. */
export function tickCounts(largest: number): number[] {
  const ticks: number[] = []
  for (let tick = 1; tick < largest / 2; tick *= 10) ticks.push(tick)
  return largest > 0 ? [...ticks, largest] : ticks
}
