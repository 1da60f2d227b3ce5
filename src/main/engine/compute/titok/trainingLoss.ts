// Loss of a vector-quantised autoencoder with TiTok's encoder and decoder: reconstruction, codebook and commitment terms
// with a straight-through gradient. Source: VQ-VAE (arXiv 1711.00937) eq. 3; TiTok (arXiv 2406.07550) §3.
import * as tf from '@tensorflow/tfjs-core'
import { gatherRows } from '../fuselip/gatherRows'
import type { Parameters } from '../fuselip/layers'
import { decodeVectors } from './decoder'
import { codebook, encodeLatents, nearestCodes } from './encoder'
import type { TitokConfig } from './titokConfig'

export const commitmentWeight = 0.25
/** Weight of the mean absolute error beside the mean squared one: squared error alone forgives blurred small shapes. */
const absoluteErrorWeight = 0.2
/**
 * Errors of pixels in 0…1 are a hundred times smaller than distances between latents of unit variance. Unweighted, the
 * commitment term would rule, and the encoder would say what is easy to quantise instead of what the picture needs.
 */
const reconstructionWeight = 16

export interface TitokLosses {
  total: tf.Scalar
  /** Mean squared error over pixels in 0…1. */
  squaredError: tf.Scalar
}

/**
 * @param images [B, S, S, 3] float32 in 0…1
 * @param isQuantised false trains the plain autoencoder that the codebook is started from
 */
export function titokLosses(parameters: Parameters, config: TitokConfig, images: tf.Tensor4D, isQuantised: boolean): TitokLosses {
  const latents = encodeLatents(parameters, config, images) // [B, N, tokenSize]
  let vectors = latents
  let quantiserLoss: tf.Tensor = tf.scalar(0)
  if (isQuantised) {
    const codes = nearestCodes(parameters, config, latents)
    const entries = tf.reshape(gatherRows(codebook(parameters, config), tf.reshape(codes, [codes.size])), latents.shape)
    const codebookLoss = tf.mean(tf.square(tf.sub(entries, detach(latents))))
    const commitmentLoss = tf.mean(tf.square(tf.sub(latents, detach(entries))))
    quantiserLoss = tf.add(codebookLoss, tf.mul(commitmentLoss, commitmentWeight))
    vectors = tf.add(latents, detach(tf.sub(entries, latents))) // forward: entries; backward: latents
  }
  const difference = tf.sub(decodeVectors(parameters, config, vectors), images)
  const squaredError = tf.mean(tf.square(difference)) as tf.Scalar
  const reconstruction = tf.add(squaredError, tf.mul(tf.mean(tf.abs(difference)), absoluteErrorWeight))
  const total = tf.add(tf.mul(reconstruction, reconstructionWeight), quantiserLoss) as tf.Scalar
  return { total, squaredError }
}

/** The same values without a gradient. */
function detach<T extends tf.Tensor>(x: T): T {
  const operation = tf.customGrad((...args) => {
    const [value] = args as unknown as [T]
    return { value: tf.add(value, 0), gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy) }
  })
  return operation(x) as T
}
