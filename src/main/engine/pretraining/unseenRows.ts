// Embedding rows of ids that no training pair held. The prediction loss runs over the whole vocabulary and pushes all such
// rows the same way, step after step, until they are one vector (measured: cosine 0.997 between words, 2.5 times the length
// of trained rows). A fine-tuning that brings new words would first have to pull them apart, so they start afresh instead.
import type { Random } from '../compute/training/random'
import type { NamedArray } from '../compute/weights/namedArray'

/** The ids that occur in `rows`, as flags by id. */
export function seenIds(rows: Iterable<Int32Array>, vocabularySize: number): Uint8Array {
  const seen = new Uint8Array(vocabularySize)
  for (const row of rows) for (const id of row) seen[id] = 1
  return seen
}

/** One from a normal distribution (Box and Muller 1958). */
function nextNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}

/**
 * Draws the rows of unseen ids anew, each number from the mean and deviation of the seen rows in its column.
 * @param embedding [V, D]; changed in place
 * @param seen [V] from `seenIds`
 * @returns how many rows were drawn
 */
export function renewUnseenRows(embedding: NamedArray, seen: Uint8Array, random: Random): number {
  const [count, width] = embedding.shape as [number, number]
  const data = embedding.data as Float32Array
  const known = Array.from({ length: count }, (_, id) => id).filter((id) => seen[id])
  if (known.length === 0) throw new RangeError('Expected at least one id that was seen.')
  const means = new Float64Array(width), deviations = new Float64Array(width)
  for (let column = 0; column < width; column += 1) {
    for (const id of known) means[column]! += data[id * width + column]! / known.length
    for (const id of known) deviations[column]! += (data[id * width + column]! - means[column]!) ** 2 / known.length
    deviations[column] = Math.sqrt(deviations[column]!)
  }
  for (let id = 0; id < count; id += 1) {
    if (seen[id]) continue
    for (let column = 0; column < width; column += 1) data[id * width + column] = means[column]! + deviations[column]! * nextNormal(random)
  }
  return count - known.length
}
