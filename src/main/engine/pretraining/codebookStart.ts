// Where a codebook begins: k-means over latents of the plain autoencoder (Lloyd's algorithm, k-means++ would cost more than
// it gives at this size). Starting from the latents avoids the collapse onto few codes that a random start ends in.
import { createRandom } from '../compute/training/random'

const rounds = 12

/**
 * @param latents [N, size]
 * @returns [K, size] cluster centres
 */
export function clusterCentres(latents: Float32Array, size: number, count: number, seed: number): Float32Array {
  const rows = latents.length / size
  const random = createRandom(seed, 71)
  const pick = (): number => Math.floor(random.next() * rows)
  const centres = new Float32Array(count * size)
  for (let k = 0; k < count; k += 1) {
    const row = pick()
    centres.set(latents.subarray(row * size, (row + 1) * size), k * size)
  }
  for (let round = 0; round < rounds; round += 1) {
    const sums = new Float64Array(count * size)
    const members = new Int32Array(count)
    for (let row = 0; row < rows; row += 1) {
      const nearest = nearestCentre(latents, row * size, centres, size, count)
      members[nearest]! += 1
      for (let i = 0; i < size; i += 1) sums[nearest * size + i]! += latents[row * size + i]!
    }
    for (let k = 0; k < count; k += 1) {
      const from = pick() * size
      for (let i = 0; i < size; i += 1) {
        // An empty cluster moves to a latent picked at random.
        centres[k * size + i] = members[k] ? sums[k * size + i]! / members[k]! : latents[from + i]!
      }
    }
  }
  return centres
}

function nearestCentre(latents: Float32Array, start: number, centres: Float32Array, size: number, count: number): number {
  let best = 0, bestDistance = Infinity
  for (let k = 0; k < count; k += 1) {
    let distance = 0
    for (let i = 0; i < size && distance < bestDistance; i += 1) distance += (latents[start + i]! - centres[k * size + i]!) ** 2
    if (distance < bestDistance) { best = k; bestDistance = distance }
  }
  return best
}
