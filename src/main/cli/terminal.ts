// Where a command writes. Results go to standard output, everything else to standard error, so that `--json` output can
// be piped while progress stays visible.
import { Presets, SingleBar } from 'cli-progress'

export interface Terminal {
  /** True when progress may redraw one line. */
  isInteractive: boolean
  asJson: boolean
  result(text: string): void
  note(text: string): void
}

export interface Progress {
  /** `detail` changes too often to be worth a line of its own. */
  update(phase: string, done: number, total: number | null, detail?: string): void
  end(): void
}

/** `stream.isTTY` decides: a bar that redraws itself, or one line per phase and tenth. */
export function startProgress(terminal: Terminal, title: string): Progress {
  return terminal.isInteractive ? startBar(title) : startLines(terminal, title)
}

const describe = (phase: string, detail = ''): string => [phase, detail].filter(Boolean).join(' · ')

function startBar(title: string): Progress {
  const bar = new SingleBar({
    format: `${title} {bar} {value}/{total} {phase}`, hideCursor: true, clearOnComplete: false, stopOnComplete: false, fps: 8, barsize: 24, etaBuffer: 20, stream: process.stderr,
  }, Presets.shades_classic)
  bar.start(0, 0, { phase: '' })
  return {
    update(phase, done, total, detail) {
      if (total !== null) bar.setTotal(total)
      bar.update(done, { phase: describe(phase, detail) })
    },
    end: () => bar.stop(),
  }
}

function startLines(terminal: Terminal, title: string): Progress {
  let last = ''
  return {
    update(phase, done, total, detail) {
      const tenth = total ? Math.floor((10 * done) / total) : 0
      const key = `${phase} ${tenth}`
      if (key === last) return
      last = key
      terminal.note(`${title}: ${describe(phase, detail)}${total ? ` ${done}/${total}` : ''}`)
    },
    end: () => undefined,
  }
}

/** Columns padded to their widest cell; numbers to the right. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const isNumeric = header.map((_title, column) => rows.length > 0 && rows.every((row) => /^[+−-]?[\d.,]+( ?[%a-zA-Z/]+)?$|^–$/.test(row[column] ?? '')))
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => (isNumeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join('  ').trimEnd()
  return [line(header), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}

export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  const seconds = ms / 1000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60).toString().padStart(2, '0')} s`
}

export const formatPercent = (part: number): string => `${(100 * part).toFixed(1)} %`
