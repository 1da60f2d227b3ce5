// Convolution kernels for tracing: tfjs computes NHWC with HWIO filters, ONNX wants NCHW with OIHW.
import * as tf from '@tensorflow/tfjs-core'
import { registerTraceKernel } from './traceKernels'

type Padding = 'valid' | 'same' | number
type Pair = number | [number, number]

function informationOf(x: number[], filter: number[], attributes: Record<string, unknown>): tf.backend_util.Conv2DInfo {
  if ((attributes['dataFormat'] ?? 'NHWC') !== 'NHWC') throw new Error('Tracing supports NHWC convolutions only.')
  return tf.backend_util.computeConv2DInfo(
    x as [number, number, number, number], filter as [number, number, number, number],
    attributes['strides'] as Pair, (attributes['dilations'] as Pair | undefined) ?? 1, attributes['pad'] as Padding,
    attributes['dimRoundingMode'] as 'floor' | 'round' | 'ceil' | undefined)
}

registerTraceKernel('Conv2D', ({ backend, attributes, name, shape, emit }) => {
  const information = informationOf(shape('x'), shape('filter'), attributes)
  const { top, left, bottom, right } = information.padInfo
  const builder = backend.builder
  const image = builder.node('Transpose', [name('x')], { perm: [0, 3, 1, 2] })[0]!
  const filter = builder.node('Transpose', [name('filter')], { perm: [3, 2, 0, 1] })[0]!
  const result = builder.node('Conv', [image, filter], {
    strides: [information.strideHeight, information.strideWidth], dilations: [information.dilationHeight, information.dilationWidth],
    pads: [top, left, bottom, right],
  })[0]!
  return emit('Transpose', [result], information.outShape, 'float32', { perm: [0, 2, 3, 1] })
})

// Gradient by the input of a stride-1 convolution: a convolution of dy with the flipped filter. The flip is a gather, because
// ONNX Runtime's ConvTranspose on the CPU is far slower than its Conv.
registerTraceKernel('Conv2DBackpropInput', ({ backend, attributes, name, shape, emit }) => {
  const inputShape = attributes['inputShape'] as number[]
  const [filterHeight, filterWidth] = shape('filter') as [number, number]
  const information = informationOf(inputShape, shape('filter'), attributes)
  if (information.strideHeight !== 1 || information.strideWidth !== 1) throw new Error('Tracing supports gradients of stride-1 convolutions only.')
  const builder = backend.builder
  const reversed = (size: number): string => builder.int64(Array.from({ length: size }, (_, index) => size - 1 - index))
  const flippedRows = builder.node('Gather', [name('filter'), reversed(filterHeight)], { axis: 0 })[0]!
  const flipped = builder.node('Gather', [flippedRows, reversed(filterWidth)], { axis: 1 })[0]! // [h, w, in, out]
  const filter = builder.node('Transpose', [flipped], { perm: [2, 3, 0, 1] })[0]! // [in, out, h, w]
  const image = builder.node('Transpose', [name('dy')], { perm: [0, 3, 1, 2] })[0]!
  const { top, left, bottom, right } = information.padInfo
  const pads = [filterHeight - 1 - top, filterWidth - 1 - left, filterHeight - 1 - bottom, filterWidth - 1 - right]
  const result = builder.node('Conv', [image, filter], { strides: [1, 1], pads })[0]!
  return emit('Transpose', [result], inputShape, 'float32', { perm: [0, 2, 3, 1] })
})

// Gradient by the filter: images as channels, so that one convolution sums over the batch.
registerTraceKernel('Conv2DBackpropFilter', ({ backend, attributes, name, shape, emit }) => {
  const filterShape = attributes['filterShape'] as number[]
  const information = informationOf(shape('x'), filterShape, attributes)
  if (information.strideHeight !== 1 || information.strideWidth !== 1) throw new Error('Tracing supports gradients of stride-1 convolutions only.')
  const builder = backend.builder
  const image = builder.node('Transpose', [name('x')], { perm: [3, 0, 1, 2] })[0]! // [in, B, H, W]
  const gradient = builder.node('Transpose', [name('dy')], { perm: [3, 0, 1, 2] })[0]! // [out, B, h, w]
  const { top, left, bottom, right } = information.padInfo
  const result = builder.node('Conv', [image, gradient], { strides: [1, 1], pads: [top, left, bottom, right] })[0]! // [in, out, h, w]
  return emit('Transpose', [result], filterShape, 'float32', { perm: [2, 3, 0, 1] })
})
