// What FuseLIP's MMM head says of hidden places: logits over the whole vocabulary at chosen positions of one row of ids.
// Source: FuseLIP (arXiv 2506.03096) §3.2. One graph per bucket length and number of places, in steps.
import * as tf from '@tensorflow/tfjs-core'
import * as ort from 'onnxruntime-node'
import { AppError } from '../../../../shared/errors'
import { maskId, vocabularySize, type FuselipConfig } from '../fuselip/config'
import { parameter, type Parameters } from '../fuselip/layers'
import { encodeRows, predictionVectors } from '../fuselip/model'
import { bucketLengths, padRows } from '../fuselip/sequence'
import { compileFunction, type CompiledFunction, type DeviceOptions } from '../graph/compileFunction'
import type { TensorSpec } from '../graph/traceFunction'
import { CompiledShapes } from '../training/compiledShapes'
import { isMaskable } from '../training/masking'
import type { WeightMap } from '../weights/namedArray'

export interface MaskPredictor {
  config: FuselipConfig
  /**
   * Hides the positions behind `[MASK]` and asks for what was there.
   * @param row ids of one side, not padded
   * @param positions within the row, each maskable
   * @returns [M, V] logits, row after row in the order of the positions
   * @throws AppError 'bad-model' for a model without masked modelling, 'bad-input' for a position that cannot be hidden
   */
  predict(row: Int32Array, positions: readonly number[]): Promise<Float32Array>
  dispose(): Promise<void>
}

/** Slots of a graph; asking for one more place then rarely means another graph. */
const slotStep = 16
const keptGraphs = 4
const isUsed = (name: string): boolean => /^(token_embedding|positional_embedding|transformer\.|ln_final|mask_prediction_head\.)/.test(name)

/**
 * @param ids [1, L] int32
 * @param slots [M] int32 positions asked for
 * @returns [M, V]
 */
export function predictionLogits(parameters: Parameters, config: FuselipConfig, ids: tf.Tensor2D, slots: tf.Tensor1D): tf.Tensor2D {
  const asked = encodeRows(parameters, config, [ids], slots) // [M, D]
  const scores = tf.matMul(predictionVectors(parameters, asked), parameter<tf.Tensor2D>(parameters, 'token_embedding.weight'), false, true)
  return tf.add(scores, parameter(parameters, 'mask_prediction_head.bias')) // [M, V]
}

function checkPositions(row: Int32Array, positions: readonly number[], config: FuselipConfig): void {
  if (!config.hasMask) {
    throw new AppError('bad-model', 'This model was built without masked modelling, so it has nothing to predict hidden tokens with.', 'Choose a model that was trained with the prediction loss.')
  }
  const wrong = positions.find((position) => row[position] === undefined || !isMaskable(row[position], config))
  if (wrong === undefined && positions.length > 0) return
  const found = wrong === undefined ? 'none' : `position ${wrong}`
  throw new AppError('bad-input', `Expected positions of a row of ${row.length} tokens that can be hidden, got ${found}.`, 'Hide words or codes; the end of the text must stay.')
}

export function createMaskPredictor(weights: WeightMap, config: FuselipConfig, device: DeviceOptions): MaskPredictor {
  const own = new Map([...weights].filter(([name]) => isUsed(name)))
  const tensors = Object.fromEntries([...own].map(([name, { data, shape }]) => [name, new ort.Tensor('float32', data, shape)]))
  const graphs = new CompiledShapes<CompiledFunction>(keptGraphs)

  const compile = (length: number, slotCount: number): Promise<CompiledFunction> => {
    const specs: Record<string, TensorSpec> = { ids: { shape: [1, length], dtype: 'int32' }, slots: { shape: [slotCount], dtype: 'int32' } }
    for (const [name, { shape }] of own) specs[name] = { shape, dtype: 'float32' }
    return compileFunction(specs, (inputs) => ({
      logits: predictionLogits(inputs as Parameters, config, inputs['ids'] as tf.Tensor2D, inputs['slots'] as tf.Tensor1D),
    }), device)
  }

  return {
    config,
    async predict(row, positions) {
      checkPositions(row, positions, config)
      const hidden = row.slice()
      for (const position of positions) hidden[position] = maskId
      const { ids, length } = padRows([hidden], bucketLengths(config))
      const slots = new Int32Array(Math.ceil(positions.length / slotStep) * slotStep)
      slots.set(positions)
      const graph = await graphs.get(`${length}×${slots.length}`, 0, () => compile(length, slots.length))
      const outputs = await graph.run({ ...tensors, ids, slots })
      return (outputs['logits']!.data as Float32Array).slice(0, positions.length * vocabularySize(config))
    },
    dispose: () => graphs.dispose(),
  }
}
