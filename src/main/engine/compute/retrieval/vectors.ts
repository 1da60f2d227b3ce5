// Rows of embeddings in one flat array. All vectors are normalised, so a dot product is the cosine similarity.
import { AppError } from '../../../../shared/errors'

/** The number of rows; an error where the array is no whole number of them. */
export function rowCount(matrix: Float32Array, width: number, name: string): number {
  const rows = matrix.length / width
  if (!Number.isInteger(width) || width < 1 || !Number.isInteger(rows)) {
    throw new AppError('bad-input', `Expected ${name} of N×${width} numbers, got ${matrix.length}.`, 'Compute the embeddings again with the current model.')
  }
  return rows
}

/** Row `i` of `a` times row `j` of `b`, summed in one fixed order so that equal vectors give equal scores. */
export function dotRows(a: Float32Array, i: number, b: Float32Array, j: number, width: number): number {
  let p = i * width
  let q = j * width
  const end = p + width
  const unrolledEnd = end - (width % 4)
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  while (p < unrolledEnd) {
    s0 += a[p]! * b[q]!
    s1 += a[p + 1]! * b[q + 1]!
    s2 += a[p + 2]! * b[q + 2]!
    s3 += a[p + 3]! * b[q + 3]!
    p += 4
    q += 4
  }
  while (p < end) s0 += a[p++]! * b[q++]!
  return s0 + s1 + (s2 + s3)
}
