// k-means over rows: Lloyd's iterations from seeded starts, the same for the same rows and seed.
// Source: Arthur and Vassilvitskii, k-means++: The Advantages of Careful Seeding (2007).
import { createRandom, type Random } from '../training/random'
import { dotRows, rowCount } from '../retrieval/vectors'

export interface Assigned {
  /** [N] cluster of each row. */
  clusters: Uint16Array
  /** [N] squared distance to its centre. */
  squaredDistances: Float32Array
}

export interface ClusterOptions {
  clusterCount: number
  seed: number
  /** Awaited between iterations, so that other work of the thread comes in between. */
  breathe?: () => Promise<void>
}

const mostIterations = 15

const squaredLength = (rows: Float32Array, row: number, width: number): number => dotRows(rows, row, rows, row, width)

/**
 * The nearest centre of every row; of equally near ones the first.
 * @param rows [N, D]
 * @param centres [K, D]
 */
export function assignRows(rows: Float32Array, centres: Float32Array, width: number): Assigned {
  const count = rowCount(rows, width, 'rows')
  const clusterCount = rowCount(centres, width, 'centres')
  const centreLengths = Float64Array.from({ length: clusterCount }, (_, centre) => squaredLength(centres, centre, width))
  const clusters = new Uint16Array(count)
  const squaredDistances = new Float32Array(count)
  for (let row = 0; row < count; row++) {
    let nearest = 0
    let least = Infinity
    // |x − c|² without |x|², which is the same for all centres.
    for (let centre = 0; centre < clusterCount; centre++) {
      const distance = centreLengths[centre]! - 2 * dotRows(rows, row, centres, centre, width)
      if (distance >= least) continue
      least = distance
      nearest = centre
    }
    clusters[row] = nearest
    squaredDistances[row] = Math.max(0, least + squaredLength(rows, row, width))
  }
  return { clusters, squaredDistances }
}

/** Each next start is drawn with the chance of its squared distance to the nearest one before. */
function drawStarts(rows: Float32Array, width: number, clusterCount: number, random: Random): Float32Array {
  const count = rows.length / width
  const centres = new Float32Array(clusterCount * width)
  const nearest = new Float64Array(count).fill(Infinity)
  let chosen = random.below(count)
  for (let centre = 0; centre < clusterCount; centre++) {
    centres.set(rows.subarray(chosen * width, (chosen + 1) * width), centre * width)
    const length = squaredLength(rows, chosen, width)
    let total = 0
    for (let row = 0; row < count; row++) {
      const distance = Math.max(0, length + squaredLength(rows, row, width) - 2 * dotRows(rows, row, centres, centre, width))
      if (distance < nearest[row]!) nearest[row] = distance
      total += nearest[row]!
    }
    // Fewer different rows than clusters: the others stay empty beside the first of their kind.
    let left = random.next() * total
    chosen = 0
    while (chosen < count - 1 && (left -= nearest[chosen]!) > 0) chosen++
  }
  return centres
}

/** @returns [K, D] centres; an empty cluster keeps the place where it was */
export async function findCentres(rows: Float32Array, width: number, { clusterCount, seed, breathe = async () => undefined }: ClusterOptions): Promise<Float32Array> {
  const count = rowCount(rows, width, 'rows')
  const centres = drawStarts(rows, width, Math.min(clusterCount, count), createRandom(seed))
  let before: Uint16Array | null = null
  for (let iteration = 0; iteration < mostIterations; iteration++) {
    await breathe()
    const { clusters } = assignRows(rows, centres, width)
    if (before?.every((cluster, row) => cluster === clusters[row])) break
    before = clusters
    moveCentres(rows, width, clusters, centres)
  }
  return centres
}

function moveCentres(rows: Float32Array, width: number, clusters: Uint16Array, centres: Float32Array): void {
  const clusterCount = centres.length / width
  const sums = new Float64Array(centres.length)
  const counts = new Uint32Array(clusterCount)
  clusters.forEach((cluster, row) => {
    counts[cluster]! += 1
    for (let d = 0; d < width; d++) sums[cluster * width + d]! += rows[row * width + d]!
  })
  for (let cluster = 0; cluster < clusterCount; cluster++) {
    if (counts[cluster] === 0) continue
    for (let d = 0; d < width; d++) centres[cluster * width + d] = sums[cluster * width + d]! / counts[cluster]!
  }
}
