// A batch in micro-batches is the big batch: losses, gradient norm, gradients (read from AdamW's first moment), weights and
// moments, against the one-shot compiled step and against the tfjs oracle; with judged cells, masks, and a batch that the
// micro-batches do not divide.
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { cpuDevice } from '../../src/main/engine/compute/graph/compileFunction'
import { beta1 } from '../../src/main/engine/compute/training/adamw'
import { buildBatch, pairRows, type BatchSource } from '../../src/main/engine/compute/training/batches'
import { bucketLengths } from '../../src/main/engine/compute/fuselip/sequence'
import { judgedCells } from '../../src/main/engine/compute/training/cells'
import { createTrainingStep } from '../../src/main/engine/compute/training/compiledStep'
import { wholeBatchFeeds } from '../../src/main/engine/compute/training/feeds'
import { stepGradients, type StepTensors } from '../../src/main/engine/compute/training/step'
import type { StepBatch, StepResult } from '../../src/main/engine/compute/training/stepContract'
import type { WeightMap } from '../../src/main/engine/compute/weights/namedArray'
import { randomWeights, trainableConfig as config } from '../helpers/tinyModel'
import { makePairs } from '../helpers/trainingRun'
import { relativeDifference, withoutKeyBias } from '../helpers/weightDifference'

const pairCount = 13
const steps = 2
/** Large gradients are clipped here, small ones would not show an error of the clipping. */
const settings = { learningRate: 1e-3, weightDecay: 0.5, gradientClip: 0.3, mmmWeight: 0.25 }
const weights = randomWeights(config, 21)

function batchOf(step: number, maskProbability = 0.15): StepBatch {
  const pairs = makePairs(pairCount, config)
  // Two captions of one picture: a cell that is left out.
  pairs[5] = { ...pairs[5]!, left: pairs[2]!.left, leftKey: pairs[2]!.leftKey }
  const source: BatchSource = {
    pairs, config, rows: pairRows(pairs, config), lengths: bucketLengths(config), recipe: { seed: 3, maskProbability, mmmWeight: 0.25 },
    judged: judgedCells([{ anchor: 0, other: 9, verdict: 'match' }, { anchor: 4, other: 11, verdict: 'ignore' }, { anchor: 7, other: 1, verdict: 'negative' }], pairs.length),
  }
  return buildBatch(source, Int32Array.from({ length: pairCount }, (_, index) => (index * 5) % pairCount), step)
}

interface Ran { results: StepResult[]; weights: WeightMap; moments: WeightMap; firstMoments: WeightMap }

async function run(microBatchSize: number, batches: StepBatch[]): Promise<Ran> {
  const step = await createTrainingStep(weights, config, cpuDevice)
  const results: StepResult[] = []
  let firstMoments: WeightMap = new Map()
  for (const [index, batch] of batches.entries()) {
    results.push(await step.run(batch, { ...settings, optimizerStep: index + 1, microBatchSize }))
    if (index === 0) firstMoments = await step.exportMoments()
  }
  const ran = { results, weights: await step.exportWeights(), moments: await step.exportMoments(), firstMoments }
  await step.dispose()
  return ran
}

function expectEqual(actual: WeightMap, wanted: WeightMap, tolerance: number): void {
  expect([...actual.keys()]).toEqual([...wanted.keys()])
  for (const [name, { data }] of wanted) {
    expect(relativeDifference(withoutKeyBias(name, actual.get(name)!.data), withoutKeyBias(name, data)), name).toBeLessThan(tolerance)
  }
}

const batches = Array.from({ length: steps }, (_, step) => batchOf(step))
let whole: Ran
beforeAll(async () => {
  await tf.setBackend('cpu')
  whole = await run(pairCount, batches)
})

describe.each([1, 4, 5, 12])('micro-batches of %i in a batch of 13', (microBatchSize) => {
  it('give the losses, gradients and weights of the one-shot compiled step', async () => {
    const cut = await run(microBatchSize, batches)
    cut.results.forEach((result, index) => {
      for (const [name, value] of Object.entries(whole.results[index]!)) expect(result[name as keyof StepResult] / value, `${name} of step ${index}`).toBeCloseTo(1, 5)
    })
    expectEqual(cut.firstMoments, whole.firstMoments, 1e-5)
    expectEqual(cut.moments, whole.moments, 5e-5)
    expectEqual(cut.weights, whole.weights, 1e-5)
  })
})

describe('the tfjs oracle', () => {
  it('gives the same losses and gradients for the whole batch', async () => {
    const batch = batches[0]!
    const cut = await run(4, [batch])
    const parameters = Object.fromEntries([...weights].map(([name, array]) => [name, tf.tensor(array.data, array.shape)]))
    const tensors = Object.fromEntries(Object.entries(wholeBatchFeeds(batch, 128)).map(([name, { data, shape }]) =>
      [name, tf.tensor(data, shape, data instanceof Int32Array ? 'int32' : 'float32')]))
    const { losses, gradients } = stepGradients(parameters, config, { ...tensors, mmmWeight: tf.scalar(settings.mmmWeight) } as unknown as StepTensors)
    const [result] = cut.results
    expect(result!.contrastive / losses.contrastive.dataSync()[0]!).toBeCloseTo(1, 5)
    expect(result!.mmm / losses.mmm.dataSync()[0]!).toBeCloseTo(1, 5)
    expect(result!.gradientNorm).toBeGreaterThan(settings.gradientClip)
    const clip = settings.gradientClip / (result!.gradientNorm + 1e-6)
    for (const name of weights.keys()) {
      const gradient = Float32Array.from(cut.moments.get(`first.${name}`)!.data, (value) => value / ((1 - beta1) * clip))
      expect(relativeDifference(withoutKeyBias(name, gradient), withoutKeyBias(name, gradients[name]!.dataSync())), name).toBeLessThan(2e-5)
    }
  })
})

describe('special batches', () => {
  it('without anything masked have no MMM loss', async () => {
    const batch = batchOf(0, 0)
    const [cut, one] = [await run(4, [batch]), await run(pairCount, [batch])]
    expect(cut.results[0]!.mmm).toBe(0)
    expect(cut.results[0]!.total / one.results[0]!.total).toBeCloseTo(1, 5)
    expectEqual(cut.firstMoments, one.firstMoments, 1e-5)
  })

  it('that are given up leave weights and moments as they were, and can be run again', async () => {
    const step = await createTrainingStep(weights, config, cpuDevice)
    for (const stopAt of [1, 6, 9, 12]) {
      let pieces = 0
      const hooks = { takeTurn: <T>(work: () => Promise<T>) => work(), beforeMicroBatch: async () => { if ((pieces += 1) === stopAt) throw new Error('enough') } }
      await expect(step.run(batches[0]!, { ...settings, optimizerStep: 1, microBatchSize: 4 }, hooks)).rejects.toThrow('enough')
      expectEqual(await step.exportWeights(), weights, 1e-12)
    }
    await step.run(batches[0]!, { ...settings, optimizerStep: 1, microBatchSize: 4 })
    expectEqual(await step.exportMoments(), whole.firstMoments, 1e-5)
    await step.dispose()
  })
})
