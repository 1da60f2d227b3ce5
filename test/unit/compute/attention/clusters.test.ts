import { describe, expect, it } from 'vitest'
import { assignRows, findCentres } from '../../../../src/main/engine/compute/attention/kMeans'
import { fractionalRanks, rankDisagreement, rankRarity } from '../../../../src/main/engine/compute/attention/ranks'
import { createRandom } from '../../../../src/main/engine/compute/training/random'

const width = 3

function blobs(centres: readonly number[][], perBlob: readonly number[], spread: number): { rows: Float32Array; blobOf: number[] } {
  const random = createRandom(7)
  const blobOf = perBlob.flatMap((count, blob) => Array.from({ length: count }, () => blob))
  random.shuffle(blobOf)
  return { rows: Float32Array.from(blobOf.flatMap(blob => centres[blob]!.map(value => value + spread * (random.next() - 0.5)))), blobOf }
}

function distance(rows: Float32Array, row: number, centres: Float32Array, centre: number): number {
  let sum = 0
  for (let d = 0; d < width; d++) sum += (rows[row * width + d]! - centres[centre * width + d]!) ** 2
  return sum
}

describe('k-means', () => {
  it('assigns every row to its nearest centre, as a plain search does', () => {
    const random = createRandom(1)
    const rows = Float32Array.from({ length: 101 * width }, () => random.below(5) - 2)
    const centres = Float32Array.from({ length: 7 * width }, () => random.below(5) - 2)
    const { clusters, squaredDistances } = assignRows(rows, centres, width)
    for (let row = 0; row < 101; row++) {
      const all = Array.from({ length: 7 }, (_, centre) => distance(rows, row, centres, centre))
      const least = Math.min(...all)
      expect(clusters[row]).toBe(all.indexOf(least))
      expect(squaredDistances[row]).toBeCloseTo(least, 4)
    }
  })

  it('finds well separated clusters whole, whatever their sizes', async () => {
    const { rows, blobOf } = blobs([[0, 0, 0], [5, 0, 0], [0, 5, 0], [0, 0, 5]], [100, 60, 30, 4], 0.5)
    const centres = await findCentres(rows, width, { clusterCount: 4, seed: 3 })
    const { clusters } = assignRows(rows, centres, width)
    const names = new Map<number, number>()
    blobOf.forEach((blob, row) => {
      if (!names.has(blob)) names.set(blob, clusters[row]!)
      expect(clusters[row]).toBe(names.get(blob))
    })
    expect(new Set(names.values()).size).toBe(4)
  })

  it('ends where no centre moves: each is the mean of its rows', async () => {
    const { rows } = blobs([[0, 0, 0], [3, 1, 0]], [40, 40], 1)
    const centres = await findCentres(rows, width, { clusterCount: 2, seed: 5 })
    const { clusters } = assignRows(rows, centres, width)
    for (let centre = 0; centre < 2; centre++) {
      const own = [...clusters.keys()].filter(row => clusters[row] === centre)
      for (let d = 0; d < width; d++) expect(centres[centre * width + d]).toBeCloseTo(own.reduce((sum, row) => sum + rows[row * width + d]!, 0) / own.length, 4)
    }
  })

  it('gives the same centres for the same seed, and takes fewer rows than clusters', async () => {
    const { rows } = blobs([[0, 0, 0], [3, 1, 0]], [20, 20], 2)
    const [first, second] = [await findCentres(rows, width, { clusterCount: 5, seed: 2 }), await findCentres(rows, width, { clusterCount: 5, seed: 2 })]
    expect(second).toEqual(first)
    expect((await findCentres(rows.subarray(0, 2 * width), width, { clusterCount: 9, seed: 2 })).length).toBe(2 * width)
    const equal = new Float32Array(6 * width).fill(1)
    expect((await findCentres(equal, width, { clusterCount: 3, seed: 2 })).every(value => value === 1)).toBe(true)
  })
})

describe('ranks', () => {
  it('share the mean rank among equal values', () => {
    expect([...fractionalRanks(Float32Array.of(5, 1, 3, 3, 9))]).toEqual([0.75, 0, 0.375, 0.375, 1])
    expect([...fractionalRanks(Float32Array.of(4))]).toEqual([0.5])
    expect(fractionalRanks(new Float32Array(0)).length).toBe(0)
  })

  it('do not see a scale, only an order', () => {
    const scores = Float32Array.of(0.1, 0.5, 0.2, 0.9)
    expect([...rankDisagreement(scores, scores.map(score => 100 * score ** 3 + 4))]).toEqual([0, 0, 0, 0])
    expect([...rankDisagreement(scores, scores.map(score => -score))].map(value => Number(value.toFixed(3)))).toEqual([1, 0.333, 0.333, 1])
  })

  it('put the sparsest cluster first, and in it what lies farthest out', () => {
    // Cluster 0: five tight members; cluster 1: two far apart; cluster 2: five loose ones.
    const clusters = Uint16Array.of(0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 2)
    const squaredDistances = Float32Array.of(0.1, 0.1, 0.1, 0.1, 0.1, 1, 2, 1, 1, 1, 1, 1)
    const { rarity, figures } = rankRarity(clusters, squaredDistances)
    const order = [...clusters.keys()].sort((a, b) => rarity[b]! - rarity[a]!)
    expect(order).toEqual([6, 5, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4])
    expect([rarity[6], rarity[4]]).toEqual([1, 0])
    expect(figures.map(({ size }) => size)).toEqual([5, 2, 5])
    expect(figures[1]!.meanSquaredDistance).toBe(1.5)
  })
})
