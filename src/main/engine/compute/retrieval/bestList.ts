// The k best of a stream of scored items, best first. Equal scores keep the order in which they were offered, so items
// offered by ascending index come out sorted by (score down, index up).

export interface BestList {
  /** How many are held, at most the capacity. */
  readonly count: number
  offer(index: number, score: number): void
  indices(): Uint32Array
  scores(): Float64Array
}

/** Insertion into a sorted array: most offers fail the first comparison, so this beats a heap for the k in use here. */
export function createBestList(capacity: number): BestList {
  const indices = new Uint32Array(capacity)
  const scores = new Float64Array(capacity)
  let count = 0
  return {
    get count() {
      return count
    },
    offer(index, score) {
      if (Number.isNaN(score) || capacity === 0) return
      if (count === capacity && score <= scores[count - 1]!) return
      let low = 0
      let high = count
      while (low < high) {
        const middle = (low + high) >> 1
        if (scores[middle]! >= score) low = middle + 1
        else high = middle
      }
      if (count < capacity) count++
      indices.copyWithin(low + 1, low, count - 1)
      scores.copyWithin(low + 1, low, count - 1)
      indices[low] = index
      scores[low] = score
    },
    indices: () => indices.slice(0, count),
    scores: () => scores.slice(0, count),
  }
}
