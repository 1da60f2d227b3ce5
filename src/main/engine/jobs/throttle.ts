// Merges patches that come faster than an interval: the first goes out at once, the last is never lost.

export interface Throttled<T extends object> {
  push(patch: T): void
  /** Sends what waits now. */
  flush(): void
  /** Forgets what waits. */
  drop(): void
}

export function throttle<T extends object>(intervalMs: number, send: (patch: T) => void, now: () => number = Date.now): Throttled<T> {
  let waiting: T | null = null
  let lastSentMs = -Infinity
  let timer: NodeJS.Timeout | null = null
  const drop = (): T | null => {
    if (timer) clearTimeout(timer)
    timer = null
    const patch = waiting
    waiting = null
    return patch
  }
  const flush = () => {
    const patch = drop()
    if (!patch) return
    lastSentMs = now()
    send(patch)
  }
  return {
    push(patch) {
      waiting = { ...waiting, ...patch }
      const leftMs = lastSentMs + intervalMs - now()
      if (leftMs <= 0) flush()
      // A timer callback has nobody to catch it: a store that fails here fails again, and visibly, when the job ends.
      else timer ??= setTimeout(() => { try { flush() } catch { /* reported by the next write */ } }, leftMs)
    },
    flush,
    drop: () => void drop(),
  }
}
