// TiTok's decoder: N code vectors to a picture. Two pixel stages: RGB patches (new), MaskGIT-VQGAN codes (legacy).
// Source: TiTok (arXiv 2406.07550) §3; weight names follow the published checkpoints. Written to be traced.
import * as tf from '@tensorflow/tfjs-core'
import { layerNorm, linear, parameter, type Parameters } from '../fuselip/layers'
import { codebook, joinSequences, repeatRows, runBlocks } from './encoder'
import { convolve, decodePixels } from './pixelDecoder'
import type { TitokConfig, VisionTransformerConfig } from './titokConfig'

function decoderConfig(config: TitokConfig): VisionTransformerConfig {
  if (!config.decoder) throw new Error('Expected an image tokenizer with a decoder; this one has the encoder only.')
  return config.decoder
}

/** A 1×1 convolution on channels-last positions: weight [out, in, 1, 1]. x: [B, L, in] → [B, L, out] */
function mapChannels(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  return linear(x, tf.reshape(weight, [weight.shape[0]!, weight.shape[1]!]), bias)
}

/** Transformer part. vectors: [B, N, tokenSize] → patch states [B, gridSize², D] */
function decodePatches(parameters: Parameters, config: TitokConfig, vectors: tf.Tensor3D): tf.Tensor {
  const decoder = decoderConfig(config)
  const batch = vectors.shape[0]
  const patchCount = decoder.gridSize * decoder.gridSize
  const get = (name: string): tf.Tensor => parameter(parameters, `decoder.${name}`)
  const latents = tf.add(
    linear(vectors, get('decoder_embed.weight'), get('decoder_embed.bias')),
    tf.slice(get('latent_token_positional_embedding'), [0, 0], [config.latentCount, decoder.width]),
  ) as tf.Tensor3D // [B, N, D]
  const masks = tf.add(tf.zeros([1, patchCount, 1]), get('mask_token')) as tf.Tensor3D // [1, gridSize², D]
  const canvas = tf.add(joinSequences(repeatRows(get('class_embedding'), 1), masks), get('positional_embedding'))
  const sequence = joinSequences(repeatRows(canvas, batch), latents) // [B, 1 + gridSize² + N, D]
  const patches = runBlocks(sequence, parameters, 'decoder', decoder, 1, patchCount)
  return layerNorm(patches, get('ln_post.weight'), get('ln_post.bias'))
}

/** Patches of RGB numbers, laid side by side, then one 3×3 convolution over the seams. [B, gridSize², D] → [B, S, S, 3] */
function drawRgb(parameters: Parameters, decoder: VisionTransformerConfig, patches: tf.Tensor): tf.Tensor4D {
  const { gridSize, patchPx } = decoder
  const batch = patches.shape[0]!
  const sizePx = gridSize * patchPx
  const numbers = mapChannels(patches, parameter(parameters, 'decoder.ffn.0.weight'), parameter(parameters, 'decoder.ffn.0.bias'))
  const blocks = tf.reshape(numbers, [batch, gridSize, gridSize, patchPx, patchPx * 3]) // (row, column, y, x·colour)
  const image = tf.reshape(tf.transpose(blocks, [0, 1, 3, 2, 4]), [batch, sizePx, sizePx, 3]) as tf.Tensor4D
  return convolve(image, parameter(parameters, 'decoder.conv_out.weight'), parameter(parameters, 'decoder.conv_out.bias'))
}

/** Softmax over the pixel codebook gives one mixed code vector a patch; convolutions draw it. → [B, S, S, 3] */
function drawCodes(parameters: Parameters, decoder: VisionTransformerConfig, patches: tf.Tensor): tf.Tensor4D {
  const get = (name: string): tf.Tensor => parameter(parameters, name)
  const batch = patches.shape[0]!
  const hidden = tf.tanh(mapChannels(patches, get('decoder.ffn.0.weight'), get('decoder.ffn.0.bias')))
  const logits = mapChannels(hidden, get('decoder.ffn.2.weight'), get('decoder.ffn.2.bias')) // [B, gridSize², pixel codes]
  const entries = get('pixel_quantize.embedding.weight') as tf.Tensor2D // [pixel codes, C]
  const flat = tf.reshape(tf.softmax(logits, -1), [batch * decoder.gridSize ** 2, entries.shape[0]]) as tf.Tensor2D
  const mixed = tf.reshape(tf.matMul(flat, entries), [batch, decoder.gridSize, decoder.gridSize, entries.shape[1]])
  return decodePixels(parameters, mixed as tf.Tensor4D)
}

/**
 * @param vectors [B, N, tokenSize], rows of `codebook`, or latents with a straight-through gradient in training
 * @returns pictures [B, S, S, 3] float32, not clamped
 */
export function decodeVectors(parameters: Parameters, config: TitokConfig, vectors: tf.Tensor3D): tf.Tensor4D {
  const decoder = decoderConfig(config)
  const patches = decodePatches(parameters, config, vectors)
  return config.pixelStage === 'codes' ? drawCodes(parameters, decoder, patches) : drawRgb(parameters, decoder, patches)
}

/**
 * The code vectors of codes.
 * @param codes [B, N] int32 in 0…K−1
 * @returns [B, N, tokenSize]
 */
export function codeVectors(parameters: Parameters, config: TitokConfig, codes: tf.Tensor2D): tf.Tensor3D {
  const [batch, count] = codes.shape
  const rows = tf.gather(codebook(parameters, config), tf.reshape(codes, [batch * count]) as tf.Tensor1D)
  return tf.reshape(rows, [batch, count, config.tokenSize]) as tf.Tensor3D
}

/**
 * @param codes [B, N] int32 in 0…K−1
 * @returns pictures [B, S, S, 3] float32 clamped to 0…1
 */
export function decodeCodes(parameters: Parameters, config: TitokConfig, codes: tf.Tensor2D): tf.Tensor4D {
  return tf.clipByValue(decodeVectors(parameters, config, codeVectors(parameters, config, codes)), 0, 1) as tf.Tensor4D
}
