// A door from tfjs code to one ONNX operator. tfjs has no layer-norm, GELU or fused cross-entropy kernel; while a function
// is being traced these operators can be recorded directly, which keeps the graph small and fast. Eager backends never see
// them: code that uses this door must have a composed path for `isTracing() === false`.
import * as tf from '@tensorflow/tfjs-core'

export const traceBackendName = 'fuselip-trace'
export const onnxKernelName = 'FuselipOnnxOperator'

export type OnnxAttribute = number | string | boolean | readonly number[] | { readonly float: number }

export interface OnnxOperator {
  operator: string
  domain: '' | 'com.microsoft'
  attributes: Record<string, OnnxAttribute>
  outputs: { shape: readonly number[]; dtype: tf.DataType }[]
}

/** True while a function is being recorded by `traceFunction`. */
export function isTracing(): boolean {
  return tf.getBackend() === traceBackendName
}

/** Records one ONNX operator; only valid while tracing. Gradients must come from a surrounding `tf.customGrad`. */
export function onnxOperator(inputs: tf.Tensor[], operator: OnnxOperator): tf.Tensor[] {
  const named: Record<string, tf.Tensor> = {}
  inputs.forEach((input, index) => { named[`input${index}`] = input })
  const result = tf.engine().runKernel(onnxKernelName, named, { operator } as unknown as tf.NamedAttrMap)
  return (Array.isArray(result) ? result : [result]) as tf.Tensor[]
}
