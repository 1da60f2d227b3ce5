// Arrays that stay in TensorFlow between runs. The engine hands weights from step to step as ONNX Runtime tensors, so each
// array has one of those as its handle, without memory of its own.
import * as ort from 'onnxruntime-node'
import * as tf from '@tensorflow/tfjs-core'
import type { NamedTensors, ResidentArrays } from '../graph/residentArrays'
import { loadTensorflow, onTensorflow } from './backend'

const values = new WeakMap<ort.Tensor, tf.Tensor>()

/** The value behind a handle, which owns it; null for a tensor of any other kind. */
export function heldValue(handle: ort.Tensor): tf.Tensor | null {
  return values.get(handle) ?? null
}

/** From here on the handle means `value` and owns it; the old value is disposed. */
export function holdValue(handle: ort.Tensor, value: tf.Tensor): void {
  values.get(handle)?.dispose()
  values.set(handle, tf.keep(value))
}

function release(handle: ort.Tensor): void {
  values.get(handle)?.dispose()
  values.delete(handle)
}

function handleFor(value: tf.Tensor): ort.Tensor {
  const handle: ort.Tensor = ort.Tensor.fromGpuBuffer({} as never, {
    dataType: 'float32', dims: value.shape,
    download: () => Promise.resolve(values.get(handle)!.dataSync() as Float32Array),
    dispose: () => release(handle),
  })
  holdValue(handle, value)
  return handle
}

/** A value of its own, which shares no memory with `data`. */
const uploaded = (data: Float32Array, shape: readonly number[]): tf.Tensor => onTensorflow(() => tf.keep(tf.tensor(Float32Array.from(data), [...shape], 'float32')))

/** @throws AppError 'device-failed' where no TensorFlow is linked */
export function createTensorflowArrays(): ResidentArrays {
  loadTensorflow()
  return {
    place: (arrays) => {
      const placed: NamedTensors = {}
      for (const [name, { data, shape }] of arrays) placed[name] = handleFor(uploaded(data, shape))
      return Promise.resolve(placed)
    },
    read: (handle) => Promise.resolve(values.get(handle)!.dataSync() as Float32Array),
    write: (handle, data) => Promise.resolve(holdValue(handle, uploaded(data, handle.dims))),
    clear: (handle) => Promise.resolve(holdValue(handle, onTensorflow(() => tf.keep(tf.zeros([...handle.dims], 'float32'))))),
    release: (tensors) => Object.values(tensors).forEach((handle) => handle.dispose()),
    dispose: () => Promise.resolve(),
  }
}
