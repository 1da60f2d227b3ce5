// Collects the metrics of a run and writes them in small batches: charts stay live and survive a reload, and a fast run
// does not wait for the disk at every step.
import type { Metric } from '../../../shared/contract/entities'

const batchLength = 20
const intervalMs = 500

export class MetricWriter {
  #waiting: Metric[] = []
  #timer: NodeJS.Timeout | null = null

  constructor(private readonly write: (metrics: Metric[]) => void) {}

  add(metric: Metric): void {
    this.#waiting.push(metric)
    if (this.#waiting.length >= batchLength) this.flush()
    // Nobody could catch an error of a timer; the metrics are kept, and the next one tries again where it is heard.
    else this.#timer ??= setTimeout(() => { try { this.flush() } catch { /* the next flush reports it */ } }, intervalMs)
  }

  flush(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    if (!this.#waiting.length) return
    this.write(this.#waiting)
    this.#waiting = []
  }
}

/** Steps over which the present speed is measured: long enough to smooth validations, short enough to follow changes. */
const speedWindow = 30

/** Time left at the present speed; null while unknown. `elapsedMs` starts again when a run continues. */
export class EtaEstimate {
  #recent: { step: number; elapsedMs: number }[] = []

  add({ step, elapsedMs }: Metric): void {
    const last = this.#recent.at(-1)
    if (last && (step <= last.step || elapsedMs < last.elapsedMs)) this.#recent = []
    this.#recent.push({ step, elapsedMs })
    if (this.#recent.length > speedWindow) this.#recent.shift()
  }

  leftMs(totalSteps: number): number | null {
    const first = this.#recent[0]
    const last = this.#recent.at(-1)
    if (!first || !last || last.step === first.step) return null
    const stepMs = (last.elapsedMs - first.elapsedMs) / (last.step - first.step)
    return Math.max(0, Math.round(stepMs * (totalSteps - last.step)))
  }
}
