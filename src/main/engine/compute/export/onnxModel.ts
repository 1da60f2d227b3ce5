// The two halves of a FuseLIP as ONNX graphs with the weights inside: a picture to its codes, and ids to an embedding.
import * as tf from '@tensorflow/tfjs-core'
import { endOfTextId, type FuselipConfig } from '../fuselip/config'
import type { Parameters } from '../fuselip/layers'
import { encodeRows, featuresOf } from '../fuselip/model'
import type { Graph } from '../graph/graphTypes'
import type { TensorSpec } from '../graph/traceFunction'
import { encodeImages } from '../titok/encoder'
import { titokEncoderShapes } from '../titok/parameterShapes'
import type { TitokConfig } from '../titok/titokConfig'
import type { WeightMap } from '../weights/namedArray'
import { traceDynamic, type FreeSize } from './dynamicTrace'
import { toStandardGraph } from './standardOperators'

const batchSize = (input: string): FreeSize => ({ name: 'batch', tracedAt: [2, 3], checkedAt: 5, input, axis: 0 })

function weightSpecs(weights: WeightMap): Record<string, TensorSpec> {
  return Object.fromEntries([...weights].map(([name, { shape }]) => [name, { shape, dtype: 'float32' as const }]))
}

/**
 * @param weights of the tokenizer, under its own names; the decoder's are left out
 * @returns graph `pixels` float32 [batch, S, S, 3] in 0…1 → `codes` int32 [batch, N]
 */
export function imageEncoderGraph(weights: WeightMap, config: TitokConfig): Graph {
  const names = titokEncoderShapes(config)
  const used: WeightMap = new Map([...weights].filter(([name]) => names.has(name)))
  const { imageSizePx } = config
  const graph = traceDynamic([batchSize('pixels')],
    ({ batch }) => ({ pixels: { shape: [batch!, imageSizePx, imageSizePx, 3], dtype: 'float32' }, ...weightSpecs(used) }),
    (inputs) => ({ codes: encodeImages(inputs as Parameters, config, inputs['pixels'] as tf.Tensor4D) }))
  return toStandardGraph(graph, used)
}

/** The rows at the first end of text, chosen by a product with zeros and a one so that no size of the batch is needed. */
function embed(parameters: Parameters, config: FuselipConfig, ids: tf.Tensor2D): tf.Tensor2D {
  const [batch, length] = ids.shape
  const hidden = tf.reshape(encodeRows(parameters, config, [ids], null), [batch, length, config.width])
  const isEnd = tf.cast(tf.equal(ids, tf.scalar(endOfTextId, 'int32')), 'int32')
  const choice = tf.oneHot(tf.argMax(isEnd, 1) as tf.Tensor1D, length) // [B, L]; of equal ones argMax takes the first
  const ends = tf.sum(tf.mul(hidden, tf.reshape(tf.cast(choice, 'float32'), [batch, length, 1])), 1) // [B, D]
  return featuresOf(parameters, ends as tf.Tensor2D)
}

/**
 * @param weights of the transformer
 * @returns graph `ids` int32 [batch, length] padded with 0, length up to the context → `embedding` float32 [batch, D], normalised
 */
export function sequenceEncoderGraph(weights: WeightMap, config: FuselipConfig): Graph {
  const used: WeightMap = new Map([...weights].filter(([name]) => /^(token_embedding|positional_embedding|transformer\.|ln_final)/.test(name)))
  const most = config.contextLength
  const length: FreeSize = { name: 'length', tracedAt: [most - 3, most - 1], checkedAt: most, input: 'ids', axis: 1 }
  const graph = traceDynamic([batchSize('ids'), length],
    (sizes) => ({ ids: { shape: [sizes['batch']!, sizes['length']!], dtype: 'int32' }, ...weightSpecs(used) }),
    (inputs) => ({ embedding: embed(inputs as Parameters, config, inputs['ids'] as tf.Tensor2D) }))
  return toStandardGraph(graph, used)
}
