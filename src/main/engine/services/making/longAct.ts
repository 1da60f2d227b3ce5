// Acts on many pairs, done chunk by chunk as one entry of the history: the database is never held for long, other calls are
// answered in between, and a kill leaves what was done so far as an act that can be undone.
import type { RowChange } from '../../store/historyStore'
import type { Store } from '../../store/openStore'

/** Lets whatever else waits have its turn. */
export const breathe = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

export interface ActChunk {
  changes: RowChange[]
  /** The caller has changed the rows already. */
  isDone: boolean
}

/** In which the number of pairs may stand: it is known when the act has ended. */
export type ActLabel = (count: number) => string

export interface LongAct {
  store: Store
  label: ActLabel
  /** Does or names the next chunk, within one transaction; null at the end. */
  next: () => { chunk: ActChunk; count: number } | null
  signal?: AbortSignal
  onChunk?: (count: number) => void
}

/**
 * @returns how many pairs were changed; those before a cancel stay changed, and undo takes them back
 * @throws AppError 'conflict' when a person undid the act while it went on
 */
export async function runLongAct({ store, label, next, signal, onChunk }: LongAct): Promise<number> {
  let entryId: number | null = null
  let count = 0
  try {
    for (;;) {
      signal?.throwIfAborted()
      const step = store.transaction(() => {
        const result = next()
        if (result !== null && result.chunk.changes.length > 0) {
          entryId ??= store.history.begin(label(0))
          store.history.addPart(entryId, result.chunk.changes, { isDone: result.chunk.isDone })
        }
        return result
      })
      if (step === null) return count
      count += step.count
      onChunk?.(step.count)
      await breathe()
    }
  } finally {
    if (entryId !== null) store.history.end(entryId, label(count))
  }
}
