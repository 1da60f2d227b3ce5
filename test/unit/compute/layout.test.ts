// Maps of embeddings: principal axes against a full decomposition, UMAP by what it must keep together, placing by neighbours.
import { describe, expect, it } from 'vitest'
import { diagonalise } from '../../../src/main/engine/compute/layout/jacobi'
import { layOut, type LayoutProgress, type LayoutRequest } from '../../../src/main/engine/compute/layout/layout'
import { placeByNeighbours } from '../../../src/main/engine/compute/layout/placeByNeighbours'
import { findPrincipalAxes, project } from '../../../src/main/engine/compute/layout/principalAxes'
import { createRandom } from '../../../src/main/engine/compute/training/random'

/** Rows around `clusterCount` centres, with most of the variance in few directions. */
function clusters(count: number, width: number, clusterCount: number, spread = 0.05): { vectors: Float32Array; clusterOf: Uint8Array } {
  const random = createRandom(11)
  const centres = Array.from({ length: clusterCount * width }, () => random.next() - 0.5)
  const clusterOf = Uint8Array.from({ length: count }, (_, row) => row % clusterCount)
  const vectors = Float32Array.from({ length: count * width }, (_, i) => centres[clusterOf[Math.floor(i / width)]! * width + (i % width)]! + (random.next() - 0.5) * spread)
  return { vectors, clusterOf }
}

/** The slow way: the covariance entry by entry, and all of its eigenvectors. */
function slowAxes(vectors: Float32Array, width: number) {
  const count = vectors.length / width
  const mean = Array.from({ length: width }, (_, i) => Array.from({ length: count }, (_, row) => vectors[row * width + i]!).reduce((a, b) => a + b, 0) / count)
  const covariance = Float64Array.from({ length: width * width }, (_, at) => {
    const [i, j] = [Math.floor(at / width), at % width]
    let sum = 0
    for (let row = 0; row < count; row++) sum += (vectors[row * width + i]! - mean[i]!) * (vectors[row * width + j]! - mean[j]!)
    return sum / (count - 1)
  })
  return { covariance, eigen: diagonalise(covariance, width) }
}

const request = (vectors: Float32Array, width: number, change: Partial<LayoutRequest> = {}): LayoutRequest =>
  ({ vectors, width, method: 'pca', seed: 1, neighbourCount: 10, sampleLimit: 20_000, ...change })

/** Share of points whose nearest neighbour on the map is of their own cluster. */
function purity(places: Float32Array, clusterOf: Uint8Array): number {
  let same = 0
  clusterOf.forEach((cluster, row) => {
    let nearest = -1
    let least = Infinity
    clusterOf.forEach((_, other) => {
      const distance = (places[row * 2]! - places[other * 2]!) ** 2 + (places[row * 2 + 1]! - places[other * 2 + 1]!) ** 2
      if (other !== row && distance < least) [nearest, least] = [other, distance]
    })
    if (clusterOf[nearest] === cluster) same++
  })
  return same / clusterOf.length
}

describe('the full decomposition', () => {
  it('gives vectors that the matrix only stretches, orthonormal, largest first', () => {
    const random = createRandom(3)
    const size = 12
    const half = Array.from({ length: size * size }, () => random.next() - 0.5)
    const matrix = Float64Array.from({ length: size * size }, (_, at) => half[at]! + half[(at % size) * size + Math.floor(at / size)]!)
    const { values, vectors } = diagonalise(matrix, size)
    for (let k = 0; k < size; k++) {
      for (let i = 0; i < size; i++) {
        let image = 0
        for (let j = 0; j < size; j++) image += matrix[i * size + j]! * vectors[k * size + j]!
        expect(image).toBeCloseTo(values[k]! * vectors[k * size + i]!, 10)
      }
      if (k) expect(values[k]!).toBeLessThanOrEqual(values[k - 1]!)
    }
  })
})

describe('principal axes', () => {
  const width = 24
  const { vectors } = clusters(400, width, 7, 0.4)

  it('are those of the full decomposition', () => {
    const found = findPrincipalAxes(vectors, width, 5)
    const { eigen } = slowAxes(vectors, width)
    for (let axis = 0; axis < 5; axis++) {
      expect(found.variances[axis]!).toBeCloseTo(eigen.values[axis]!, 8)
      let cosine = 0
      for (let i = 0; i < width; i++) cosine += found.axes[axis * width + i]! * eigen.vectors[axis * width + i]!
      expect(Math.abs(cosine)).toBeGreaterThan(0.999_99)
    }
    expect(found.totalVariance).toBeCloseTo(eigen.values.reduce((a, b) => a + b, 0), 8)
  })

  it('do not depend on where the iteration starts, signs included', () => {
    const first = findPrincipalAxes(vectors, width, 3, { seed: 1 })
    const second = findPrincipalAxes(vectors, width, 3, { seed: 99 })
    first.axes.forEach((value, i) => expect(second.axes[i]!).toBeCloseTo(value, 4))
  })

  it('project to coordinates whose variance is that of the axis', () => {
    const found = findPrincipalAxes(vectors, width, 2)
    const places = project(vectors, width, found)
    const xs = Array.from({ length: 400 }, (_, row) => places[row * 2]!)
    expect(xs.reduce((a, b) => a + b, 0) / 400).toBeCloseTo(0, 5)
    expect(xs.reduce((a, b) => a + b * b, 0) / 399).toBeCloseTo(found.variances[0]!, 4)
  })

  it('are found where all rows lie on one line, or are one point', () => {
    const line = Float32Array.from({ length: 30 * 4 }, (_, i) => Math.floor(i / 4) * [1, -2, 0, 0.5][i % 4]!)
    expect(findPrincipalAxes(line, 4, 2).variances[1]!).toBeCloseTo(0, 6)
    const point = layOut(request(new Float32Array(8 * 4).fill(0.5), 4))
    expect([...point.places].every((value) => value === 0)).toBe(true)
  })
})

describe('a map', () => {
  it('fills −1…1 along its longer side', () => {
    const { vectors } = clusters(200, 8, 3)
    const { places, explained, sampleCount } = layOut(request(vectors, 8))
    expect(Math.max(...places)).toBeCloseTo(1, 5)
    expect(Math.min(...places)).toBeCloseTo(-1, 5)
    expect(explained).toBeGreaterThan(0.5)
    expect(explained).toBeLessThanOrEqual(1)
    expect(sampleCount).toBe(200)
  })

  it('by UMAP keeps clusters together, the same for the same seed, with progress', () => {
    const { vectors, clusterOf } = clusters(300, 64, 5)
    const told: LayoutProgress[] = []
    const first = layOut(request(vectors, 64, { method: 'umap' }), (progress) => told.push(progress))
    expect(purity(first.places, clusterOf)).toBeGreaterThan(0.97)
    expect(layOut(request(vectors, 64, { method: 'umap' })).places).toEqual(first.places)
    expect(layOut(request(vectors, 64, { method: 'umap', seed: 2 })).places).not.toEqual(first.places)
    expect(new Set(told.map(({ phase }) => phase))).toEqual(new Set(['finding the principal axes', 'finding neighbours', 'arranging points']))
    expect(told.at(-1)).toMatchObject({ done: told.at(-1)!.total })
  })

  it('by UMAP of a sample puts the other points into their own clusters', () => {
    const { vectors, clusterOf } = clusters(900, 32, 5)
    const { places, sampleCount } = layOut(request(vectors, 32, { method: 'umap', sampleLimit: 250 }))
    expect(sampleCount).toBe(250)
    expect(purity(places, clusterOf)).toBeGreaterThan(0.97)
  })

  it.each([1, 2, 4])('of %i points falls back to the axes', (count) => {
    const { vectors } = clusters(count, 6, 2)
    const { places } = layOut(request(vectors, 6, { method: 'umap' }))
    expect(places).toHaveLength(count * 2)
    expect([...places].every(Number.isFinite)).toBe(true)
  })

  it('refuses numbers that are no whole rows', () => {
    expect(() => layOut(request(new Float32Array(7), 2))).toThrow('N×2')
  })
})

describe('placing by neighbours', () => {
  it('puts a point that equals a sample point on its place, and others between their neighbours', () => {
    const sample = Float32Array.from([0, 0, 1, 0, 0, 1, 1, 1, 10, 10, 11, 10])
    const places = sample.map((value) => value / 10)
    const placed = placeByNeighbours(sample, places, Float32Array.from([10, 10, 0.5, 0.5]), 2, { random: createRandom(1) })
    expect(placed[0]).toBeCloseTo(1, 1)
    expect(placed[1]).toBeCloseTo(1, 1)
    expect(placed[2]!).toBeGreaterThan(0)
    expect(placed[2]!).toBeLessThan(0.1)
  })
})
