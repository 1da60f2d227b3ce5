// One training step as a pure function: masked batch → losses, gradients, updated weights. Written once against tfjs; run
// eagerly in tests (the oracle) and compiled for speed (compiledStep.ts).
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
import type { FuselipConfig } from '../fuselip/config'
import { parameter } from '../fuselip/layers'
import type { Parameters } from '../fuselip/layers'
import { encodeRows, featuresOf, predictionVectors } from '../fuselip/model'
import { isTracing } from '../graph/onnxKernel'
import { adamwUpdate, gradientNorm } from './adamw'
import type { AdamwInputs } from './adamw'
import { contrastiveLoss, tiedCrossEntropy } from './losses'

/** Upper bound of `logit_scale` (a logarithm): exp of it is at most 100. */
export const maxLogitScale = Math.log(100)

/** Both sides of some pairs, masked. */
export interface SideTensors {
  /** [B, L] int32, L of its own for each side. */
  leftIds: tf.Tensor2D
  rightIds: tf.Tensor2D
  /** [B] flat index row·L + position of the first end-of-text id. */
  leftEndRows: tf.Tensor1D
  rightEndRows: tf.Tensor1D
  /** [M] rows of the two hidden states laid one after the other: left rows first, then B·L_left + right row. */
  maskedRows: tf.Tensor1D
  maskedLabels: tf.Tensor1D
  /** [M] 1 / (masked positions of that side in the whole batch); 0 in an empty slot. A side with nothing masked adds nothing. */
  maskedWeights: tf.Tensor1D
}

export interface StepTensors extends SideTensors {
  cells: tf.Tensor2D
  mmmWeight: tf.Scalar
}

export interface SideLosses {
  mmm: tf.Scalar
  /** [B, D] normalised. */
  leftFeatures: tf.Tensor2D
  rightFeatures: tf.Tensor2D
}

export interface StepLosses extends SideLosses {
  total: tf.Scalar
  contrastive: tf.Scalar
}

/** Forward pass of both sides: features and the MMM loss. The same masked pass gives both (paper §3). */
export function sideLosses(parameters: Parameters, config: FuselipConfig, batch: SideTensors): SideLosses {
  const { leftIds, rightIds, leftEndRows, rightEndRows, maskedRows } = batch
  const wanted = tf.concat1d([leftEndRows, tf.add(rightEndRows, tf.scalar(leftIds.size, 'int32')), maskedRows])
  const hidden = encodeRows(parameters, config, [leftIds, rightIds], wanted) // [2B + M, D]
  const [ends, masked] = tf.split(hidden, [2 * leftEndRows.size, maskedRows.size], 0) as [tf.Tensor2D, tf.Tensor2D]
  const [leftFeatures, rightFeatures] = tf.split(featuresOf(parameters, ends), 2, 0) as [tf.Tensor2D, tf.Tensor2D]
  const mmm = tiedCrossEntropy(predictionVectors(parameters, masked), parameter(parameters, 'token_embedding.weight'),
    parameter(parameters, 'mask_prediction_head.bias'), batch.maskedLabels, batch.maskedWeights)
  return { mmm, leftFeatures, rightFeatures }
}

/** Both losses of a whole batch. */
export function stepLosses(parameters: Parameters, config: FuselipConfig, batch: StepTensors): StepLosses {
  const sides = sideLosses(parameters, config, batch)
  const contrastive = contrastiveLoss(sides.leftFeatures, sides.rightFeatures, batch.cells,
    parameter(parameters, 'logit_scale'), parameter(parameters, 'logit_bias'))
  return { ...sides, total: tf.add(contrastive, tf.mul(sides.mmm, batch.mmmWeight)), contrastive }
}

/** Tensors that were kept through a scope become those of the scope around it. While tracing there is nothing to free. */
function handOver<L extends object>(kept: L): L {
  if (isTracing()) return kept
  return Object.fromEntries(Object.entries(kept as Record<string, tf.Tensor>).map(([name, tensor]) => {
    const copy = tf.clone(tensor)
    tensor.dispose()
    return [name, copy]
  })) as L
}

/** Every tensor of `losses` outlives the gradient computation, and the gradients are by the names of the parameters. */
export function gradientsOf<L extends object>(parameters: Parameters, lossesOf: (parameters: Parameters) => { objective: tf.Scalar; losses: L }): { losses: L; gradients: Record<string, tf.Tensor> } {
  const names = Object.keys(parameters)
  let losses: L | undefined
  const evaluate = tf.valueAndGrads((...values: tf.Tensor[]) => {
    const found = lossesOf(Object.fromEntries(names.map((name, index) => [name, values[index]!])))
    losses = found.losses
    for (const tensor of Object.values(losses) as tf.Tensor[]) tf.keep(tensor)
    return found.objective
  })
  const { grads } = evaluate(names.map((name) => parameters[name]!))
  return { losses: handOver(losses!), gradients: Object.fromEntries(names.map((name, index) => [name, grads[index]!])) }
}

/** Losses and the gradient of the total by every parameter. */
export function stepGradients(parameters: Parameters, config: FuselipConfig, batch: StepTensors): { losses: StepLosses; gradients: Record<string, tf.Tensor> } {
  return gradientsOf(parameters, (values) => {
    const losses = stepLosses(values, config, batch)
    return { objective: losses.total, losses }
  })
}

/** After each update `logit_scale` is clamped to 0…ln 100. */
export const weightBounds: Readonly<Record<string, readonly [number, number]>> = { logit_scale: [0, maxLogitScale] }

export function clampWeight(name: string, weight: tf.Tensor): tf.Tensor {
  const bounds = weightBounds[name]
  return bounds ? tf.clipByValue(weight, ...bounds) : weight
}

/** The whole step on one eager backend: gradients, clipping, AdamW, and the clamp of the logit scale to 0…ln 100. */
export function optimizerStep(parameters: Parameters, first: Parameters, second: Parameters, config: FuselipConfig, batch: StepTensors, inputs: AdamwInputs) {
  const { losses, gradients } = stepGradients(parameters, config, batch)
  const norm = gradientNorm(gradients)
  const next = adamwUpdate(parameters, gradients, first, second, norm, inputs)
  for (const name of Object.keys(next.weights)) next.weights[name] = clampWeight(name, next.weights[name]!)
  return { losses, gradients, norm, ...next }
}
