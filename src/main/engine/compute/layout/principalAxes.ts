// Principal component analysis: the exact covariance of all rows, and its leading eigenvectors by block iteration with a
// Rayleigh-Ritz step (Saad, Numerical Methods for Large Eigenvalue Problems, §5.2). Few axes of a D×D matrix are wanted, so
// this beats a full decomposition; the small matrix inside each step is diagonalised by Jacobi rotations.
import { createRandom } from '../training/random'
import { diagonalise } from './jacobi'

export interface PrincipalAxes {
  /** [D] */
  mean: Float64Array
  /** [K, D], orthonormal, largest variance first; the largest entry of each axis is positive, so signs are repeatable. */
  axes: Float64Array
  /** [K], the variance along each axis. */
  variances: Float64Array
  /** Of all D directions together. */
  totalVariance: number
}

/** Extra columns of the block: they carry the directions next in size and make the wanted ones converge fast. */
const spareCount = 8
/** Relative change of the wanted variances between two steps. Embeddings reach it in 10 to 40 steps. */
const tolerance = 1e-9
const mostSteps = 300

export interface AxesOptions {
  seed?: number
  onProgress?: (done: number, total: number) => void
}

/** @param vectors [N, D] @param axisCount at most D */
export function findPrincipalAxes(vectors: Float32Array, width: number, axisCount: number, { seed = 1, onProgress }: AxesOptions = {}): PrincipalAxes {
  const { mean, covariance } = measureCovariance(vectors, width, onProgress)
  let totalVariance = 0
  for (let i = 0; i < width; i++) totalVariance += covariance[i * width + i]!
  const kept = Math.min(axisCount, width)
  const { axes, variances } = leadingEigenvectors(covariance, width, kept, seed)
  return { mean, axes, variances, totalVariance }
}

/** Coordinates of each row along the axes: [N, K]. */
export function project(vectors: Float32Array, width: number, { mean, axes }: PrincipalAxes): Float32Array {
  const count = vectors.length / width
  const axisCount = axes.length / width
  const result = new Float32Array(count * axisCount)
  const centred = new Float64Array(width)
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < width; i++) centred[i] = vectors[row * width + i]! - mean[i]!
    for (let axis = 0; axis < axisCount; axis++) {
      let sum = 0
      for (let i = 0; i < width; i++) sum += centred[i]! * axes[axis * width + i]!
      result[row * axisCount + axis] = sum
    }
  }
  return result
}

const rowsPerReport = 4096

function measureCovariance(vectors: Float32Array, width: number, onProgress: AxesOptions['onProgress']) {
  const count = vectors.length / width
  const mean = new Float64Array(width)
  for (let row = 0; row < count; row++) for (let i = 0; i < width; i++) mean[i]! += vectors[row * width + i]! / count
  const covariance = new Float64Array(width * width)
  const centred = new Float64Array(width)
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < width; i++) centred[i] = vectors[row * width + i]! - mean[i]!
    // One half; the matrix is symmetric.
    for (let i = 0; i < width; i++) {
      const factor = centred[i]!
      const base = i * width
      for (let j = i; j < width; j++) covariance[base + j]! += factor * centred[j]!
    }
    if (row % rowsPerReport === 0) onProgress?.(row, count)
  }
  for (let i = 0; i < width; i++) {
    for (let j = i; j < width; j++) {
      const value = covariance[i * width + j]! / Math.max(1, count - 1)
      covariance[i * width + j] = value
      covariance[j * width + i] = value
    }
  }
  onProgress?.(count, count)
  return { mean, covariance }
}

function leadingEigenvectors(matrix: Float64Array, width: number, wanted: number, seed: number) {
  const blockSize = Math.min(width, wanted + spareCount)
  const random = createRandom(seed)
  let block = Float64Array.from({ length: blockSize * width }, () => random.next() - 0.5) // [B, D]
  orthonormalise(block, width)
  let variances = new Float64Array(blockSize)
  for (let step = 0; step < mostSteps; step++) {
    const image = multiply(block, matrix, width) // [B, D]
    const small = new Float64Array(blockSize * blockSize)
    for (let i = 0; i < blockSize; i++) for (let j = 0; j < blockSize; j++) small[i * blockSize + j] = dot(block, i, image, j, width)
    const ritz = diagonalise(small, blockSize)
    const change = Math.max(...Array.from({ length: wanted }, (_, i) => Math.abs(ritz.values[i]! - variances[i]!)))
    variances = ritz.values
    const isSettled = change <= tolerance * Math.max(variances[0]!, Number.MIN_VALUE)
    // Settled: rotate the block itself. Otherwise go on from its image, which leans further towards the largest directions.
    block = multiply(ritz.vectors, isSettled ? block : image, blockSize, width)
    orthonormalise(block, width)
    if (isSettled) break
  }
  const axes = block.slice(0, wanted * width)
  for (let axis = 0; axis < wanted; axis++) makeLargestPositive(axes.subarray(axis * width, (axis + 1) * width))
  return { axes, variances: variances.slice(0, wanted).map((value) => Math.max(0, value)) }
}

/** [A, inner] × [inner, columns]. */
function multiply(left: Float64Array, right: Float64Array, inner: number, columns = inner): Float64Array<ArrayBuffer> {
  const rows = left.length / inner
  const result = new Float64Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < inner; k++) {
      const factor = left[row * inner + k]!
      for (let column = 0; column < columns; column++) result[row * columns + column]! += factor * right[k * columns + column]!
    }
  }
  return result
}

function dot(a: Float64Array, i: number, b: Float64Array, j: number, width: number): number {
  let sum = 0
  for (let k = 0; k < width; k++) sum += a[i * width + k]! * b[j * width + k]!
  return sum
}

/** Modified Gram-Schmidt, twice, because one pass loses orthogonality where rows are nearly parallel. A row of nothing stays zero. */
function orthonormalise(rows: Float64Array, width: number): void {
  const count = rows.length / width
  for (let row = 0; row < count; row++) {
    for (let pass = 0; pass < 2; pass++) {
      for (let before = 0; before < row; before++) {
        const shared = dot(rows, row, rows, before, width)
        for (let k = 0; k < width; k++) rows[row * width + k]! -= shared * rows[before * width + k]!
      }
    }
    const length = Math.sqrt(dot(rows, row, rows, row, width))
    for (let k = 0; k < width; k++) rows[row * width + k] = length > 1e-150 ? rows[row * width + k]! / length : 0
  }
}

function makeLargestPositive(axis: Float64Array): void {
  let largest = 0
  for (const value of axis) if (Math.abs(value) > Math.abs(largest)) largest = value
  if (largest < 0) for (let i = 0; i < axis.length; i++) axis[i] = -axis[i]!
}
