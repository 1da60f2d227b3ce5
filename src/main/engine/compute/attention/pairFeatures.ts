// What a classifier of pairs sees: both sides, how they agree coordinate by coordinate, and their cosine. Features are
// brought to mean 0 and deviation 1 by figures that are kept with the classifier.
import { dotRows, rowCount } from '../retrieval/vectors'

export interface FeatureScale {
  /** [F] */
  means: Float32Array
  /** [F] one over the standard deviation; 0 where a feature never changes, which leaves it out. */
  inverseDeviations: Float32Array
}

/** Left, right, their product, the cosine. */
export const featureCount = (width: number): number => 3 * width + 1

/**
 * @param left [N, D] normalised
 * @param right [N, D] normalised
 * @returns [N, F]
 */
export function pairFeatures(left: Float32Array, right: Float32Array, width: number): Float32Array {
  const count = rowCount(left, width, 'left sides')
  const size = featureCount(width)
  const features = new Float32Array(count * size)
  for (let row = 0; row < count; row++) {
    const from = row * width
    const to = row * size
    for (let d = 0; d < width; d++) {
      const l = left[from + d]!
      const r = right[from + d]!
      features[to + d] = l
      features[to + width + d] = r
      features[to + 2 * width + d] = l * r
    }
    features[to + 3 * width] = dotRows(left, row, right, row, width)
  }
  return features
}

/** @param features [N, F] */
export function measureScale(features: Float32Array, size: number): FeatureScale {
  const count = rowCount(features, size, 'features')
  const sums = new Float64Array(size)
  const squares = new Float64Array(size)
  for (let row = 0; row < count; row++) {
    for (let f = 0; f < size; f++) {
      const value = features[row * size + f]!
      sums[f]! += value
      squares[f]! += value * value
    }
  }
  const means = new Float32Array(size)
  const inverseDeviations = new Float32Array(size)
  for (let f = 0; f < size; f++) {
    const mean = sums[f]! / count
    const variance = squares[f]! / count - mean * mean
    means[f] = mean
    // Below this the difference of squares is only rounding.
    inverseDeviations[f] = variance > 1e-10 ? 1 / Math.sqrt(variance) : 0
  }
  return { means, inverseDeviations }
}

/** Scales in place and gives the same array. */
export function scaleFeatures(features: Float32Array, { means, inverseDeviations }: FeatureScale): Float32Array {
  const size = means.length
  for (let at = 0; at < features.length; at++) {
    const f = at % size
    features[at] = (features[at]! - means[f]!) * inverseDeviations[f]!
  }
  return features
}
