// AdamW with gradient clipping as in the paper's runs (arXiv 2506.03096, appendix; PyTorch semantics): β = 0.9, 0.98,
// ε = 1e-8, decoupled decay on matrices only, global norm clipping.
import * as tf from '@tensorflow/tfjs-core'

export const beta1 = 0.9
export const beta2 = 0.98
export const adamwEpsilon = 1e-8
/** PyTorch's clip_grad_norm_ divides by norm + 1e-6. */
export const clipEpsilon = 1e-6

/** No decay on tensors with fewer than 2 axes or with `bn`, `ln`, `bias` or `logit_scale` in the name. */
export function decays(name: string, rank: number): boolean {
  return rank >= 2 && !/bn|ln|bias|logit_scale/.test(name)
}

export interface AdamwInputs {
  learningRate: tf.Scalar
  weightDecay: tf.Scalar
  gradientClip: tf.Scalar
  /** 1 − β₁ᵗ and 1 − β₂ᵗ, t from 1. */
  correction1: tf.Scalar
  correction2: tf.Scalar
}

type Named = Record<string, tf.Tensor>

/** Global L2 norm of all gradients, a scalar. Rows first: a GPU sums into one number with one group of threads only. */
export function gradientNorm(gradients: Named): tf.Scalar {
  const squares = Object.values(gradients).map((gradient) => tf.tidy(() => {
    const square = tf.square(gradient)
    return tf.sum(square.rank > 1 ? tf.sum(square, -1) : square)
  }))
  return tf.sqrt(squares.reduce((total, square) => tf.add(total, square))) as tf.Scalar
}

/** One update of every parameter. @returns new weights and both moments, by parameter name. */
export function adamwUpdate(weights: Named, gradients: Named, first: Named, second: Named, norm: tf.Scalar, inputs: AdamwInputs): { weights: Named; first: Named; second: Named } {
  const clip = tf.minimum(tf.div(inputs.gradientClip, tf.add(norm, clipEpsilon)), 1)
  const keep = tf.sub(1, tf.mul(inputs.learningRate, inputs.weightDecay))
  const rate = tf.div(inputs.learningRate, inputs.correction1)
  const next = { weights: {} as Named, first: {} as Named, second: {} as Named }
  for (const [name, weight] of Object.entries(weights)) {
    // Run eagerly, the values in between would otherwise be held for all weights at once, many times the weights' memory.
    const [updated, mean, square] = tf.tidy(() => {
      const gradient = tf.mul(gradients[name]!, clip)
      const nextMean = tf.add(tf.mul(first[name]!, beta1), tf.mul(gradient, 1 - beta1))
      const nextSquare = tf.add(tf.mul(second[name]!, beta2), tf.mul(tf.square(gradient), 1 - beta2))
      const deviation = tf.add(tf.sqrt(tf.div(nextSquare, inputs.correction2)), adamwEpsilon)
      const kept = decays(name, weight.rank) ? tf.mul(weight, keep) : weight
      return [tf.sub(kept, tf.mul(tf.div(nextMean, deviation), rate)), nextMean, nextSquare]
    }) as [tf.Tensor, tf.Tensor, tf.Tensor]
    next.weights[name] = updated
    next.first[name] = mean
    next.second[name] = square
  }
  return next
}
