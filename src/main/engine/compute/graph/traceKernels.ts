// How each tfjs kernel is written in ONNX (opset 20, plus FusedMatMul of ONNX Runtime). Only the kernels that the models,
// their losses and gradients use are here; a missing one is an error that names it.
import * as tf from '@tensorflow/tfjs-core'
import { onnxKernelName, traceBackendName } from './onnxKernel'
import type { OnnxAttribute, OnnxOperator } from './onnxKernel'
import { recordOperator } from './recordOperator'
import { valueType } from './traceBackend'
import type { TraceBackend } from './traceBackend'

interface Call {
  backend: TraceBackend
  inputs: Record<string, tf.TensorInfo>
  attributes: Record<string, unknown>
  name: (key: string) => string
  shape: (key: string) => number[]
  /** Adds one node with one output and answers it as a tensor. */
  emit: (operator: string, inputs: string[], shape: number[], dtype: tf.DataType, attributes?: Record<string, OnnxAttribute>, domain?: '' | 'com.microsoft') => tf.TensorInfo
}

export type TraceKernel = (call: Call) => tf.TensorInfo | tf.TensorInfo[]

export function registerTraceKernel(kernelName: string, kernel: TraceKernel): void {
  tf.registerKernel({
    kernelName,
    backendName: traceBackendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const trace = backend as TraceBackend
      const infos = inputs as unknown as Record<string, tf.TensorInfo>
      return kernel({
        backend: trace,
        inputs: infos,
        attributes: (attrs ?? {}) as Record<string, unknown>,
        name: (key) => trace.nameOf(infos[key]!),
        shape: (key) => infos[key]!.shape,
        emit: (operator, names, shape, dtype, attributes = {}, domain = '') =>
          trace.record(trace.builder.node(operator, names, attributes, 1, domain)[0]!, shape, dtype),
      })
    },
  })
}

const broadcast = (a: number[], b: number[]): number[] => tf.broadcast_util.assertAndGetBroadcastShape(a, b)
const axesOf = (axis: unknown, rank: number): number[] => tf.util.parseAxisParam(axis as number | number[], new Array<number>(rank).fill(1))

function binary(kernelName: string, operator: string, output: tf.DataType | 'same'): void {
  registerTraceKernel(kernelName, ({ inputs, name, shape, emit }) =>
    emit(operator, [name('a'), name('b')], broadcast(shape('a'), shape('b')), output === 'same' ? inputs['a']!.dtype : output))
}
binary('Multiply', 'Mul', 'same'); binary('Sub', 'Sub', 'same'); binary('RealDiv', 'Div', 'same')
binary('Maximum', 'Max', 'same'); binary('Minimum', 'Min', 'same'); binary('Pow', 'Pow', 'same')
binary('Equal', 'Equal', 'bool'); binary('Greater', 'Greater', 'bool'); binary('GreaterEqual', 'GreaterOrEqual', 'bool')
binary('Less', 'Less', 'bool'); binary('LessEqual', 'LessOrEqual', 'bool')
binary('LogicalAnd', 'And', 'bool'); binary('LogicalOr', 'Or', 'bool')

const sameShape = (a: number[], b: number[]): boolean => tf.util.arraysEqual(a, b)

// The gradient of a table of which a few rows were read is a scatter into zeros; added to another gradient of the same
// table it becomes a scatter into that one, and the zeros are never made.
registerTraceKernel('Add', ({ backend, inputs, name, shape, emit }) => {
  const dtype = inputs['a']!.dtype
  for (const [dense, sparse] of [['a', 'b'], ['b', 'a']] as const) {
    const scatter = backend.builder.scatterOf(name(sparse))
    if (scatter && sameShape(shape('a'), shape('b'))) {
      return emit('ScatterND', [name(dense), scatter.indices, scatter.updates], shape('a'), dtype, { reduction: 'add' })
    }
  }
  return emit('Add', [name('a'), name('b')], broadcast(shape('a'), shape('b')), dtype)
})
function unary(kernelName: string, operator: string): void {
  registerTraceKernel(kernelName, ({ inputs, name, shape, emit }) => emit(operator, [name('x')], shape('x'), inputs['x']!.dtype))
}
for (const [kernelName, operator] of [
  ['Neg', 'Neg'], ['Sqrt', 'Sqrt'], ['Exp', 'Exp'], ['Log', 'Log'], ['Tanh', 'Tanh'], ['Sigmoid', 'Sigmoid'], ['Softplus', 'Softplus'],
  ['Erf', 'Erf'], ['Abs', 'Abs'], ['Sign', 'Sign'], ['Reciprocal', 'Reciprocal'], ['Relu', 'Relu'], ['LogicalNot', 'Not'], ['Identity', 'Identity'],
] as const) unary(kernelName, operator)

registerTraceKernel('Square', ({ name, shape, emit }) => emit('Mul', [name('x'), name('x')], shape('x'), 'float32'))
registerTraceKernel('Rsqrt', ({ backend, name, shape, emit }) =>
  emit('Reciprocal', [backend.builder.node('Sqrt', [name('x')])[0]!], shape('x'), 'float32'))
registerTraceKernel('SquaredDifference', ({ backend, name, shape, emit }) => {
  const difference = backend.builder.node('Sub', [name('a'), name('b')])[0]!
  return emit('Mul', [difference, difference], broadcast(shape('a'), shape('b')), 'float32')
})
registerTraceKernel('NotEqual', ({ backend, name, shape, emit }) =>
  emit('Not', [backend.builder.node('Equal', [name('a'), name('b')])[0]!], broadcast(shape('a'), shape('b')), 'bool'))
registerTraceKernel('AddN', ({ backend, inputs, emit }) => {
  const infos = Object.values(inputs)
  return emit('Sum', infos.map((info) => backend.nameOf(info)), infos[0]!.shape, infos[0]!.dtype)
})
registerTraceKernel('ClipByValue', ({ backend, attributes, name, shape, emit }) =>
  emit('Clip', [name('x'), backend.builder.scalar(attributes['clipValueMin'] as number), backend.builder.scalar(attributes['clipValueMax'] as number)], shape('x'), 'float32'))
registerTraceKernel('Step', ({ backend, name, shape, emit }) =>
  emit('Cast', [backend.builder.node('Greater', [name('x'), backend.builder.scalar(0)])[0]!], shape('x'), 'float32', { to: 1 }))
registerTraceKernel('Select', ({ inputs, name, shape, emit }) =>
  emit('Where', [name('condition'), name('t'), name('e')], broadcast(shape('condition'), shape('t')), inputs['t']!.dtype))

const onnxTypeNumber = { float32: 1, int32: 6, int64: 7, bool: 9 } as const
registerTraceKernel('Cast', ({ attributes, name, shape, emit }) => {
  const dtype = attributes['dtype'] as tf.DataType
  return emit('Cast', [name('x')], shape('x'), dtype, { to: onnxTypeNumber[valueType(dtype)] })
})

function reduction(kernelName: string, operator: string): void {
  registerTraceKernel(kernelName, ({ backend, inputs, attributes, name, shape, emit }) => {
    const axes = axesOf(attributes['axis'] ?? null, shape('x').length)
    const reduced = axes.length === 0 ? shape('x').map((_, index) => index) : axes
    const keep = attributes['keepDims'] === true
    const [kept] = tf.backend_util.computeOutAndReduceShapes(shape('x'), reduced)
    const full = shape('x').map((size, index) => (reduced.includes(index) ? 1 : size))
    return emit(operator, [name('x'), backend.builder.int64(reduced)], keep ? full : kept, inputs['x']!.dtype, { keepdims: keep ? 1 : 0 })
  })
}
reduction('Sum', 'ReduceSum'); reduction('Mean', 'ReduceMean'); reduction('Max', 'ReduceMax'); reduction('Min', 'ReduceMin')

for (const operator of ['ArgMax', 'ArgMin'] as const) {
  registerTraceKernel(operator, ({ backend, attributes, name, shape, emit }) => {
    const axis = axesOf(attributes['axis'], shape('x').length)[0]!
    const indices = backend.builder.node(operator, [name('x')], { axis, keepdims: 0 })[0]!
    return emit('Cast', [indices], shape('x').filter((_, index) => index !== axis), 'int32', { to: onnxTypeNumber.int32 })
  })
}

registerTraceKernel('Reshape', ({ backend, inputs, attributes, name, shape, emit }) => {
  const target = tf.util.inferFromImplicitShape(attributes['shape'] as number[], tf.util.sizeFromShape(shape('x')))
  return emit('Reshape', [name('x'), backend.builder.int64(target)], target, inputs['x']!.dtype)
})
registerTraceKernel('ExpandDims', ({ backend, inputs, attributes, name, shape, emit }) => {
  const dimension = attributes['dim'] as number
  const target = [...shape('input')]
  target.splice(dimension < 0 ? target.length + 1 + dimension : dimension, 0, 1)
  return emit('Reshape', [name('input'), backend.builder.int64(target)], target, inputs['input']!.dtype)
})
registerTraceKernel('Transpose', ({ inputs, attributes, name, shape, emit }) => {
  const permutation = attributes['perm'] as number[]
  return emit('Transpose', [name('x')], permutation.map((axis) => shape('x')[axis]!), inputs['x']!.dtype, { perm: permutation })
})
registerTraceKernel('Concat', ({ backend, inputs, attributes, emit }) => {
  const infos = Object.values(inputs)
  const axis = axesOf(attributes['axis'], infos[0]!.shape.length)[0]!
  const shape = [...infos[0]!.shape]
  shape[axis] = infos.reduce((total, info) => total + info.shape[axis]!, 0)
  return emit('Concat', infos.map((info) => backend.nameOf(info)), shape, infos[0]!.dtype, { axis })
})
registerTraceKernel('Pack', ({ backend, inputs, attributes, emit }) => {
  const infos = Object.values(inputs)
  const axis = attributes['axis'] as number
  const expanded = [...infos[0]!.shape]
  expanded.splice(axis, 0, 1)
  const names = infos.map((info) => backend.builder.node('Reshape', [backend.nameOf(info), backend.builder.int64(expanded)])[0]!)
  const shape = [...expanded]
  shape[axis] = infos.length
  return emit('Concat', names, shape, infos[0]!.dtype, { axis })
})
registerTraceKernel('Slice', ({ backend, inputs, attributes, name, shape, emit }) => {
  const [begin, size] = tf.slice_util.parseSliceParams(inputs['x'] as tf.Tensor, attributes['begin'] as number[], attributes['size'] as number[]) as [number[], number[]]
  const builder = backend.builder
  const ends = begin.map((start, index) => start + size[index]!)
  return emit('Slice', [name('x'), builder.int64(begin), builder.int64(ends), builder.int64(shape('x').map((_, index) => index))], size, inputs['x']!.dtype)
})
registerTraceKernel('PadV2', ({ backend, attributes, name, shape, emit }) => {
  const paddings = attributes['paddings'] as [number, number][]
  const pads = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]
  const padded = shape('x').map((size, index) => size + paddings[index]![0] + paddings[index]![1])
  return emit('Pad', [name('x'), backend.builder.int64(pads), backend.builder.scalar(attributes['constantValue'] as number)], padded, 'float32', { mode: 'constant' })
})
registerTraceKernel('Tile', ({ backend, inputs, attributes, name, shape, emit }) => {
  const repeats = attributes['reps'] as number[]
  return emit('Tile', [name('x'), backend.builder.int64(repeats)], shape('x').map((size, index) => size * repeats[index]!), inputs['x']!.dtype)
})
registerTraceKernel('BroadcastTo', ({ backend, inputs, attributes, name, emit }) => {
  const target = attributes['shape'] as number[]
  return emit('Expand', [name('x'), backend.builder.int64(target)], target, inputs['x']!.dtype)
})

function filled(call: Call, shape: number[], value: number, dtype: tf.DataType): tf.TensorInfo {
  const element = call.backend.builder.constant(dtype === 'int32' ? Int32Array.of(value) : Float32Array.of(value), [], dtype === 'int32' ? 'int32' : 'float32')
  return call.emit('Expand', [element, call.backend.builder.int64(shape)], shape, dtype === 'int32' ? 'int32' : 'float32')
}
registerTraceKernel('Fill', (call) => filled(call, call.attributes['shape'] as number[], call.attributes['value'] as number, (call.attributes['dtype'] as tf.DataType) ?? 'float32'))
registerTraceKernel('ZerosLike', (call) => filled(call, call.shape('x'), 0, call.inputs['x']!.dtype))
registerTraceKernel('OnesLike', (call) => filled(call, call.shape('x'), 1, call.inputs['x']!.dtype))

registerTraceKernel('GatherV2', ({ inputs, attributes, name, shape, emit }) => {
  if ((attributes['batchDims'] ?? 0) !== 0) throw new Error('Tracing supports gather without batch dimensions only.')
  const axis = axesOf(attributes['axis'] ?? 0, shape('x').length)[0]!
  const result = [...shape('x').slice(0, axis), ...shape('indices'), ...shape('x').slice(axis + 1)]
  return emit('Gather', [name('x'), name('indices')], result, inputs['x']!.dtype, { axis })
})
registerTraceKernel('ScatterNd', ({ backend, attributes, name, emit }) => {
  const builder = backend.builder
  const target = attributes['shape'] as number[]
  const zeros = builder.node('Expand', [builder.scalar(0), builder.int64(target)])[0]!
  const indices = builder.node('Cast', [name('indices')], { to: onnxTypeNumber.int64 })[0]!
  const sum = emit('ScatterND', [zeros, indices, name('updates')], target, 'float32', { reduction: 'add' })
  builder.rememberScatter(backend.nameOf(sum), { indices, updates: name('updates') })
  return sum
})
registerTraceKernel('TensorScatterUpdate', ({ backend, inputs, name, shape, emit }) => {
  const indices = backend.builder.node('Cast', [name('indices')], { to: onnxTypeNumber.int64 })[0]!
  return emit('ScatterND', [name('tensor'), indices, name('updates')], shape('tensor'), inputs['tensor']!.dtype)
})
registerTraceKernel('SplitV', ({ backend, inputs, attributes, name, shape }) => {
  const axis = axesOf(attributes['axis'], shape('x').length)[0]!
  const sizes = tf.backend_util.prepareSplitSize(inputs['x'] as tf.Tensor, attributes['numOrSizeSplits'] as number | number[], axis)
  const outputs = backend.builder.node('Split', [name('x'), backend.builder.int64(sizes)], { axis }, sizes.length)
  return sizes.map((size, index) =>
    backend.record(outputs[index]!, shape('x').map((length, at) => (at === axis ? size : length)), inputs['x']!.dtype))
})
registerTraceKernel('OneHot', ({ backend, attributes, name, shape, emit }) => {
  const builder = backend.builder
  const depth = attributes['depth'] as number
  const values = builder.constant(Float32Array.of(attributes['offValue'] as number, attributes['onValue'] as number), [2], 'float32')
  return emit('OneHot', [name('indices'), builder.int64([depth]), values], [...shape('indices'), depth], 'float32', { axis: -1 })
})

registerTraceKernel('BatchMatMul', ({ backend, inputs, attributes, name, shape, emit }) => {
  const transposeA = attributes['transposeA'] === true
  const transposeB = attributes['transposeB'] === true
  const a = shape('a'), b = shape('b')
  const rows = transposeA ? a.at(-1)! : a.at(-2)!
  const columns = transposeB ? b.at(-2)! : b.at(-1)!
  const result = [...broadcast(a.slice(0, -2), b.slice(0, -2)), rows, columns]
  if (!transposeA && !transposeB) return emit('MatMul', [name('a'), name('b')], result, 'float32')
  return recordOperator(backend, [inputs['a']!, inputs['b']!], {
    operator: 'FusedMatMul', domain: 'com.microsoft', attributes: { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0, alpha: { float: 1 } },
    outputs: [{ shape: result, dtype: 'float32' }],
  })[0]!
})

registerTraceKernel('Softmax', ({ attributes, name, shape, emit }) =>
  emit('Softmax', [name('logits')], shape('logits'), 'float32', { axis: attributes['dim'] as number }))
registerTraceKernel('LogSoftmax', ({ backend, inputs, attributes, shape }) => recordOperator(backend, [inputs['logits']!], {
  operator: 'LogSoftmax', domain: '', attributes: { axis: attributes['axis'] as number }, outputs: [{ shape: shape('logits'), dtype: 'float32' }],
}))

registerTraceKernel(onnxKernelName, ({ backend, inputs, attributes }) =>
  recordOperator(backend, Object.values(inputs), attributes['operator'] as OnnxOperator))
