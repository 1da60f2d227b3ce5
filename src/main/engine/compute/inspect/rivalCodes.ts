// The code that a picture would have had next: for every latent the nearest codebook entry other than the chosen one.
// Distances as in TiTok's quantiser (arXiv 2406.07550 §3): Euclidean, of rows brought to length 1 where it normalises.

export interface Rivals {
  /** [N] */
  codes: Uint16Array
  /** [N] distance of each latent to its own code. */
  distances: Float32Array
  /** [N] distance of each latent to the rival. */
  rivalDistances: Float32Array
}

function normalisedRows(rows: Float32Array, size: number): Float32Array {
  const result = new Float32Array(rows.length)
  for (let start = 0; start < rows.length; start += size) {
    let square = 0
    for (let i = 0; i < size; i++) square += rows[start + i]! ** 2
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0
    for (let i = 0; i < size; i++) result[start + i] = rows[start + i]! * scale
  }
  return result
}

function squaredDistance(rows: Float32Array, row: number, entries: Float32Array, entry: number, size: number): number {
  let sum = 0
  for (let i = 0; i < size; i++) sum += (rows[row * size + i]! - entries[entry * size + i]!) ** 2
  return sum
}

/**
 * @param latents [N, tokenSize] before quantisation
 * @param embedding [K, tokenSize] of the codebook, K ≥ 2
 * @param codes [N] the chosen codes
 */
export function findRivals(latents: Float32Array, embedding: Float32Array, codes: Uint16Array, tokenSize: number, isNormalised: boolean): Rivals {
  const rows = isNormalised ? normalisedRows(latents, tokenSize) : latents
  const entries = isNormalised ? normalisedRows(embedding, tokenSize) : embedding
  const entryCount = entries.length / tokenSize
  if (entryCount < 2) throw new RangeError(`Expected a codebook of at least two codes, got ${entryCount}.`)
  const rivals: Rivals = { codes: new Uint16Array(codes.length), distances: new Float32Array(codes.length), rivalDistances: new Float32Array(codes.length) }
  codes.forEach((own, row) => {
    let best = Infinity
    for (let entry = 0; entry < entryCount; entry++) {
      if (entry === own) continue
      const distance = squaredDistance(rows, row, entries, entry, tokenSize)
      if (distance >= best) continue
      best = distance
      rivals.codes[row] = entry
    }
    rivals.distances[row] = Math.sqrt(squaredDistance(rows, row, entries, own, tokenSize))
    rivals.rivalDistances[row] = Math.sqrt(best)
  })
  return rivals
}
