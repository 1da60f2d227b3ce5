// Canvas cannot read CSS variables by itself: the colours are looked up once per theme and again when the theme changes.

export interface ChartTheme {
  /** By tone; see `overlayTone` for the last one. */
  tones: readonly string[]
  grid: string
  axis: string
  font: string
}

/** The tone of the run laid over a chart that has only one line per run. */
export const overlayTone = 3

const toneVariables = ['--accent', '--good', '--text-muted', '--warn'] as const

export function readChartTheme(element: Element): ChartTheme {
  const style = getComputedStyle(element)
  const read = (name: string): string => style.getPropertyValue(name).trim() || 'gray'
  return {
    tones: toneVariables.map(read),
    grid: read('--line'),
    axis: read('--text-faint'),
    font: `10.5px ${style.fontFamily || 'sans-serif'}`,
  }
}

/** Calls back when the theme attribute of the page or the system's preference changes. Returns how to stop. */
export function watchChartTheme(onChange: () => void): () => void {
  const observer = new MutationObserver(onChange)
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['class', 'data-theme', 'style'] })
  const query = window.matchMedia('(prefers-color-scheme: dark)')
  query.addEventListener('change', onChange)
  return () => {
    observer.disconnect()
    query.removeEventListener('change', onChange)
  }
}
