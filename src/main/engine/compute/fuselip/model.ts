// FuseLIP: one pre-norm transformer over image codes and text ids (arXiv 2506.03096 §3; sizes in fuselip-facts, names as in
// the published checkpoints). Pure functions of named parameters: nothing here knows about training or devices.
import * as tf from '@tensorflow/tfjs-core'
import { gatherRows } from './gatherRows'
import { gelu, keyPenalty, layerNorm, linear, parameter, transformerBlock } from './layers'
import type { Parameters, SequenceGroup } from './layers'
import { padId } from './config'
import type { FuselipConfig } from './config'

/** Torch's `normalize`: x / max(‖x‖, 1e-12) over the last axis. */
export function normaliseVectors(x: tf.Tensor2D): tf.Tensor2D {
  const norm = tf.sqrt(tf.sum(tf.square(x), 1, true)) // [N, 1]
  return tf.div(x, tf.maximum(norm, 1e-12))
}

/** Token vectors plus positions of one padded list of rows. embedded: [B·L, D] → [B·L, D] */
function addPositions(parameters: Parameters, embedded: tf.Tensor2D, [batch, length]: [number, number]): tf.Tensor2D {
  const width = embedded.shape[1]
  const positions = tf.slice(parameter<tf.Tensor2D>(parameters, 'positional_embedding'), [0, 0], [length, width])
  return tf.reshape(tf.add(tf.reshape(embedded, [batch, length, width]), positions), [batch * length, width])
}

function groupOf(ids: tf.Tensor2D, headCount: number): SequenceGroup {
  const [batch, length] = ids.shape
  const keyMask = tf.cast(tf.notEqual(ids, tf.scalar(padId, 'int32')), 'float32') as tf.Tensor2D // [B, L]
  return { batch, length, penalty: keyPenalty(keyMask, headCount) }
}

/**
 * The transformer without its final norm. All sides go through it together, so that matrix products are large and each
 * weight has one gradient; attention stays within a row of ids.
 * @param sides each [B, L] int32, L of its own, padded with 0; keys whose id is 0 are masked out (0 is also the token `!`:
 *   kept from the reference)
 * @param wantedRows [M] int32 into the ids of all sides laid one after the other; null answers all of them
 * @returns [M, D] output of the last block; the MMM head reads it, and `featuresOf`
 */
export function encodeRows(parameters: Parameters, config: FuselipConfig, sides: readonly tf.Tensor2D[], wantedRows: tf.Tensor1D | null): tf.Tensor2D {
  const isOneLength = sides.every((ids) => ids.shape[1] === sides[0]!.shape[1])
  const lists = sides.length > 1 && isOneLength ? [tf.concat2d([...sides], 0)] : sides
  const flat = lists.map((ids) => tf.reshape(ids, [ids.size]) as tf.Tensor1D)
  // One lookup for all, so that its gradient is one scatter.
  const embedded = gatherRows(parameter<tf.Tensor2D>(parameters, 'token_embedding.weight'), flat.length > 1 ? tf.concat1d(flat) : flat[0]!)
  const parts = lists.length > 1 ? (tf.split(embedded, lists.map(({ size }) => size), 0) as tf.Tensor2D[]) : [embedded]
  const placed = parts.map((part, index) => addPositions(parameters, part, lists[index]!.shape))
  let x = placed.length > 1 ? tf.concat2d(placed, 0) : placed[0]! // [R, D]
  const groups = lists.map((ids) => groupOf(ids, config.headCount))
  const last = config.layerCount - 1
  for (let layer = 0; layer <= last; layer += 1) {
    const choose = layer === last && wantedRows ? (rows: tf.Tensor2D) => gatherRows(rows, wantedRows) : undefined
    x = transformerBlock(x, parameters, `transformer.resblocks.${layer}`, config.headCount, groups, choose)
  }
  return x
}

/**
 * @param ends [N, D] rows of `encodeRows` at the first end-of-text id of each row of ids
 * @returns [N, D] L2-normalised
 */
export function featuresOf(parameters: Parameters, ends: tf.Tensor2D): tf.Tensor2D {
  return normaliseVectors(layerNorm(ends, parameter(parameters, 'ln_final.weight'), parameter(parameters, 'ln_final.bias')) as tf.Tensor2D)
}

/**
 * The MMM head up to, not including, the tied output matrix: dense → GELU → layer norm.
 * @param hidden [M, D] rows of `encodeRows` at masked positions
 */
export function predictionVectors(parameters: Parameters, hidden: tf.Tensor2D): tf.Tensor2D {
  const dense = linear(hidden, parameter(parameters, 'mask_prediction_head.dense.weight'), parameter(parameters, 'mask_prediction_head.dense.bias'))
  return layerNorm(gelu(dense), parameter(parameters, 'mask_prediction_head.layer_norm.weight'), parameter(parameters, 'mask_prediction_head.layer_norm.bias')) as tf.Tensor2D
}
