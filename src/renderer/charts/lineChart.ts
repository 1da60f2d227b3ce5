// Draws lines on a canvas with uPlot. Plain TypeScript: it knows neither Vue nor runs. Charts with one `syncKey` share
// their crosshair and their zoom (drag to zoom, double click to see everything).
import uPlot from 'uplot'
import { align } from './alignment'
import type { ChartLine } from './chartLine'
import { readChartTheme, watchChartTheme, type ChartTheme } from './chartTheme'
import { decimate } from './decimation'
import { formatCount } from '@renderer/lib/format'

export interface LineChartOptions {
  syncKey: string
  isLogScale: boolean
  formatAxis: (value: number) => string
  /** The x under the crosshair, on whichever chart it is; null when it has left. */
  onCursor: (x: number | null) => void
}

export interface LineChart {
  show: (lines: readonly ChartLine[]) => void
  setLogScale: (isLogScale: boolean) => void
  destroy: () => void
}

/** Null where the browser gives no canvas; the figures beside the chart still work there. */
export function createLineChart(host: HTMLElement, options: LineChartOptions): LineChart | null {
  if (!document.createElement('canvas').getContext('2d')) return null
  let theme = readChartTheme(host)
  let isLogScale = options.isLogScale
  let lines: readonly ChartLine[] = []
  let plot: uPlot | null = null
  let shape = ''

  const build = (): void => {
    plot?.destroy()
    plot = new uPlot(describe(host, lines, theme, { ...options, isLogScale }), toData(lines), host)
  }
  const redraw = (): void => {
    theme = readChartTheme(host)
    build()
  }
  const resize = new ResizeObserver(() => {
    if (plot && host.clientWidth > 0 && host.clientHeight > 0) plot.setSize({ width: host.clientWidth, height: host.clientHeight })
  })
  resize.observe(host)
  const stopWatching = watchChartTheme(redraw)

  return {
    show(next) {
      lines = next
      const nextShape = JSON.stringify(next.map((line) => [line.kind, line.run, line.tone]))
      if (!plot || nextShape !== shape) build()
      else replaceData(plot, toData(lines))
      shape = nextShape
    },
    setLogScale(next) {
      if (next === isLogScale) return
      isLogScale = next
      build()
    },
    destroy() {
      stopWatching()
      resize.disconnect()
      plot?.destroy()
      plot = null
    },
  }
}

const toData = (lines: readonly ChartLine[]): uPlot.AlignedData => align(lines.map((line) => decimate(line))) as uPlot.AlignedData

/** New data must not undo a person's zoom. */
function replaceData(plot: uPlot, data: uPlot.AlignedData): void {
  const shownMin = plot.scales.x?.min
  const shownMax = plot.scales.x?.max
  const before = plot.data[0]
  const isZoomed = before.length > 1 && shownMin != null && shownMax != null && (shownMin > before[0]! || shownMax < before[before.length - 1]!)
  plot.batch(() => {
    plot.setData(data, !isZoomed)
    if (isZoomed) plot.setScale('x', { min: shownMin, max: shownMax })
  })
}

function describe(host: HTMLElement, lines: readonly ChartLine[], theme: ChartTheme, options: LineChartOptions): uPlot.Options {
  const axis = { stroke: theme.axis, font: theme.font, ticks: { show: false }, grid: { stroke: theme.grid, width: 1 } }
  return {
    width: Math.max(host.clientWidth, 40),
    height: Math.max(host.clientHeight, 40),
    padding: [8, 14, 0, 0],
    legend: { show: false },
    scales: { x: { time: false }, y: { distr: options.isLogScale ? 3 : 1 } },
    axes: [
      { ...axis, grid: { show: false }, size: 22, gap: 4, space: 44, values: (_, splits) => splits.map((value) => (Number.isInteger(value) ? formatCount(value) : '')) },
      { ...axis, size: 52, gap: 6, space: 28, values: (_, splits) => splits.map((value) => (value == null ? '' : options.formatAxis(value))) },
    ],
    cursor: {
      y: false,
      drag: { x: true, y: false, dist: 6 },
      points: { size: 6, width: 1.5 },
      sync: { key: options.syncKey, scales: ['x', null] },
    },
    series: [{}, ...lines.map((line) => describeLine(line, theme))],
    hooks: {
      setCursor: [
        (plot) => {
          const left = plot.cursor.left ?? -1
          options.onCursor(left < 0 || plot.cursor.idx == null ? null : (plot.data[0][plot.cursor.idx] ?? null))
        },
      ],
    },
  }
}

function describeLine(line: ChartLine, theme: ChartTheme): uPlot.Series {
  const stroke = theme.tones[line.tone]!
  const isRaw = line.kind === 'raw'
  return {
    label: line.label,
    stroke,
    width: isRaw ? 1 : 1.5,
    alpha: isRaw ? 0.35 : 1,
    dash: line.run === 1 && !isRaw ? [5, 4] : undefined,
    points: line.kind === 'points' ? { show: true, size: 5, width: 1, stroke, fill: stroke } : { show: line.xs.length === 1 },
  }
}
