// FuseLIP: one pre-norm transformer over image codes and text ids (arXiv 2506.03096 §3; sizes in fuselip-facts, names as in
// the published checkpoints). Pure functions of named parameters: nothing here knows about training or devices.
import * as tf from '@tensorflow/tfjs-core'
import { gatherRows } from './gatherRows'
import { gelu, keyPenalty, layerNorm, linear, parameter, transformerBlock } from './layers'
import type { Parameters } from './layers'
import { padId } from './config'
import type { FuselipConfig } from './config'

export interface Encoded {
  /** [B, D] L2-normalised vector at the first end-of-text id. */
  features: tf.Tensor2D
  /** [B, L, D] output of the last block, before the final norm; the MMM head reads it. */
  hidden: tf.Tensor3D
}

/** Torch's `normalize`: x / max(‖x‖, 1e-12) over the last axis. */
export function normaliseVectors(x: tf.Tensor2D): tf.Tensor2D {
  const norm = tf.sqrt(tf.sum(tf.square(x), 1, true)) // [N, 1]
  return tf.div(x, tf.maximum(norm, 1e-12))
}

/**
 * Rows of the token embedding for several id lists at once, so that its gradient is one scatter.
 * @param idLists each [n] int32
 */
export function embedTokens(parameters: Parameters, idLists: tf.Tensor1D[]): tf.Tensor2D[] {
  const embedding = parameter<tf.Tensor2D>(parameters, 'token_embedding.weight')
  const ids = idLists.length === 1 ? idLists[0]! : tf.concat1d(idLists)
  const rows = gatherRows(embedding, ids) // [Σn, D]
  let start = 0
  return idLists.map((list) => {
    const part = tf.slice(rows, [start, 0], [list.size, embedding.shape[1]])
    start += list.size
    return part as tf.Tensor2D
  })
}

/**
 * @param embedded [B·L, D] token vectors (`embedTokens`)
 * @param ids [B, L] int32, padded with 0; keys whose id is 0 are masked out (0 is also the token `!`: kept from the reference)
 * @param endRows [B] int32, flat index row·L + position of the first end-of-text id
 */
export function encodeSequence(parameters: Parameters, config: FuselipConfig, embedded: tf.Tensor2D, ids: tf.Tensor2D, endRows: tf.Tensor1D): Encoded {
  const [batch, length] = ids.shape
  const positions = tf.slice(parameter<tf.Tensor2D>(parameters, 'positional_embedding'), [0, 0], [length, config.width])
  let x = tf.add(tf.reshape(embedded, [batch, length, config.width]), positions) as tf.Tensor3D // [B, L, D]
  const keyMask = tf.cast(tf.notEqual(ids, tf.scalar(padId, 'int32')), 'float32') as tf.Tensor2D // [B, L]
  const penalty = keyPenalty(keyMask, config.headCount)
  for (let layer = 0; layer < config.layerCount; layer += 1) {
    x = transformerBlock(x, parameters, `transformer.resblocks.${layer}`, config.headCount, penalty)
  }
  // The final norm works row by row, so it is taken of the wanted rows only.
  const ends = gatherRows(tf.reshape(x, [batch * length, config.width]), endRows) // [B, D]
  const normed = layerNorm(ends, parameter(parameters, 'ln_final.weight'), parameter(parameters, 'ln_final.bias'))
  return { features: normaliseVectors(normed as tf.Tensor2D), hidden: x }
}

/**
 * The MMM head up to, not including, the tied output matrix: dense → GELU → layer norm.
 * @param hidden [M, D] rows of `Encoded.hidden` at masked positions
 */
export function predictionVectors(parameters: Parameters, hidden: tf.Tensor2D): tf.Tensor2D {
  const dense = linear(hidden, parameter(parameters, 'mask_prediction_head.dense.weight'), parameter(parameters, 'mask_prediction_head.dense.bias'))
  return layerNorm(gelu(dense), parameter(parameters, 'mask_prediction_head.layer_norm.weight'), parameter(parameters, 'mask_prediction_head.layer_norm.bias')) as tf.Tensor2D
}
