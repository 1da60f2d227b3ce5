// Logistic regression with an L2 penalty: loss = mean cross-entropy + strength/2 · |w|². The bias is not penalised. It is convex,
// so the answer does not depend on where the search starts.
import { minimise } from './minimise'

export interface Examples {
  /** [N, F] */
  features: Float32Array
  size: number
  /** [N] 1 for accepted, 0 for rejected. */
  labels: Uint8Array
}

export interface LinearModel {
  /** [F] */
  weights: Float64Array
  bias: number
}

/** σ(z) without overflow at either end. */
export const sigmoid = (z: number): number => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)))

/** log(1 + e^z) without overflow. */
export const softplus = (z: number): number => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)))

/**
 * @param parameters [F + 1] weights, then the bias
 * @param gradient [F + 1] is written
 * @param rows which examples count
 */
export function logisticLoss({ features, size, labels }: Examples, rows: readonly number[], strength: number, parameters: Float64Array, gradient: Float64Array): number {
  gradient.fill(0)
  let loss = 0
  for (const row of rows) {
    const from = row * size
    let z = parameters[size]!
    for (let f = 0; f < size; f++) z += parameters[f]! * features[from + f]!
    const label = labels[row]!
    loss += softplus(z) - label * z
    const error = (sigmoid(z) - label) / rows.length
    for (let f = 0; f < size; f++) gradient[f]! += error * features[from + f]!
    gradient[size]! += error
  }
  let squares = 0
  for (let f = 0; f < size; f++) {
    squares += parameters[f]! * parameters[f]!
    gradient[f]! += strength * parameters[f]!
  }
  return loss / rows.length + (strength / 2) * squares
}

export function fitLogistic(examples: Examples, rows: readonly number[], strength: number): LinearModel {
  const { point } = minimise(new Float64Array(examples.size + 1), (parameters, gradient) => logisticLoss(examples, rows, strength, parameters, gradient))
  return { weights: point.slice(0, examples.size), bias: point[examples.size]! }
}

/** The log-odds of one row. */
export function logitOfRow({ weights, bias }: LinearModel, features: Float32Array, row: number): number {
  const size = weights.length
  let z = bias
  for (let f = 0; f < size; f++) z += weights[f]! * features[row * size + f]!
  return z
}
