// Loads a linked binding in a process of its own, computes with it, and prints what it is as JSON:
//   node selfTest.cjs FOLDER_OF_THE_BINDING
const { join } = require('node:path')
const tf = require('@tensorflow/tfjs-core')

const folder = process.argv[2]
globalThis[Symbol.for('fuselip.tfjs-core')] = tf
require(join(folder, 'dist', 'register_all_kernels.js'))
const { NodeJSKernelBackend } = require(join(folder, 'dist', 'nodejs_kernel_backend.js'))
require(join(folder, 'quiet_start.node'))
const binding = require(join(folder, 'tfjs_binding.node'))
tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node'))
tf.setBackend('tensorflow')

const near = (values, expected, name) => {
  const isNear = values.length === expected.length && expected.every((value, index) => Math.abs(values[index] - value) < 1e-5)
  if (!isNear) throw new Error(`${name} gives ${[...values].join(', ')}; expected ${expected.join(', ')}.`)
}
const square = tf.tensor2d([1, 2, 3, 4], [2, 2])
near(tf.matMul(square, square, false, true).dataSync(), [5, 11, 11, 25], 'matMul')
near(tf.erf(tf.tensor1d([0, 1])).dataSync(), [0, 0.8427008], 'erf')
near(tf.gather(square, tf.tensor1d([1], 'int32')).dataSync(), [3, 4], 'gather')
near(tf.scatterND(tf.tensor2d([[0], [0]], [2, 1], 'int32'), square, [3, 2]).dataSync(), [4, 6, 0, 0, 0, 0], 'scatterND')
near(tf.topk(tf.tensor1d([3, 1, 2]), 2).values.dataSync(), [3, 2], 'topk')

process.stdout.write(`${JSON.stringify({ version: binding.TF_Version, usesGpu: Boolean(binding.isUsingGpuDevice()) })}\n`)
