// The MaskGIT-VQGAN pixel decoder of legacy TiTok: a small grid of code vectors to a picture, channels last.
// Source: MaskGIT (arXiv 2202.04200) with the layer names of TiTok's published checkpoints. Written to be traced.
import * as tf from '@tensorflow/tfjs-core'
import { parameter, type Parameters } from '../fuselip/layers'

const groupCount = 32
const groupNormEpsilon = 1e-6

/** 'Same'-padded convolution with PyTorch's kernel layout [out, in, y, x]. x: [B, H, W, in] → [B, H, W, out] */
export function convolve(x: tf.Tensor4D, weight: tf.Tensor, bias: tf.Tensor | null = null): tf.Tensor4D {
  const kernel = tf.transpose(weight as tf.Tensor4D, [2, 3, 1, 0]) // [y, x, in, out]
  const product = tf.conv2d(x, kernel, 1, 'same')
  return bias ? tf.add(product, bias) : product
}

/** x: [B, H, W, C]; statistics over each of 32 groups of channels and all positions. */
function groupNorm(x: tf.Tensor4D, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape
  const groups = tf.reshape(x, [batch, height * width, groupCount, channels / groupCount])
  const centred = tf.sub(groups, tf.mean(groups, [1, 3], true))
  const variance = tf.mean(tf.square(centred), [1, 3], true)
  const normalised = tf.reshape(tf.mul(centred, tf.rsqrt(tf.add(variance, groupNormEpsilon))), x.shape)
  return tf.add(tf.mul(normalised, weight), bias)
}

function silu(x: tf.Tensor4D): tf.Tensor4D {
  return tf.mul(x, tf.sigmoid(x))
}

/** Each pixel becomes 2×2, by concatenation alone. [B, H, W, C] → [B, 2H, 2W, C] */
function doubleSize(x: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape
  const wide = tf.reshape(tf.concat([x, x], 3), [batch, height, 2 * width * channels])
  return tf.reshape(tf.concat([wide, wide], 2), [batch, 2 * height, 2 * width, channels])
}

function residualBlock(x: tf.Tensor4D, parameters: Parameters, prefix: string): tf.Tensor4D {
  const get = (name: string): tf.Tensor => parameter(parameters, `${prefix}.${name}`)
  const first = convolve(silu(groupNorm(x, get('norm1.weight'), get('norm1.bias'))), get('conv1.weight'))
  const second = convolve(silu(groupNorm(first, get('norm2.weight'), get('norm2.bias'))), get('conv2.weight'))
  const shortcut = parameters[`${prefix}.nin_shortcut.weight`]
  // A quirk of the published code: the shortcut is taken from the block's output, not from its input.
  return tf.add(second, shortcut ? convolve(second, shortcut) : x)
}

function countIndices(parameters: Parameters, nameAt: (index: number) => string): number {
  let count = 0
  while (parameters[nameAt(count)]) count++
  return count
}

/**
 * @param states [B, gridSize, gridSize, C] code vectors
 * @returns [B, S, S, 3], not clamped; S = gridSize · 2^(levels − 1)
 */
export function decodePixels(parameters: Parameters, states: tf.Tensor4D): tf.Tensor4D {
  const get = (name: string): tf.Tensor => parameter(parameters, `pixel_decoder.${name}`)
  let x = convolve(states, get('conv_in.weight'), get('conv_in.bias'))
  const middleCount = countIndices(parameters, (i) => `pixel_decoder.mid.${i}.conv1.weight`)
  for (let i = 0; i < middleCount; i++) x = residualBlock(x, parameters, `pixel_decoder.mid.${i}`)
  const levelCount = countIndices(parameters, (i) => `pixel_decoder.up.${i}.block.0.conv1.weight`)
  for (let level = levelCount - 1; level >= 0; level--) {
    const prefix = `pixel_decoder.up.${level}`
    const blockCount = countIndices(parameters, (i) => `${prefix}.block.${i}.conv1.weight`)
    for (let i = 0; i < blockCount; i++) x = residualBlock(x, parameters, `${prefix}.block.${i}`)
    if (level > 0) x = convolve(doubleSize(x), get(`up.${level}.upsample_conv.weight`), get(`up.${level}.upsample_conv.bias`))
  }
  const normalised = silu(groupNorm(x, get('norm_out.weight'), get('norm_out.bias')))
  return convolve(normalised, get('conv_out.weight'), get('conv_out.bias'))
}
