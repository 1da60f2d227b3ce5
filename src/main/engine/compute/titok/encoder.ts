// TiTok's encoder and quantiser: a picture to N latent vectors to N codes.
// Source: TiTok (arXiv 2406.07550) §3; weight names and memory layout follow the published checkpoints.
// Written to be traced: shapes are static, nothing reads a tensor's values.
import * as tf from '@tensorflow/tfjs-core'
import { layerNorm, linear, parameter, transformerBlock, type Parameters } from '../fuselip/layers'
import type { TitokConfig, VisionTransformerConfig } from './titokConfig'

/**
 * Learned rows, the same for each picture: [rows, D] → [B, rows, D]. Broadcasts instead of tiling, because the
 * gradient of a broadcast is one sum where tfjs's gradient of a tile is one slice a copy.
 */
export function repeatRows(rows: tf.Tensor, batch: number): tf.Tensor3D {
  return tf.add(tf.zeros([batch, 1, 1]), rows)
}

/**
 * Sequences one after another: [B, L₁, D], [B, L₂, D], … → [B, L₁ + L₂ + …, D]. tfjs's gradient of a concatenation is
 * the kernel SplitV, with one node for all parts; slices are enough here, and every backend has them.
 */
export function joinSequences(...parts: tf.Tensor3D[]): tf.Tensor3D {
  const operation = tf.customGrad((...args) => {
    const inputs = args.slice(0, parts.length) as tf.Tensor3D[]
    const gradFunc = (dy: tf.Tensor): tf.Tensor[] => {
      let start = 0
      return parts.map(({ shape }) => {
        const gradient = tf.slice(dy, [0, start, 0], shape)
        start += shape[1]
        return gradient
      })
    }
    return { value: tf.concat(inputs, 1), gradFunc }
  })
  return operation(...parts) as tf.Tensor3D
}

/**
 * All pre-norm blocks between `ln_pre` and `ln_post`, of which only `count` places from `start` on are wanted.
 * @param x [B, L, D]
 * @returns [B, count, D]
 */
export function runBlocks(x: tf.Tensor3D, parameters: Parameters, prefix: string, config: VisionTransformerConfig, start: number, count: number): tf.Tensor3D {
  const [batch, length, width] = x.shape
  const get = (name: string): tf.Tensor => parameter(parameters, `${prefix}.${name}`)
  const choose = (rows: tf.Tensor2D): tf.Tensor2D =>
    tf.reshape(tf.slice(tf.reshape(rows, [batch, length, width]), [0, start, 0], [batch, count, width]), [batch * count, width])
  let hidden = layerNorm(tf.reshape(x, [batch * length, width]), get('ln_pre.weight'), get('ln_pre.bias')) as tf.Tensor2D
  for (let layer = 0; layer < config.layerCount; layer++) {
    const isLast = layer === config.layerCount - 1
    hidden = transformerBlock(hidden, parameters, `${prefix}.transformer.${layer}`, config.headCount, [{ batch, length, penalty: null }], isLast ? choose : undefined)
  }
  return tf.reshape(hidden, [batch, count, width])
}

/** A convolution whose stride is its kernel's size, as one matrix product. [B, S, S, 3] → [B, gridSize², D] */
function embedPatches(images: tf.Tensor4D, weight: tf.Tensor, bias: tf.Tensor, config: VisionTransformerConfig): tf.Tensor3D {
  const { gridSize, patchPx, width } = config
  const batch = images.shape[0]
  const patchNumbers = patchPx * patchPx * 3
  const strips = tf.reshape(images, [batch, gridSize, patchPx, gridSize, patchPx * 3])
  const patches = tf.reshape(tf.transpose(strips, [0, 1, 3, 2, 4]), [batch, gridSize * gridSize, patchNumbers])
  const kernel = tf.reshape(tf.transpose(weight, [0, 2, 3, 1]), [width, patchNumbers]) // [D, y, x, colour]
  return linear(patches, kernel, bias) as tf.Tensor3D
}

/**
 * @param images [B, S, S, 3] float32 in 0…1, S = config.imageSizePx
 * @returns latents before quantisation [B, N, tokenSize], not normalised; disposed by the caller
 */
export function encodeLatents(parameters: Parameters, config: TitokConfig, images: tf.Tensor4D): tf.Tensor3D {
  const { encoder, latentCount } = config
  const batch = images.shape[0]
  const get = (name: string): tf.Tensor => parameter(parameters, name)
  const patches = embedPatches(images, get('encoder.patch_embed.weight'), get('encoder.patch_embed.bias'), encoder)
  const picture = tf.add(
    joinSequences(repeatRows(get('encoder.class_embedding'), batch), patches), get('encoder.positional_embedding'),
  ) as tf.Tensor3D // [B, 1 + gridSize², D]
  const latentRows = tf.add(get('latent_tokens'), get('encoder.latent_token_positional_embedding')) // [N, D]
  const sequence = joinSequences(picture, repeatRows(latentRows, batch)) // [B, 1 + gridSize² + N, D]
  const latents = runBlocks(sequence, parameters, 'encoder', encoder, sequence.shape[1] - latentCount, latentCount)
  const normalised = layerNorm(latents, get('encoder.ln_post.weight'), get('encoder.ln_post.bias')) // [B, N, D]
  const columns = config.isLegacy
    ? tf.transpose(tf.reshape(normalised, [batch, encoder.width, latentCount]), [0, 2, 1]) // N×D read as D×N, then [B, N, D]
    : normalised
  const kernel = tf.reshape(get('encoder.conv_out.weight'), [config.tokenSize, encoder.width])
  return linear(columns, kernel, get('encoder.conv_out.bias')) as tf.Tensor3D // [B, N, tokenSize]
}

/** Added to a squared length, so that a row of zeros stays one; far below float32's resolution of any other row. */
const smallestSquare = 1e-24

/** Rows to length 1. Any rank. */
export function normaliseRows(x: tf.Tensor): tf.Tensor {
  return tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x), -1, true), smallestSquare)))
}

/** The vectors that latents are compared with and that the decoder receives. [K, tokenSize] */
export function codebook(parameters: Parameters, config: TitokConfig): tf.Tensor2D {
  const embedding = parameter<tf.Tensor2D>(parameters, 'quantize.embedding.weight')
  return (config.isNormalised ? normaliseRows(embedding) : embedding) as tf.Tensor2D
}

/**
 * The codebook entry nearest to each latent.
 * @param latents [B, N, tokenSize] from `encodeLatents`
 * @returns codes [B, N] int32 in 0…K−1; of two equally near entries the first
 */
export function nearestCodes(parameters: Parameters, config: TitokConfig, latents: tf.Tensor3D): tf.Tensor2D {
  const [batch, count, size] = latents.shape
  const entries = codebook(parameters, config)
  const rows = tf.reshape(config.isNormalised ? normaliseRows(latents) : latents, [batch * count, size]) as tf.Tensor2D
  // ‖z − e‖² without ‖z‖², which is the same for every entry.
  const products = tf.matMul(rows, entries, false, true) // [B·N, K]
  const distances = tf.sub(tf.sum(tf.square(entries), -1), tf.mul(products, 2))
  return tf.reshape(tf.argMin(distances, -1), [batch, count]) as tf.Tensor2D
}

/**
 * @param images [B, S, S, 3] float32 in 0…1
 * @returns codes [B, N] int32
 */
export function encodeImages(parameters: Parameters, config: TitokConfig, images: tf.Tensor4D): tf.Tensor2D {
  return nearestCodes(parameters, config, encodeLatents(parameters, config, images))
}
