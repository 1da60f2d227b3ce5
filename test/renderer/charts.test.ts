// Data preparation of the charts: everything between metrics and the canvas.
import { describe, expect, it } from 'vitest'
import type { Metric, Recall, Validation } from '@shared/contract/entities'
import { align } from '@renderer/charts/alignment'
import { forLogScale, valueAt, type ChartValue } from '@renderer/charts/chartLine'
import { decimate } from '@renderer/charts/decimation'
import { formatShare, formatTick, formatValue } from '@renderer/charts/formatNumber'
import { buildLines, metricCharts } from '@renderer/charts/metricCharts'
import { emptySeries, mergeSeries, nextAfterStep } from '@renderer/charts/runSeries'
import { smooth } from '@renderer/charts/smoothing'

const metric = (step: number, more: Partial<Metric> = {}): Metric => ({
  step, total: 10 / step, contrastive: 8 / step, mmm: 2 / step, learningRate: 1e-4, gradientNorm: 1, logitScale: 10, logitBias: -10,
  samplesPerSecond: 50, elapsedMs: step * 100, ...more,
})
const recall = (r1: number): Recall => ({ r1, r5: r1 + 0.2, r10: r1 + 0.3, meanRank: 3, medianRank: 2, count: 10 })
const validation = (step: number, r1 = 0.1): Validation => ({ step, leftToRight: recall(r1), rightToLeft: recall(r1 / 2) })

describe('smooth', () => {
  it('keeps a constant, from its first value on', () => {
    for (const value of smooth([3, 3, 3, 3], 0.9)) expect(value).toBeCloseTo(3, 12)
  })
  it('agrees with the sum it abbreviates', () => {
    const values = [5, 1, 4, 2, 8]
    const keep = 0.6
    values.forEach((_, last) => {
      const weights = values.slice(0, last + 1).map((__, index) => keep ** (last - index))
      const expected = weights.reduce((sum, weight, index) => sum + weight * values[index]!, 0) / weights.reduce((sum, weight) => sum + weight)
      expect(smooth(values, keep)[last]).toBeCloseTo(expected, 12)
    })
  })
  it('leaves gaps where there is no number, and goes on behind them', () => {
    expect(smooth([1, null, NaN, 1], 0.5)).toEqual([1, null, null, 1])
  })
  it('returns the values themselves without smoothing, and refuses a share of 1', () => {
    expect(smooth([1, 7, 3], 0)).toEqual([1, 7, 3])
    expect(() => smooth([1], 1)).toThrow(/below 1/)
  })
})

describe('decimate', () => {
  const long = (count: number, value: (index: number) => ChartValue) => ({ xs: Array.from({ length: count }, (_, index) => index + 1), ys: Array.from({ length: count }, (_, index) => value(index)) })

  it('returns a short line unchanged', () => {
    const line = long(100, (index) => index)
    expect(decimate(line, 100)).toBe(line)
  })
  it.each([101, 4001, 9999, 50_000])('keeps at most the limit of %i points, with both ends and every spike', (count) => {
    const spike = Math.floor(count / 3)
    const dip = Math.floor(count / 2) + 1
    const line = decimate(long(count, (index) => (index === spike ? 1000 : index === dip ? -1000 : Math.sin(index))), 100)
    expect(line.xs.length).toBeLessThanOrEqual(100)
    expect(line.xs[0]).toBe(1)
    expect(line.xs.at(-1)).toBe(count)
    expect(line.ys).toContain(1000)
    expect(line.ys).toContain(-1000)
    expect([...line.xs].sort((first, second) => first - second)).toEqual(line.xs)
    expect(new Set(line.xs).size).toBe(line.xs.length)
  })
  it('survives stretches without values', () => {
    expect(decimate(long(1000, () => null), 20).ys.every((value) => value === null)).toBe(true)
  })
})

describe('align', () => {
  it('puts lines with different steps on one axis and tells a gap from a missing step', () => {
    expect(align([{ xs: [1, 2, 5], ys: [10, null, 50] }, { xs: [2, 3], ys: [7, 8] }])).toEqual([
      [1, 2, 3, 5],
      [10, null, undefined, 50],
      [undefined, 7, 8, undefined],
    ])
  })
  it('is empty without lines', () => {
    expect(align([])).toEqual([[]])
  })
})

describe('valueAt', () => {
  const line = { xs: [10, 20, 30], ys: [1, null, 3] }
  it.each([[5, null], [10, 1], [15, 1], [25, 1], [30, 3], [Infinity, 3]])('reads %s as %s', (x, expected) => {
    expect(valueAt(line, x)).toBe(expected)
  })
})

describe('run series', () => {
  it('appends increments and lets a resumed run replace what it repeats', () => {
    const first = mergeSeries(emptySeries, { metrics: [metric(1), metric(2), metric(3)], validations: [] })
    const resumed = mergeSeries(first, { metrics: [metric(2, { total: 99 }), metric(4)], validations: [validation(4)] })
    expect(resumed.metrics.map((row) => row.step)).toEqual([1, 2, 3, 4])
    expect(resumed.metrics[1]!.total).toBe(99)
    expect(resumed.validations).toHaveLength(1)
  })
  it('reads the last step again, since its validation may have come later', () => {
    expect(nextAfterStep(emptySeries)).toBe(0)
    expect(nextAfterStep({ metrics: [metric(1), metric(25)], validations: [] })).toBe(24)
  })
})

describe('buildLines', () => {
  const total = metricCharts.find((chart) => chart.title === 'Total loss')!
  const rate = metricCharts.find((chart) => chart.title === 'Learning rate')!
  const recallChart = metricCharts.find((chart) => chart.id === 'leftToRight')!
  const series = { metrics: [1, 2, 3, 4].map((step) => metric(step)), validations: [validation(2), validation(4, 0.5)] }
  const settings = { isSmooth: true, smoothing: 0.9, isLogScale: false }

  it('draws the raw line faint behind the smooth one, the overlaid run behind the selected one', () => {
    const lines = buildLines(total, series, { metrics: [metric(1), metric(2)], validations: [] }, settings)
    expect(lines.map((line) => [line.kind, line.run])).toEqual([['raw', 1], ['raw', 0], ['smooth', 1], ['smooth', 0]])
    expect(lines[1]!.ys).toEqual([10, 5, 10 / 3, 2.5])
  })
  it('does not smooth a schedule', () => {
    expect(buildLines(rate, series, null, settings).map((line) => line.kind)).toEqual(['plain'])
  })
  it('marks recall at each validation', () => {
    const lines = buildLines(recallChart, series, null, settings)
    expect(lines.map((line) => line.label)).toEqual(['R@1', 'R@5', 'R@10'])
    expect(lines[0]).toMatchObject({ kind: 'points', xs: [1, 2, 4], ys: [null, 0.1, 0.5] })
  })
  it('turns values that a log axis cannot show into gaps', () => {
    const withZero = { metrics: [metric(1, { total: 0 }), metric(2, { total: NaN }), metric(3)], validations: [] }
    expect(buildLines(total, withZero, null, { ...settings, isSmooth: false, isLogScale: true })[0]!.ys).toEqual([null, null, 10 / 3])
    expect(forLogScale([1, 0, -1, null])).toEqual([1, null, null, null])
  })
})

describe('numbers', () => {
  it.each([[null, '–'], [0, '0'], [0.00012, '1.20e-4'], [0.0345, '0.0345'], [2.5, '2.50'], [123.45, '123.5'], [12_345, '12,345']])('%s reads %s', (value, text) => {
    expect(formatValue(value)).toBe(text)
  })
  it.each([[0.1 + 0.2, '0.3'], [0.00025, '2.5e-4'], [25, '25'], [0, '0'], [120_000, '120,000']])('marks %s as %s on an axis', (value, text) => {
    expect(formatTick(value)).toBe(text)
  })
  it('shows shares as percentages', () => {
    expect(formatShare(0.1234)).toBe('12.3 %')
    expect(formatShare(null)).toBe('–')
  })
})
