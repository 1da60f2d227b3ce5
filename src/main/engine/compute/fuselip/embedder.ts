// Embedding of id rows on ONNX Runtime: one graph per number of rows and bucket length, so callers use few of both.
import type * as ort from 'onnxruntime-node'
import { compileFunction } from '../graph/compileFunction'
import { createResidentArrays, type NamedTensors } from '../graph/residentArrays'
import type { CompiledFunction, DeviceOptions } from '../graph/compileFunction'
import type { TensorSpec } from '../graph/traceFunction'
import type { WeightMap } from '../weights/namedArray'
import type * as tf from '@tensorflow/tfjs-core'
import type { FuselipConfig } from './config'
import type { Parameters } from './layers'
import { encodeRows, featuresOf } from './model'

export interface Embedder {
  /**
   * @param ids [N, L] framed ids padded with 0
   * @param endPositions [N] index of each row's first end-of-text id
   * @returns [N, D] L2-normalised
   */
  embed(ids: Int32Array, length: number, endPositions: Int32Array): Promise<Float32Array>
  /** The same with other weights (those of a model in training). */
  embedWith(weights: Record<string, ort.Tensor>, ids: Int32Array, length: number, endPositions: Int32Array): Promise<Float32Array>
  dispose(): Promise<void>
}

/** Tensors that the encoder reads; the MMM head and the logit scale are not among them. */
export const isEncoderWeight = (name: string): boolean => /^(token_embedding|positional_embedding|transformer\.|ln_final)/.test(name)

export async function createEmbedder(weights: WeightMap, config: FuselipConfig, device: DeviceOptions): Promise<Embedder> {
  const encoderWeights = new Map([...weights].filter(([name]) => isEncoderWeight(name)))
  const memory = createResidentArrays(device)
  /** On the device from the first call on; a model in training never asks for them. */
  let own: Promise<NamedTensors> | null = null
  const ownWeights = (): Promise<NamedTensors> => {
    own ??= memory.place(encoderWeights)
    own.catch(() => { own = null })
    return own
  }
  const compiled = new Map<string, Promise<CompiledFunction>>()

  function compiledFor(rows: number, length: number): Promise<CompiledFunction> {
    const key = `${rows}×${length}`
    let found = compiled.get(key)
    if (!found) {
      const specs: Record<string, TensorSpec> = { ids: { shape: [rows, length], dtype: 'int32' }, endRows: { shape: [rows], dtype: 'int32' } }
      for (const [name, array] of encoderWeights) specs[name] = { shape: array.shape, dtype: 'float32' }
      found = compileFunction(specs, (inputs) => {
        const ends = encodeRows(inputs as Parameters, config, [inputs['ids'] as tf.Tensor2D], inputs['endRows'] as tf.Tensor1D)
        return { features: featuresOf(inputs as Parameters, ends) }
      }, device)
      compiled.set(key, found)
    }
    return found
  }

  async function embedWith(current: Record<string, ort.Tensor>, ids: Int32Array, length: number, endPositions: Int32Array): Promise<Float32Array> {
    const rows = endPositions.length
    const session = await compiledFor(rows, length)
    const outputs = await session.run({ ...current, ids, endRows: endPositions.map((position, row) => row * length + position) })
    return outputs['features']!.data as Float32Array
  }

  return {
    embed: async (ids, length, endPositions) => embedWith(await ownWeights(), ids, length, endPositions),
    embedWith,
    async dispose() {
      for (const session of compiled.values()) await (await session).dispose()
      compiled.clear()
      if (own) memory.release(await own)
      own = null
      await memory.dispose()
    },
  }
}
