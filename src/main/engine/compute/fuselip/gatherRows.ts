// Rows of a matrix by index, with a gradient that is one scatter. tfjs's own gradient of `gather` walks over every row of
// the matrix on the cpu backend, which for a vocabulary of 50,000 ids takes minutes.
import * as tf from '@tensorflow/tfjs-core'

/**
 * Sums rows into a matrix of zeros: out[ids[i]] += updates[i].
 * @param updates [N, D] or [N]
 * @param ids [N] int32 in 0…rowCount−1, repeats allowed
 * @returns [rowCount, D] or [rowCount]
 */
export function scatterAddRows(updates: tf.Tensor, ids: tf.Tensor1D, rowCount: number): tf.Tensor {
  return tf.scatterND(tf.reshape(ids, [ids.size, 1]), updates, [rowCount, ...updates.shape.slice(1)])
}

/**
 * @param matrix [V, D]
 * @param ids [N] int32
 * @returns [N, D]
 */
export function gatherRows(matrix: tf.Tensor2D, ids: tf.Tensor1D): tf.Tensor2D {
  const operation = tf.customGrad((...args) => {
    const [rows, save] = args as unknown as [tf.Tensor2D, (saved: tf.Tensor[]) => void]
    // Saved, because the ids may be an intermediate that is disposed before the backward pass.
    save([ids])
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => scatterAddRows(dy, saved[0] as tf.Tensor1D, matrix.shape[0])
    return { value: tf.gather(rows, ids), gradFunc }
  })
  return operation(matrix) as tf.Tensor2D
}
