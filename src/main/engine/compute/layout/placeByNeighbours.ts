// Places points that were not part of a fitted sample: each goes to the weighted mean of the places of its nearest sample
// points. Neighbours are found through cells (k-means of the sample; the few cells nearest to a point are searched), so a
// million points against a sample of 20,000 cost what a few hundred comparisons each cost.
import { createBestList } from '../retrieval/bestList'
import type { Random } from '../training/random'

const neighbourCount = 6
const searchedCells = 4
const cellRounds = 6

export interface PlaceOptions {
  random: Random
  onProgress?: (done: number, total: number) => void
}

/**
 * @param sample [S, K] coordinates that were fitted
 * @param places [S, 2] where the fit put them
 * @param points [N, K]
 * @returns [N, 2]
 */
export function placeByNeighbours(sample: Float32Array, places: Float32Array, points: Float32Array, width: number, { random, onProgress }: PlaceOptions): Float32Array {
  const cells = makeCells(sample, width, random)
  const count = points.length / width
  const result = new Float32Array(count * 2)
  const nearCells = Math.min(searchedCells, cells.members.length)
  for (let point = 0; point < count; point++) {
    const found = createBestList(Math.min(neighbourCount, sample.length / width))
    const cellList = createBestList(nearCells)
    for (let cell = 0; cell < cells.members.length; cell++) cellList.offer(cell, -squaredDistance(points, point, cells.centres, cell, width))
    for (const cell of cellList.indices()) {
      for (const member of cells.members[cell]!) found.offer(member, -squaredDistance(points, point, sample, member, width))
    }
    const indices = found.indices()
    const scores = found.scores()
    let sum = 0
    for (let k = 0; k < indices.length; k++) {
      // A point on top of a sample point goes to its place.
      const weight = 1 / (1e-9 - scores[k]!)
      sum += weight
      result[point * 2]! += weight * places[indices[k]! * 2]!
      result[point * 2 + 1]! += weight * places[indices[k]! * 2 + 1]!
    }
    result[point * 2]! /= sum
    result[point * 2 + 1]! /= sum
    if (point % 1024 === 0) onProgress?.(point, count)
  }
  onProgress?.(count, count)
  return result
}

interface Cells {
  centres: Float32Array
  /** No cell is empty. */
  members: Uint32Array[]
}

function makeCells(sample: Float32Array, width: number, random: Random): Cells {
  const count = sample.length / width
  const cellCount = Math.max(1, Math.round(Math.sqrt(count)))
  const chosen = random.shuffle(Array.from({ length: count }, (_, i) => i)).slice(0, cellCount)
  let centres = new Float32Array(cellCount * width)
  chosen.forEach((row, cell) => centres.set(sample.subarray(row * width, (row + 1) * width), cell * width))
  let cellOf = new Uint32Array(count)
  for (let round = 0; round < cellRounds; round++) {
    cellOf = cellOf.map((_, row) => nearestRow(sample, row, centres, width))
    centres = meansOf(sample, width, cellOf, centres)
  }
  const lists: number[][] = Array.from({ length: cellCount }, () => [])
  cellOf.forEach((cell, row) => lists[cell]!.push(row))
  const filled = lists.flatMap((list, cell) => (list.length ? [cell] : []))
  const kept = new Float32Array(filled.length * width)
  filled.forEach((cell, place) => kept.set(centres.subarray(cell * width, (cell + 1) * width), place * width))
  return { centres: kept, members: filled.map((cell) => Uint32Array.from(lists[cell]!)) }
}

/** A cell without members keeps its centre. */
function meansOf(sample: Float32Array, width: number, cellOf: Uint32Array, before: Float32Array): Float32Array<ArrayBuffer> {
  const sums = new Float64Array(before.length)
  const counts = new Uint32Array(before.length / width)
  cellOf.forEach((cell, row) => {
    counts[cell]! += 1
    for (let i = 0; i < width; i++) sums[cell * width + i]! += sample[row * width + i]!
  })
  return Float32Array.from(sums, (sum, i) => {
    const members = counts[Math.floor(i / width)]!
    return members ? sum / members : before[i]!
  })
}

function nearestRow(points: Float32Array, point: number, rows: Float32Array, width: number): number {
  let best = 0
  let least = Infinity
  for (let row = 0; row * width < rows.length; row++) {
    const distance = squaredDistance(points, point, rows, row, width)
    if (distance < least) {
      least = distance
      best = row
    }
  }
  return best
}

function squaredDistance(a: Float32Array, i: number, b: Float32Array, j: number, width: number): number {
  let sum = 0
  for (let k = 0, p = i * width, q = j * width; k < width; k++) sum += (a[p + k]! - b[q + k]!) ** 2
  return sum
}
