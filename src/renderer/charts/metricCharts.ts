// The charts of a training run: which number each shows, and how a series becomes lines.
import type { Metric, Recall, Validation } from '@shared/contract/entities'
import { type ChartLine, type ChartValue, forLogScale } from './chartLine'
import { overlayTone } from './chartTheme'
import { formatPower, formatShare, formatTick, formatValue } from './formatNumber'
import type { RunSeries } from './runSeries'
import { smooth } from './smoothing'

export interface ChartSettings {
  isSmooth: boolean
  /** See smoothing.ts. */
  smoothing: number
  isLogScale: boolean
}

export interface MetricChart {
  id: string
  title: string
  unit: string | null
  help: string
  /** Schedules and counts are exact, smoothing would only blur them. */
  canSmooth: boolean
  canLogScale: boolean
  format: (value: ChartValue) => string
  formatAxis: (value: number) => string
  source: { kind: 'metric'; key: keyof Metric } | { kind: 'validation'; direction: 'leftToRight' | 'rightToLeft' }
}

const metricChart = (key: keyof Metric, title: string, help: string, more: Partial<MetricChart> = {}): MetricChart => ({
  id: key, title, help, unit: null, canSmooth: true, canLogScale: true, format: formatValue, formatAxis: formatTick, source: { kind: 'metric', key }, ...more,
})

const recallChart = (direction: 'leftToRight' | 'rightToLeft', title: string, help: string): MetricChart => ({
  id: direction, title, help, unit: null, canSmooth: false, canLogScale: false, format: formatShare, formatAxis: (share) => `${Math.round(share * 100)} %`, source: { kind: 'validation', direction },
})

export const metricCharts: readonly MetricChart[] = [
  metricChart('total', 'Total loss', 'Contrastive loss plus weighted MMM loss.'),
  metricChart('contrastive', 'Contrastive loss', 'How badly true pairs are told apart from the other pairs of the batch.'),
  metricChart('mmm', 'MMM loss', 'How badly hidden words and image tokens are predicted.'),
  recallChart('leftToRight', 'Validation recall, left to right', 'Share of validation pairs whose right side is among the first 1, 5 or 10 found from the left side.'),
  recallChart('rightToLeft', 'Validation recall, right to left', 'Share of validation pairs whose left side is among the first 1, 5 or 10 found from the right side.'),
  metricChart('learningRate', 'Learning rate', 'Warm-up, then a cosine down to zero.', { canSmooth: false, formatAxis: formatPower }),
  metricChart('gradientNorm', 'Gradient norm', 'Before clipping.'),
  metricChart('logitScale', 'Logit scale', 'Inverse temperature of the contrastive loss, kept between 1 and 100.', { canSmooth: false }),
  metricChart('samplesPerSecond', 'Samples per second', 'Training speed.', { unit: '/s' }),
]

const recalls: readonly { key: keyof Recall; label: string }[] = [{ key: 'r1', label: 'R@1' }, { key: 'r5', label: 'R@5' }, { key: 'r10', label: 'R@10' }]

/** Lines in drawing order: faint ones first. `overlay` is a second run, or null. */
export function buildLines(chart: MetricChart, series: RunSeries, overlay: RunSeries | null, settings: ChartSettings): ChartLine[] {
  const lines = [...(overlay ? linesOfRun(chart, overlay, 1, settings) : []), ...linesOfRun(chart, series, 0, settings)]
  return lines.sort((first, second) => Number(second.kind === 'raw') - Number(first.kind === 'raw'))
}

function linesOfRun(chart: MetricChart, series: RunSeries, run: 0 | 1, settings: ChartSettings): ChartLine[] {
  const { source } = chart
  if (source.kind === 'validation') return recallLines(series, source.direction, run)
  const xs = series.metrics.map((metric) => metric.step)
  const values = series.metrics.map((metric) => (Number.isFinite(metric[source.key]) ? metric[source.key] : null))
  const shown = (ys: ChartValue[]): ChartValue[] => (settings.isLogScale && chart.canLogScale ? forLogScale(ys) : ys)
  const line = { label: chart.title, run, tone: run === 0 ? 0 : overlayTone, xs }
  if (!settings.isSmooth || !chart.canSmooth) return [{ ...line, kind: 'plain', ys: shown(values) }]
  return [
    { ...line, kind: 'raw', ys: shown(values) },
    { ...line, kind: 'smooth', ys: shown(smooth(values, settings.smoothing)) },
  ]
}

/** Gaps at the first and last step give recall the same x axis as the losses beside it. */
function recallLines({ metrics, validations }: RunSeries, direction: 'leftToRight' | 'rightToLeft', run: 0 | 1): ChartLine[] {
  const known = new Map<number, Validation | null>([metrics[0], metrics.at(-1)].flatMap((metric) => (metric ? [[metric.step, null]] : [])))
  for (const validation of validations) known.set(validation.step, validation)
  const xs = validations.length > 0 ? [...known.keys()].sort((first, second) => first - second) : []
  return recalls.map(({ key, label }, tone) => ({ label, run, tone, kind: 'points', xs, ys: xs.map((step) => known.get(step)?.[direction][key] ?? null) }))
}
