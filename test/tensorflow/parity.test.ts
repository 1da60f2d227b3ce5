// The linked TensorFlow against the compiled engine and the reference: losses, gradients, steps, embeddings, codes. The same
// functions run on both; only their arithmetic differs.
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { endOfTextId } from '../../src/main/engine/compute/fuselip/config'
import { createEmbedder } from '../../src/main/engine/compute/fuselip/embedder'
import { readModelFolder, type ModelFolder } from '../../src/main/engine/compute/fuselip/modelFolder'
import { trainedWeights } from '../../src/main/engine/compute/fuselip/trainedWeights'
import { compileFunction, cpuDevice, type DeviceOptions } from '../../src/main/engine/compute/graph/compileFunction'
import type { TensorSpec } from '../../src/main/engine/compute/graph/traceFunction'
import { tensorflowDevices } from '../../src/main/engine/compute/tensorflow/device'
import { chooseDevice, listDevices } from '../../src/main/engine/compute/thread/devices'
import { createTrainingStep } from '../../src/main/engine/compute/training/compiledStep'
import { slotsFor, wholeBatchFeeds } from '../../src/main/engine/compute/training/feeds'
import { stepGradients, type StepTensors } from '../../src/main/engine/compute/training/step'
import type { WeightMap } from '../../src/main/engine/compute/weights/namedArray'
import { readSafetensors } from '../../src/main/engine/compute/weights/safetensors'
import { stepSettings, syntheticBatch, syntheticSide } from '../bench/synthetic'
import { deviceWorks } from '../helpers/deviceWork'

const goldenPath = (path: string): string => fileURLToPath(new URL(`../fixtures/golden/${path}`, import.meta.url))
const tensorflow: DeviceOptions = { deviceId: 'tensorflow', threadCount: null }

/** Norm of the difference over the norm. */
function relativeDifference(actual: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(actual.length).toBe(wanted.length)
  let difference = 0, norm = 0
  for (let index = 0; index < wanted.length; index += 1) {
    difference += (actual[index]! - wanted[index]!) ** 2
    norm += wanted[index]! ** 2
  }
  return Math.sqrt(difference) / Math.max(Math.sqrt(norm), 1e-12)
}

let model: ModelFolder
let weights: WeightMap
beforeAll(async () => {
  model = await readModelFolder(goldenPath('fuselip'))
  weights = trainedWeights(model.weights)
})

const pairCount = 4
const length = 16

/** Losses and the gradient of every weight on a device. */
async function lossesAndGradients(device: DeviceOptions): Promise<Map<string, Float32Array>> {
  const batch = syntheticBatch(pairCount, length, length)
  const feeds = { ...wholeBatchFeeds(batch, slotsFor(batch.left.maskedPositions.length + batch.right.maskedPositions.length)), mmmWeight: { shape: [], data: Float32Array.of(0.25) } }
  const specs: Record<string, TensorSpec> = Object.fromEntries(Object.entries(feeds).map(([name, { shape, data }]) => [name, { shape, dtype: data instanceof Int32Array ? 'int32' : 'float32' }]))
  for (const [name, { shape }] of weights) specs[`weight.${name}`] = { shape, dtype: 'float32' }
  const names = [...weights.keys()]
  const compiled = await compileFunction(specs, (inputs) => {
    const { losses, gradients } = stepGradients(Object.fromEntries(names.map((name) => [name, inputs[`weight.${name}`]!])), model.config, inputs as unknown as StepTensors)
    return { ...gradients, total: losses.total, contrastive: losses.contrastive, mmm: losses.mmm }
  }, device)
  try {
    const outputs = await compiled.run({
      ...Object.fromEntries(Object.entries(feeds).map(([name, { data }]) => [name, data])), ...Object.fromEntries(names.map((name) => [`weight.${name}`, weights.get(name)!.data])),
    })
    return new Map(Object.entries(outputs).map(([name, tensor]) => [name, tensor.data as Float32Array]))
  } finally {
    await compiled.dispose()
  }
}

/** The part of a bias whose gradient is zero but for rounding has no direction to compare. */
const withoutKeys = (name: string, data: Float32Array): Float32Array => {
  const third = data.length / 3
  return name.endsWith('in_proj_bias') ? Float32Array.from([...data.subarray(0, third), ...data.subarray(2 * third)]) : data
}

describe('the linked TensorFlow', () => {
  it('is listed as a device and can be chosen', async () => {
    const [device] = tensorflowDevices()
    expect(device).toMatchObject({ id: 'tensorflow', isUsable: true, reason: null })
    expect((await listDevices()).map(({ id }) => id)).toContain('tensorflow')
    expect(await chooseDevice(tensorflow)).toEqual(tensorflow)
  })

  it('gives the losses and gradients of the compiled engine', async () => {
    const wanted = await lossesAndGradients(cpuDevice)
    const actual = await lossesAndGradients(tensorflow)
    expect(actual.size).toBe(weights.size + 3)
    for (const [name, data] of wanted) expect(relativeDifference(withoutKeys(name, actual.get(name)!), withoutKeys(name, data)), name).toBeLessThan(1e-4)
  })

  it.each(Object.keys(deviceWorks) as (keyof typeof deviceWorks)[])('agrees with the compiled engine on the work “%s”', async (name) => {
    const wanted = await deviceWorks[name](cpuDevice)
    const actual = await deviceWorks[name](tensorflow)
    expect([...actual.keys()].sort()).toEqual([...wanted.keys()].sort())
    for (const [key, values] of wanted) expect(relativeDifference(actual.get(key)!, values), key).toBeLessThan(1e-4)
  })

  it('gives the features of the reference in all input forms', async () => {
    const { weights: stored } = await readSafetensors(goldenPath('golden.safetensors'))
    const embedder = await createEmbedder(weights, model.config, tensorflow)
    for (const form of ['image', 'text', 'both', 'mixed']) {
      const { data, shape } = stored.get(`ids.${form}`)!
      const [rows, columns] = shape as [number, number]
      const ids = Int32Array.from(data)
      const ends = Int32Array.from({ length: rows }, (_, row) => ids.subarray(row * columns, (row + 1) * columns).indexOf(endOfTextId))
      expect(relativeDifference(await embedder.embed(ids, columns, ends), stored.get(`features.${form}`)!.data), form).toBeLessThan(1e-4)
    }
    await embedder.dispose()
  })

  it('keeps no tensor of a step, and gives everything back at the end', async () => {
    const before = tf.memory().numTensors
    const step = await createTrainingStep(weights, model.config, tensorflow)
    const batch = syntheticBatch(pairCount, length, length)
    const counts: number[] = []
    for (let optimizerStep = 1; optimizerStep <= 4; optimizerStep += 1) {
      await step.run(batch, { ...stepSettings, optimizerStep })
      const { ids, endPositions } = syntheticSide(2, length, 5)
      await step.embed(ids, length, endPositions)
      counts.push(tf.memory().numTensors)
    }
    expect(new Set(counts).size).toBe(1)
    await step.dispose()
    // Tracing keeps the losses of each graph, a few numbers without memory.
    expect(tf.memory().numTensors - before).toBeLessThan(12)
  })

  it('resumes from moments that another device exported', async () => {
    const batch = syntheticBatch(pairCount, length, length)
    const first = await createTrainingStep(weights, model.config, cpuDevice)
    await first.run(batch, { ...stepSettings, optimizerStep: 1 })
    const [exported, moments] = [await first.exportWeights(), await first.exportMoments()]
    const onwards = await createTrainingStep(exported, model.config, tensorflow)
    await onwards.importMoments(moments)
    const wanted = await first.run(batch, { ...stepSettings, optimizerStep: 2 })
    const actual = await onwards.run(batch, { ...stepSettings, optimizerStep: 2 })
    for (const key of ['total', 'contrastive', 'mmm', 'gradientNorm'] as const) expect(Math.abs(actual[key] / wanted[key] - 1), key).toBeLessThan(1e-4)
    await first.dispose()
    await onwards.dispose()
  })
})
