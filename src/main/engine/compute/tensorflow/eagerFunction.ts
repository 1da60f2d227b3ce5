// A function written against tfjs as TensorFlow runs it: kernel by kernel, with the face of a compiled one. It is traced once
// as well, for the names and shapes of its outputs and the same refusals; the graph is thrown away.
import * as ort from 'onnxruntime-node'
import * as tf from '@tensorflow/tfjs-core'
import { AppError } from '../../../../shared/errors'
import type { CompiledFunction, Feed } from '../graph/compileFunction'
import { deviceError, type DeviceOptions } from '../graph/session'
import { traceFunction, type TensorFunction, type TensorSpec } from '../graph/traceFunction'
import { loadTensorflow, onTensorflow } from './backend'
import { heldValue, holdValue } from './tensorflowArrays'

const hostData = (tensor: ort.Tensor): Float32Array | Int32Array => tensor.data as Float32Array | Int32Array

/** Lays a result where the caller wants it; `owned` values belong to another tensor already. */
function store(result: tf.Tensor, shape: readonly number[], into: ort.Tensor | undefined, owned: Set<tf.Tensor>): ort.Tensor {
  if (into && heldValue(into)) {
    holdValue(into, owned.has(result) ? tf.clone(result) : result)
    owned.add(result)
    return into
  }
  const data = result.dataSync()
  if (into) {
    hostData(into).set(data)
    return into
  }
  return result.dtype === 'float32' ? new ort.Tensor('float32', data as Float32Array, shape) : new ort.Tensor('int32', Int32Array.from(data), shape)
}

/** @throws AppError 'device-failed' where no TensorFlow is linked; `run` also 'out-of-memory' */
export function eagerFunction(specs: Record<string, TensorSpec>, body: TensorFunction, device: DeviceOptions): CompiledFunction {
  loadTensorflow()
  const { inputs, outputs } = traceFunction(specs, body)

  function valueOf(feed: Feed | undefined, name: string): tf.Tensor {
    const { shape, dtype } = specs[name]!
    if (feed === undefined) throw new AppError('internal', `Expected a value for the input “${name}”; none was given.`)
    if (feed instanceof Float32Array || feed instanceof Int32Array) return tf.tensor(feed, shape, dtype)
    return heldValue(feed) ?? tf.tensor(hostData(feed), shape, dtype)
  }

  function compute(feeds: Record<string, Feed>, into: Record<string, ort.Tensor>): Record<string, ort.Tensor> {
    const given = Object.fromEntries(inputs.map(({ name }) => [name, valueOf(feeds[name], name)]))
    const results = body(given)
    const owned = new Set(Object.values(given))
    return Object.fromEntries(outputs.map(({ name, shape }) => [name, store(results[name]!, shape, into[name], owned)]))
  }

  return {
    inputs,
    outputs,
    async run(feeds, into = {}) {
      try {
        return onTensorflow(() => compute(feeds, into))
      } catch (thrown) {
        throw deviceError(thrown, device)
      }
    },
    dispose: () => Promise.resolve(),
  }
}
