// Records a function written against tfjs as a graph: its inputs become placeholders, everything it computes (gradients
// included) becomes nodes, and what it returns becomes the outputs.
import * as tf from '@tensorflow/tfjs-core'
import type { Graph } from './graphTypes'
import { traceBackendName } from './onnxKernel'
import { valueType } from './traceBackend'
import type { OperatorSet, TraceBackend } from './traceBackend'
import './traceKernels'
import './traceConvolution'

export interface TensorSpec {
  shape: number[]
  dtype: 'float32' | 'int32'
}

export type TensorFunction = (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>

/**
 * @param inputs name → shape and dtype of each placeholder
 * @param body pure function of its inputs: no reading of values, no randomness, no tf.variable
 * @param operators for where the graph will run
 */
export function traceFunction(inputs: Record<string, TensorSpec>, body: TensorFunction, operators: OperatorSet = 'cpu'): Graph {
  const previous = tf.engine().backendName
  // A backend with a synchronous factory is active when this call returns, before the promise resolves.
  void tf.setBackend(traceBackendName)
  try {
    const backend = tf.backend() as TraceBackend
    const builder = backend.begin(operators)
    const placeholders: Record<string, tf.Tensor> = {}
    for (const [name, spec] of Object.entries(inputs)) {
      const info = backend.record(builder.input(name, spec.shape, spec.dtype), spec.shape, spec.dtype)
      placeholders[name] = tf.engine().makeTensorFromTensorInfo(info)
    }
    tf.engine().startScope('trace')
    try {
      const results = body(placeholders)
      return builder.finish(Object.entries(results).map(([name, tensor]) => ({
        name, source: backend.nameOf(tensor), shape: tensor.shape, type: valueType(tensor.dtype),
      })))
    } finally {
      tf.engine().endScope()
      Object.values(placeholders).forEach((tensor) => tensor.dispose())
    }
  } finally {
    if (previous) void tf.setBackend(previous)
  }
}
