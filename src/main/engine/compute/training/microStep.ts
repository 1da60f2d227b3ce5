// GradCache (arXiv 2101.06983): the gradient of a large contrastive batch in pieces that fit into memory. The gradient of the
// contrastive loss by every embedding is computed first, over the whole batch; then each micro-batch is run again, and the
// cached gradients stand in for the loss: the gradient of Σ g∘features by the weights is exactly what the chain rule gives.
// Pure functions on tfjs: run eagerly in tests, compiled in gradCache.ts.
import * as tf from '@tensorflow/tfjs-core'
import type { FuselipConfig } from '../fuselip/config'
import type { Parameters } from '../fuselip/layers'
import { contrastiveLoss } from './losses'
import { gradientsOf, sideLosses } from './step'
import type { SideLosses, SideTensors } from './step'

/** Weights that only the contrastive loss over the whole batch reads. */
export const contrastiveWeightNames = ['logit_scale', 'logit_bias'] as const

export interface BlockTensors {
  /** [R, D] left features of one micro-batch. */
  left: tf.Tensor2D
  /** [B, D] right features of the whole batch. */
  right: tf.Tensor2D
  /** [R, B] rows of the cells. */
  cells: tf.Tensor2D
  logitScale: tf.Tensor
  logitBias: tf.Tensor
}

/**
 * The loss of some rows of the logit matrix and its gradients, each of the shape of its input. Losses and the gradients by
 * `right`, `logitScale` and `logitBias` add up over the blocks of a batch.
 */
export function contrastiveBlock(block: BlockTensors, batchSize: number): Record<'loss' | 'left' | 'right' | 'logitScale' | 'logitBias', tf.Tensor> {
  const { left, right, cells, logitScale, logitBias } = block
  const { gradients, losses } = gradientsOf({ left, right, logitScale, logitBias }, (values) => {
    const loss = contrastiveLoss(values['left'] as tf.Tensor2D, values['right'] as tf.Tensor2D, cells, values['logitScale']!, values['logitBias']!, batchSize)
    return { objective: loss, losses: { loss } }
  })
  return { ...(gradients as Record<'left' | 'right' | 'logitScale' | 'logitBias', tf.Tensor>), loss: losses.loss }
}

export interface MicroTensors extends SideTensors {
  /** [B, D] cached gradients of the contrastive loss by the features. */
  leftGradients: tf.Tensor2D
  rightGradients: tf.Tensor2D
  mmmWeight: tf.Scalar
}

/**
 * Gradients of one micro-batch by every parameter given, which are all but `contrastiveWeightNames`. They and `losses.mmm`
 * add up over the micro-batches of a batch, because `maskedWeights` count the masked positions of the whole batch.
 */
export function microBatchGradients(parameters: Parameters, config: FuselipConfig, batch: MicroTensors): { losses: SideLosses; gradients: Record<string, tf.Tensor> } {
  return gradientsOf(parameters, (values) => {
    const losses = sideLosses(values, config, batch)
    const injected = tf.add(tf.sum(tf.mul(losses.leftFeatures, batch.leftGradients)), tf.sum(tf.mul(losses.rightFeatures, batch.rightGradients)))
    return { objective: tf.add(injected, tf.mul(losses.mmm, batch.mmmWeight)) as tf.Scalar, losses }
  })
}
