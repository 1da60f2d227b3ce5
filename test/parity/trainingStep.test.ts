// FuseLIP against the reference: features in all four input forms, both losses, gradients, and two AdamW steps, on the
// compiled engine and on the tfjs oracle. Values: test/fixtures/golden, made once with the public PyTorch code.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { endOfTextId } from '../../src/main/engine/compute/fuselip/config'
import { createEmbedder } from '../../src/main/engine/compute/fuselip/embedder'
import type { Parameters } from '../../src/main/engine/compute/fuselip/layers'
import { encodeRows, featuresOf } from '../../src/main/engine/compute/fuselip/model'
import { readModelFolder } from '../../src/main/engine/compute/fuselip/modelFolder'
import type { ModelFolder } from '../../src/main/engine/compute/fuselip/modelFolder'
import { trainedWeights } from '../../src/main/engine/compute/fuselip/trainedWeights'
import { compileFunction, cpuDevice } from '../../src/main/engine/compute/graph/compileFunction'
import type { TensorSpec } from '../../src/main/engine/compute/graph/traceFunction'
import { beta1, beta2 } from '../../src/main/engine/compute/training/adamw'
import { batchFeeds, createTrainingStep } from '../../src/main/engine/compute/training/compiledStep'
import { optimizerStep, stepGradients } from '../../src/main/engine/compute/training/step'
import type { StepTensors } from '../../src/main/engine/compute/training/step'
import type { StepBatch, StepSide } from '../../src/main/engine/compute/training/stepContract'
import { readSafetensors } from '../../src/main/engine/compute/weights/safetensors'
import type { WeightMap } from '../../src/main/engine/compute/weights/namedArray'
import { relativeDifference, withoutKeyBias } from '../helpers/weightDifference'

const goldenPath = (path: string): string => fileURLToPath(new URL(`../fixtures/golden/${path}`, import.meta.url))
const expected = JSON.parse(readFileSync(goldenPath('golden.json'), 'utf8')) as Record<'step0' | 'step1', { contrastive: number; mmm_weighted: number; total: number; grad_norm: number }> & { token_embedding_grad_norm: number }

let golden: WeightMap
let model: ModelFolder
let weights: WeightMap
beforeAll(async () => {
  await tf.setBackend('cpu')
  golden = (await readSafetensors(goldenPath('golden.safetensors'))).weights
  model = await readModelFolder(goldenPath('fuselip'))
  weights = trainedWeights(model.weights)
})

const slots = 128

function rowsOf(name: string): { ids: Int32Array; length: number; endPositions: Int32Array } {
  const { data, shape } = golden.get(name)!
  const [count, length] = shape as [number, number]
  const ids = Int32Array.from(data)
  const endPositions = Int32Array.from({ length: count }, (_, row) => ids.subarray(row * length, (row + 1) * length).indexOf(endOfTextId))
  return { ids, length, endPositions }
}

function goldenSide(prefix: string): StepSide {
  const rows = rowsOf(`${prefix}.masked_ids`)
  const labels = Int32Array.from(golden.get(`${prefix}.labels`)!.data)
  const maskedPositions = Int32Array.from([...labels.keys()].filter((index) => labels[index] !== -100))
  return { ...rows, maskedPositions, maskedLabels: maskedPositions.map((position) => labels[position]!) }
}

function goldenBatch(step: number): StepBatch {
  const left = goldenSide(`step${step}.left`), right = goldenSide(`step${step}.right`)
  const batchSize = left.endPositions.length
  const cells = new Float32Array(batchSize * batchSize).fill(-1)
  for (let i = 0; i < batchSize; i += 1) cells[i * batchSize + i] = 1
  return { batchSize, left, right, cells }
}

function stepTensors(batch: StepBatch): StepTensors {
  const feeds = batchFeeds(batch, slots)
  const shapes: Record<string, number[]> = {
    leftIds: [batch.batchSize, batch.left.length], rightIds: [batch.batchSize, batch.right.length], cells: [batch.batchSize, batch.batchSize],
  }
  const tensors = Object.fromEntries(Object.entries(feeds).map(([name, data]) =>
    [name, tf.tensor(data, shapes[name] ?? [data.length], data instanceof Int32Array ? 'int32' : 'float32')]))
  return { ...tensors, mmmWeight: tf.scalar(0.25) } as unknown as StepTensors
}

const parametersOf = (map: WeightMap): Parameters => Object.fromEntries([...map].map(([name, array]) => [name, tf.tensor(array.data, array.shape)]))

/** The reference keeps 64 rows of the token embedding's gradient: those of largest norm, in the order that is stored. */
function largestRows(gradient: Float32Array, width: number, count: number): Float32Array {
  const norms = Array.from({ length: gradient.length / width }, (_, row) => Math.hypot(...gradient.subarray(row * width, (row + 1) * width)))
  const order = [...norms.keys()].sort((a, b) => norms[b]! - norms[a]!).slice(0, count)
  return Float32Array.from(order.sort((a, b) => a - b).flatMap((row) => [...gradient.subarray(row * width, (row + 1) * width)]))
}

function expectGradients(gradientOf: (name: string) => Float32Array): void {
  const stored = [...golden.keys()].filter((name) => name.startsWith('step0.grad.') && !name.includes('token_embedding'))
  expect(stored.length).toBeGreaterThan(20)
  for (const key of stored) {
    const name = key.slice('step0.grad.'.length)
    if (!weights.has(name)) continue
    const wanted = golden.get(key)!.data
    // The key bias gets a gradient of zero in exact arithmetic; what is left is rounding, so it is compared by size.
    expect(relativeDifference(gradientOf(name), wanted), name).toBeLessThan(1e-3)
  }
}

describe('features', () => {
  it.each(['image', 'text', 'both', 'mixed'])('of %s input agree with the reference, compiled and eager', async (form) => {
    const { ids, length, endPositions } = rowsOf(`ids.${form}`)
    const wanted = golden.get(`features.${form}`)!.data
    const embedder = await createEmbedder(weights, model.config, cpuDevice)
    expect(relativeDifference(await embedder.embed(ids, length, endPositions), wanted)).toBeLessThan(1e-4)
    await embedder.dispose()
    const eager = tf.tidy(() => {
      const parameters = parametersOf(weights)
      const endRows = tf.tensor1d(endPositions.map((position, row) => row * length + position), 'int32')
      return featuresOf(parameters, encodeRows(parameters, model.config, [tf.tensor2d(ids, [endPositions.length, length], 'int32')], endRows)).dataSync()
    })
    expect(relativeDifference(eager, wanted)).toBeLessThan(1e-4)
  })
})

describe('losses and gradients', () => {
  it('agree with the reference on the tfjs oracle', () => {
    const result = stepGradients(parametersOf(weights), model.config, stepTensors(goldenBatch(0)))
    expect(result.losses.contrastive.dataSync()[0]! / expected.step0.contrastive).toBeCloseTo(1, 4)
    expect((0.25 * result.losses.mmm.dataSync()[0]!) / expected.step0.mmm_weighted).toBeCloseTo(1, 4)
    expectGradients((name) => result.gradients[name]!.dataSync() as Float32Array)
    const embeddingGradient = result.gradients['token_embedding.weight']!.dataSync() as Float32Array
    expect(Math.hypot(...largestRows(embeddingGradient, 1, 4096)) / expected.token_embedding_grad_norm).toBeCloseTo(1, 2)
  })

  it('agree with the reference on the compiled engine', async () => {
    const batch = goldenBatch(0)
    const feeds = batchFeeds(batch, slots)
    const names = [...weights.keys()]
    const tensors = stepTensors(batch)
    const specs: Record<string, TensorSpec> = Object.fromEntries(Object.entries(tensors).map(([name, tensor]) =>
      [name, { shape: tensor.shape, dtype: tensor.dtype as 'int32' | 'float32' }]))
    for (const name of names) specs[`w.${name}`] = { shape: weights.get(name)!.shape, dtype: 'float32' }
    const compiled = await compileFunction(specs, (inputs) => {
      const { gradients, losses } = stepGradients(Object.fromEntries(names.map((name) => [name, inputs[`w.${name}`]!])), model.config, inputs as unknown as StepTensors)
      return { ...Object.fromEntries(names.map((name) => [`g.${name}`, gradients[name]!])), contrastive: losses.contrastive, mmm: losses.mmm }
    })
    const outputs = await compiled.run({ ...feeds, mmmWeight: Float32Array.of(0.25), ...Object.fromEntries(names.map((name) => [`w.${name}`, weights.get(name)!.data])) })
    expect((outputs['contrastive']!.data as Float32Array)[0]! / expected.step0.contrastive).toBeCloseTo(1, 4)
    expect((0.25 * (outputs['mmm']!.data as Float32Array)[0]!) / expected.step0.mmm_weighted).toBeCloseTo(1, 4)
    expectGradients((name) => outputs[`g.${name}`]!.data as Float32Array)
    await compiled.dispose()
  })
})

describe('two AdamW steps', () => {
  const settings = (step: number) => ({ learningRate: 1e-3, weightDecay: 0.5, gradientClip: 1, mmmWeight: 0.25, optimizerStep: step + 1 })

  it('agree with the reference on the compiled engine', async () => {
    const step = await createTrainingStep(weights, model.config, cpuDevice)
    for (const index of [0, 1] as const) {
      const result = await step.run(goldenBatch(index), settings(index))
      const wanted = expected[`step${index}`]
      expect(result.contrastive / wanted.contrastive).toBeCloseTo(1, 4)
      expect((0.25 * result.mmm) / wanted.mmm_weighted).toBeCloseTo(1, 4)
      expect(result.total / wanted.total).toBeCloseTo(1, 4)
      expect(result.gradientNorm / wanted.grad_norm).toBeCloseTo(1, 3)
      const after = await step.exportWeights()
      const stored = [...golden.keys()].filter((name) => name.startsWith(`step${index}.after.`))
      expect(stored.length).toBeGreaterThan(0)
      for (const key of stored) {
        const name = key.slice(`step${index}.after.`.length)
        expect(relativeDifference(withoutKeyBias(name, after.get(name)!.data), withoutKeyBias(name, golden.get(key)!.data)), key).toBeLessThan(1e-4)
      }
    }
    await step.dispose()
  })

  it('agree with the compiled engine on the tfjs oracle', async () => {
    const step = await createTrainingStep(weights, model.config, cpuDevice)
    const batch = goldenBatch(0)
    await step.run(batch, settings(0))
    const compiled = await step.exportWeights()
    const parameters = parametersOf(weights)
    const zeros = Object.fromEntries(Object.entries(parameters).map(([name, tensor]) => [name, tf.zerosLike(tensor)]))
    const eager = optimizerStep(parameters, zeros, zeros, model.config, stepTensors(batch), {
      learningRate: tf.scalar(1e-3), weightDecay: tf.scalar(0.5), gradientClip: tf.scalar(1), correction1: tf.scalar(1 - beta1), correction2: tf.scalar(1 - beta2),
    })
    for (const [name, array] of compiled) {
      expect(relativeDifference(withoutKeyBias(name, array.data), withoutKeyBias(name, eager.weights[name]!.dataSync())), name).toBeLessThan(1e-4)
    }
    await step.dispose()
  })
})
