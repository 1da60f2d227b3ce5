// From embeddings to places on a map. PCA shows the two directions of largest variance; UMAP (McInnes, Healy and Melville
// 2018, by umap-js) starts from the leading 50 and keeps neighbours together. UMAP grows faster than its input, so above
// `sampleLimit` it is fitted on a random sample and the other points are placed by their nearest sample points.
import { UMAP } from 'umap-js'
import { createRandom } from '../training/random'
import { placeByNeighbours } from './placeByNeighbours'
import { findPrincipalAxes, project } from './principalAxes'

export const layoutMethods = ['pca', 'umap'] as const
export type LayoutMethod = (typeof layoutMethods)[number]

export interface LayoutRequest {
  /** [N, D] */
  vectors: Float32Array
  width: number
  method: LayoutMethod
  seed: number
  /** UMAP: how many neighbours a point holds on to, 2…100. */
  neighbourCount: number
  /** UMAP is fitted on at most so many points. */
  sampleLimit: number
}

export interface LayoutResult {
  /** [N, 2] in −1…1, the longer side of the map filling that range. */
  places: Float32Array
  /** How many points were fitted; the others were placed. */
  sampleCount: number
  /** Share of the variance that the two axes of a PCA show; null for UMAP. */
  explained: number | null
}

export interface LayoutProgress {
  phase: string
  done: number
  total: number
}

/** umap-js compares dense vectors of any width, but distances in few dimensions cost less and lose little. */
const reducedWidth = 50

export function layOut(request: LayoutRequest, onProgress: (progress: LayoutProgress) => void = () => undefined): LayoutResult {
  const { vectors, width, method, seed } = request
  const count = vectors.length / width
  if (!Number.isInteger(count)) throw new RangeError(`Expected N×${width} numbers, got ${vectors.length}.`)
  // Too few points to have neighbourhoods: UMAP would have nothing to keep together.
  const axisCount = method === 'pca' || count < 5 ? 2 : reducedWidth
  const axes = findPrincipalAxes(vectors, width, axisCount, { seed, onProgress: (done, total) => onProgress({ phase: 'finding the principal axes', done, total }) })
  const reduced = project(vectors, width, axes) // [N, K]
  if (axisCount === 2) {
    const shown = axes.variances.reduce((sum, value) => sum + value, 0)
    const places = axes.variances.length === 2 ? reduced : Float32Array.from({ length: count * 2 }, (_, i) => (i % 2 ? 0 : reduced[i / 2]!))
    return { places: fill(places), sampleCount: count, explained: axes.totalVariance > 0 ? Math.min(1, shown / axes.totalVariance) : 1 }
  }
  return umapPlaces(reduced, axes.axes.length / width, request, onProgress)
}

function umapPlaces(reduced: Float32Array, width: number, { seed, neighbourCount, sampleLimit }: LayoutRequest, onProgress: (progress: LayoutProgress) => void): LayoutResult {
  const count = reduced.length / width
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  const isSampled = count > sampleLimit
  const fitted = isSampled ? Uint32Array.from(createRandom(seed, 1).shuffle(Array.from(order)).slice(0, sampleLimit)).sort() : order
  const sample = takeRows(reduced, width, fitted)
  const samplePlaces = fitUmap(sample, width, seed, neighbourCount, onProgress)
  if (!isSampled) return { places: fill(samplePlaces), sampleCount: count, explained: null }

  const isFitted = new Uint8Array(count)
  for (const row of fitted) isFitted[row] = 1
  const others = order.filter((row) => !isFitted[row])
  const otherPlaces = placeByNeighbours(sample, samplePlaces, takeRows(reduced, width, others), width, {
    random: createRandom(seed, 2), onProgress: (done, total) => onProgress({ phase: 'placing the other points', done, total }),
  })
  const places = new Float32Array(count * 2)
  fitted.forEach((row, i) => places.set(samplePlaces.subarray(i * 2, i * 2 + 2), row * 2))
  others.forEach((row, i) => places.set(otherPlaces.subarray(i * 2, i * 2 + 2), row * 2))
  return { places: fill(places), sampleCount: fitted.length, explained: null }
}

function fitUmap(rows: Float32Array, width: number, seed: number, neighbourCount: number, onProgress: (progress: LayoutProgress) => void): Float32Array {
  const count = rows.length / width
  const random = createRandom(seed, 3)
  const umap = new UMAP({ nComponents: 2, nNeighbors: Math.min(neighbourCount, count - 1), minDist: 0.1, random: () => random.next() })
  onProgress({ phase: 'finding neighbours', done: 0, total: count })
  const epochCount = umap.initializeFit(Array.from({ length: count }, (_, row) => Array.from(rows.subarray(row * width, (row + 1) * width))))
  for (let epoch = 0; epoch < epochCount; epoch++) {
    umap.step()
    onProgress({ phase: 'arranging points', done: epoch + 1, total: epochCount })
  }
  return Float32Array.from(umap.getEmbedding().flat())
}

function takeRows(rows: Float32Array, width: number, indices: Uint32Array): Float32Array {
  const taken = new Float32Array(indices.length * width)
  indices.forEach((row, i) => taken.set(rows.subarray(row * width, (row + 1) * width), i * width))
  return taken
}

/** Moves the middle to the origin and scales both axes alike, so that distances keep their meaning. */
function fill(places: Float32Array): Float32Array {
  const low = [Infinity, Infinity]
  const high = [-Infinity, -Infinity]
  places.forEach((value, i) => {
    low[i % 2] = Math.min(low[i % 2]!, value)
    high[i % 2] = Math.max(high[i % 2]!, value)
  })
  const half = Math.max(high[0]! - low[0]!, high[1]! - low[1]!) / 2 || 1
  return places.map((value, i) => (value - (low[i % 2]! + high[i % 2]!) / 2) / half)
}
