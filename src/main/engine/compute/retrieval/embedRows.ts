// Embeds many id rows with a compiled model. Every batch shape means one more graph, so rows are sorted into length
// buckets and cut into batches of few fixed sizes; the last batch of a bucket repeats a row where it is short.
import { bucketFor, padRows } from '../fuselip/sequence'

/** Embeds [N, L] ids and answers N×D normalised numbers. */
export type EmbedBatch = (ids: Int32Array, length: number, endPositions: Int32Array) => Promise<Float32Array>

/** One for a single query, 32 for work in bulk. */
const batchSizes = [1, 8, 32]

export interface EmbedOptions {
  /** Called after each batch. */
  onProgress?: (done: number, total: number) => void
  /** Checked before each batch. */
  signal?: AbortSignal
}

/**
 * @param rows framed ids, not padded
 * @returns [N, D] in the order of `rows`
 */
export async function embedRows(rows: readonly Int32Array[], width: number, buckets: readonly number[], embed: EmbedBatch, options: EmbedOptions = {}): Promise<Float32Array> {
  const result = new Float32Array(rows.length * width)
  const byLength = new Map<number, number[]>()
  rows.forEach((row, index) => {
    const length = bucketFor(row.length, buckets)
    const members = byLength.get(length)
    if (members) members.push(index)
    else byLength.set(length, [index])
  })
  let done = 0
  const largest = batchSizes.at(-1)!
  for (const members of byLength.values()) {
    for (let start = 0; start < members.length; start += largest) {
      options.signal?.throwIfAborted()
      const chunk = members.slice(start, start + largest)
      const size = batchSizes.find((candidate) => candidate >= chunk.length)!
      const filled = Array.from({ length: size }, (_, i) => rows[chunk[Math.min(i, chunk.length - 1)]!]!)
      const { ids, length, endPositions } = padRows(filled, buckets)
      const vectors = await embed(ids, length, endPositions) // [size, D]
      if (vectors.length !== size * width) throw new RangeError(`Expected ${size}×${width} numbers from the model, got ${vectors.length}.`)
      chunk.forEach((index, i) => result.set(vectors.subarray(i * width, (i + 1) * width), index * width))
      done += chunk.length
      options.onProgress?.(done, rows.length)
    }
  }
  return result
}
