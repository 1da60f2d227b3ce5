// One device, many callers: each piece of work (a training step, one batch of embeddings) takes its turn, first come
// first served, so that a search is answered between two steps of a training.

export type TakeTurn = <T>(work: () => Promise<T>) => Promise<T>

export function createTurns(): TakeTurn {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work)
    // The next one waits for this one to end, however it ends.
    last = mine.catch(() => undefined)
    return mine
  }
}
