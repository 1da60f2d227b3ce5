// The two losses of FuseLIP (arXiv 2506.03096 §3; sigmoid loss from SigLIP, arXiv 2303.15343).
import * as tf from '@tensorflow/tfjs-core'
import { scatterAddRows } from '../fuselip/gatherRows'
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

// Both have their gradient in `tiedCrossEntropy`; while tracing each is one pass over [M, V] instead of several.
function tiedLogits(x: tf.Tensor2D, matrix: tf.Tensor2D, shift: tf.Tensor1D): tf.Tensor2D {
  if (!isTracing()) return tf.add(tf.matMul(x, matrix, false, true), shift)
  const shape = [x.shape[0], matrix.shape[0]]
  return onnxOperator([x, matrix, shift], { operator: 'Gemm', domain: '', attributes: { transB: 1 }, outputs: [{ shape, dtype: 'float32' }] })[0] as tf.Tensor2D
}

function logSoftmax(logits: tf.Tensor2D): tf.Tensor2D {
  if (!isTracing()) return tf.logSoftmax(logits, -1)
  return onnxOperator([logits], { operator: 'LogSoftmax', domain: '', attributes: { axis: -1 }, outputs: [{ shape: logits.shape, dtype: 'float32' }] })[0] as tf.Tensor2D
}

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
  const [slots, width] = vectors.shape
  const vocabulary = embedding.shape[0]
  const rowOffsets = tf.tensor1d(Int32Array.from({ length: slots }, (_, row) => row * vocabulary), 'int32')
  const operation = tf.customGrad((...args) => {
    const [x, matrix, shift, save] = args as unknown as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D, (saved: tf.Tensor[]) => void]
    const logProbabilities = logSoftmax(tiedLogits(x, matrix, shift)) // [M, V]
    const own = tf.gather(tf.reshape(logProbabilities, [slots * vocabulary]), tf.add(rowOffsets, labels)) // [M]
    save([x, matrix, logProbabilities])
    const value = tf.neg(tf.sum(tf.mul(own, weights)))
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [savedX, savedMatrix, savedLog] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]
      const probabilities = tf.exp(savedLog) as tf.Tensor2D // P
      const scaled = tf.reshape(tf.mul(weights, dy), [slots, 1]) as tf.Tensor2D // w
      const weighted = tf.mul(savedX, scaled) as tf.Tensor2D // w∘X
      // With Y the one-hot labels: dX = w∘((P − Y)·E), dE = (P − Y)ᵀ·(w∘X), db = (P − Y)ᵀ·w. Y is never built.
      const dx = tf.mul(tf.sub(tf.matMul(probabilities, savedMatrix), tf.gather(savedMatrix, labels)), scaled)
      const dMatrix = tf.sub(tf.matMul(probabilities, weighted, true, false), scatterAddRows(weighted, labels, vocabulary))
      const dBias = tf.sub(
        tf.reshape(tf.matMul(tf.reshape(scaled, [1, slots]), probabilities), [vocabulary]),
        scatterAddRows(tf.reshape(scaled, [slots]), labels, vocabulary))
      return [tf.reshape(dx, [slots, width]), dMatrix, dBias]
    }
    return { value, gradFunc }
  })
  return operation(vectors, embedding, bias) as tf.Scalar
}
