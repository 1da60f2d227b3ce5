// The two losses of FuseLIP (arXiv 2506.03096 §3; sigmoid loss from SigLIP, arXiv 2303.15343).
import * as tf from '@tensorflow/tfjs-core'
import { transposedMatMul } from '../fuselip/layers'
import { isTracing, onnxOperator } from '../graph/onnxKernel'

/**
 * Sigmoid contrastive loss, −Σ log σ(cell · logit) / B over the cells that are not ignored.
 * @param left [B, D] normalised, rows of the logit matrix
 * @param right [B, D] normalised, columns
 * @param cells [B, B] +1 match, −1 negative, 0 ignored
 * @param logitScale scalar, a logarithm
 * @param logitBias scalar
 * @param batchSize B. For a block of the logit matrix, with left [R, D] and cells [R, B], the losses of all blocks add up
 */
export function contrastiveLoss(left: tf.Tensor2D, right: tf.Tensor2D, cells: tf.Tensor2D, logitScale: tf.Tensor, logitBias: tf.Tensor, batchSize = left.shape[0]): tf.Scalar {
  const similarity = tf.matMul(left, right, false, true) // [B, B]
  const logits = tf.add(tf.mul(similarity, tf.exp(logitScale)), logitBias)
  const terms = tf.softplus(tf.neg(tf.mul(cells, logits))) // −log σ(z) = softplus(−z)
  return tf.div(tf.sum(tf.mul(tf.abs(cells), terms)), batchSize)
}

// Has its gradient in `tiedCrossEntropy`; while tracing it is one pass over [M, V] instead of two.
function tiedLogits(x: tf.Tensor2D, matrix: tf.Tensor2D, shift: tf.Tensor1D): tf.Tensor2D {
  if (!isTracing()) return tf.add(tf.matMul(x, matrix, false, true), shift)
  const shape = [x.shape[0], matrix.shape[0]]
  return onnxOperator([x, matrix, shift], { operator: 'Gemm', domain: '', attributes: { transB: 1 }, outputs: [{ shape, dtype: 'float32' }] })[0] as tf.Tensor2D
}

/** Keeps the logarithm of a probability finite; reached only where the loss of one place is above 87. */
const smallestProbability = 1e-38

/**
 * Weighted cross-entropy over a tied vocabulary: Σ weightᵢ · (−log softmax(vectorᵢ·Eᵀ + bias)[labelᵢ]).
 * The gradient is written by hand, because the probabilities are the only [M, V] array that both directions need.
 * @param vectors [M, D]
 * @param embedding [V, D]
 * @param bias [V]
 * @param labels [M] int32
 * @param weights [M]; 0 for an empty slot
 */
export function tiedCrossEntropy(vectors: tf.Tensor2D, embedding: tf.Tensor2D, bias: tf.Tensor1D, labels: tf.Tensor1D, weights: tf.Tensor1D): tf.Scalar {
  const slots = vectors.shape[0]
  const vocabulary = embedding.shape[0]
  const rowOffsets = tf.tensor1d(Int32Array.from({ length: slots }, (_, row) => row * vocabulary), 'int32')
  const operation = tf.customGrad((...args) => {
    const [x, matrix, shift, save] = args as unknown as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D, (saved: tf.Tensor[]) => void]
    const probabilities = tf.reshape(tf.softmax(tiedLogits(x, matrix, shift), -1), [slots * vocabulary]) // P
    const places = tf.add(rowOffsets, labels)
    const own = tf.gather(probabilities, places) // [M]
    save([x, matrix, probabilities, places, own])
    const value = tf.neg(tf.sum(tf.mul(tf.log(tf.maximum(own, smallestProbability)), weights)))
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [savedX, savedMatrix, savedP, savedPlaces, savedOwn] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D]
      const scaled = tf.reshape(tf.mul(weights, dy), [slots, 1]) as tf.Tensor2D // w
      // With Y the one-hot labels, one place a row: dX = w∘((P − Y)·E), dE = (P − Y)ᵀ·(w∘X), db = (P − Y)ᵀ·w.
      const difference = tf.reshape(
        tf.tensorScatterUpdate(savedP, tf.reshape(savedPlaces, [slots, 1]), tf.sub(savedOwn, 1)), [slots, vocabulary]) as tf.Tensor2D
      const dx = tf.mul(tf.matMul(difference, savedMatrix), scaled)
      const dMatrix = transposedMatMul(difference, tf.mul(savedX, scaled))
      const dBias = tf.reshape(tf.matMul(tf.reshape(scaled, [1, slots]), difference), [vocabulary])
      return [dx, dMatrix, dBias]
    }
    return { value, gradFunc }
  })
  return operation(vectors, embedding, bias) as tf.Scalar
}
