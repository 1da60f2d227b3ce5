// Records one ONNX operator in the graph under construction. ONNX Runtime's WebGPU provider has no FusedMatMul and no
// LogSoftmax: each would run on the CPU, with a transfer to it and back in every layer, so they are written as their parts.
import type * as tf from '@tensorflow/tfjs-core'
import type { GraphBuilder } from './graphBuilder'
import type { OnnxAttribute, OnnxOperator } from './onnxKernel'
import type { TraceBackend } from './traceBackend'

interface Operand {
  name: string
  shape: readonly number[]
}

type Replacement = (builder: GraphBuilder, inputs: Operand[], attributes: OnnxOperator['attributes']) => string

const isSet = (value: OnnxAttribute | undefined): boolean => value === 1 || value === true
const decimal = (value: OnnxAttribute | undefined): number => (typeof value === 'object' && 'float' in value ? value.float : 1)
const sizeOf = ({ shape }: Operand): number => shape.reduce((product, length) => product * length, 1)

/** alpha · A·B, either transposed in its last two axes. The factor goes to the smaller side. */
const matMul: Replacement = (builder, [a, b], { transA, transB, alpha }) => {
  const factor = decimal(alpha)
  if (a!.shape.length === 2 && b!.shape.length === 2) {
    return builder.node('Gemm', [a!.name, b!.name], { transA: isSet(transA) ? 1 : 0, transB: isSet(transB) ? 1 : 0, alpha: { float: factor } })[0]!
  }
  const scaled = sizeOf(a!) <= sizeOf(b!) ? a : b
  const side = (operand: Operand, isTransposed: boolean): string => {
    const { shape } = operand
    const name = factor !== 1 && operand === scaled ? builder.node('Mul', [operand.name, builder.scalar(factor)])[0]! : operand.name
    if (!isTransposed) return name
    const axes = shape.map((_, axis) => axis)
    return builder.node('Transpose', [name], { perm: [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!] })[0]!
  }
  return builder.node('MatMul', [side(a!, isSet(transA)), side(b!, isSet(transB))])[0]!
}

/** x − max − log Σ exp(x − max), which no large x can overflow. */
const logSoftmax: Replacement = (builder, [x], { axis }) => {
  const axes = builder.int64([axis as number])
  const largest = builder.node('ReduceMax', [x!.name, axes], { keepdims: 1 })[0]!
  const shifted = builder.node('Sub', [x!.name, largest])[0]!
  const sum = builder.node('ReduceSum', [builder.node('Exp', [shifted])[0]!, axes], { keepdims: 1 })[0]!
  return builder.node('Sub', [shifted, builder.node('Log', [sum])[0]!])[0]!
}

const webgpuReplacements: Readonly<Record<string, Replacement>> = { FusedMatMul: matMul, LogSoftmax: logSoftmax }

/** @returns the operator's outputs as tensors of the trace */
export function recordOperator(backend: TraceBackend, inputs: readonly tf.TensorInfo[], { operator, domain, attributes, outputs }: OnnxOperator): tf.TensorInfo[] {
  const operands = inputs.map((info) => ({ name: backend.nameOf(info), shape: info.shape }))
  const replacement = backend.operators === 'webgpu' ? webgpuReplacements[operator] : undefined
  const names = replacement
    ? [replacement(backend.builder, operands, attributes)]
    : backend.builder.node(operator, operands.map(({ name }) => name), attributes, outputs.length, domain)
  return names.map((name, index) => backend.record(name, [...outputs[index]!.shape], outputs[index]!.dtype))
}
