// The predictions of hidden tokens against the reference: the probabilities that the predictor gives to what was hidden are
// those of its prediction loss (golden values), and a compiled row agrees with the tfjs oracle.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endOfTextId, padId, vocabularySize } from '../../src/main/engine/compute/fuselip/config'
import type { Parameters } from '../../src/main/engine/compute/fuselip/layers'
import { readModelFolder, type ModelFolder } from '../../src/main/engine/compute/fuselip/modelFolder'
import { trainedWeights } from '../../src/main/engine/compute/fuselip/trainedWeights'
import { cpuDevice } from '../../src/main/engine/compute/graph/compileFunction'
import { createMaskPredictor, predictionLogits, type MaskPredictor } from '../../src/main/engine/compute/inspect/maskPredictor'
import { rankPrediction } from '../../src/main/engine/compute/inspect/rankPrediction'
import type { WeightMap } from '../../src/main/engine/compute/weights/namedArray'
import { readSafetensors } from '../../src/main/engine/compute/weights/safetensors'
import { relativeDifference } from '../helpers/weightDifference'

const goldenPath = (path: string): string => fileURLToPath(new URL(`../fixtures/golden/${path}`, import.meta.url))
const expected = JSON.parse(readFileSync(goldenPath('golden.json'), 'utf8')) as { step0: { mmm_weighted: number } }
const mmmWeight = 0.25

let golden: WeightMap
let model: ModelFolder
let weights: WeightMap
let predictor: MaskPredictor
beforeAll(async () => {
  await tf.setBackend('cpu')
  golden = (await readSafetensors(goldenPath('golden.safetensors'))).weights
  model = await readModelFolder(goldenPath('fuselip'))
  weights = trainedWeights(model.weights)
  predictor = createMaskPredictor(weights, model.config, cpuDevice)
})
afterAll(() => predictor.dispose())

/** Rows as they were before the reference hid some ids, without padding, and where it hid them. */
function hiddenRows(side: string): { row: Int32Array; positions: number[] }[] {
  const { data: ids, shape } = golden.get(`step0.${side}.masked_ids`)!
  const labels = golden.get(`step0.${side}.labels`)!.data
  const [count, length] = shape as [number, number]
  return Array.from({ length: count }, (_, index) => {
    const own = Array.from(ids.subarray(index * length, (index + 1) * length))
    const wanted = labels.subarray(index * length, (index + 1) * length)
    const positions = [...own.keys()].filter((position) => wanted[position] !== -100)
    for (const position of positions) own[position] = wanted[position]!
    const end = own.lastIndexOf(endOfTextId)
    expect(own.slice(end + 1).every((id) => id === padId)).toBe(true)
    return { row: Int32Array.from(own.slice(0, end + 1)), positions }
  })
}

describe('hidden tokens', () => {
  it('get the probabilities of the reference: their mean −log is its prediction loss', async () => {
    let loss = 0
    for (const side of ['left', 'right']) {
      let sum = 0
      let count = 0
      for (const { row, positions } of hiddenRows(side)) {
        if (positions.length === 0) continue
        const logits = await predictor.predict(row, positions)
        positions.forEach((position, index) => {
          const size = vocabularySize(model.config)
          sum -= Math.log(rankPrediction(logits.subarray(index * size, (index + 1) * size), row[position]!, model.config, 1).trueProbability)
          count++
        })
      }
      expect(count).toBeGreaterThan(5)
      loss += sum / count
    }
    expect((mmmWeight * loss) / expected.step0.mmm_weighted).toBeCloseTo(1, 4)
  })

  it('agree with the oracle, whatever the bucket and the number of places', async () => {
    const { row } = hiddenRows('left')[0]!
    const compiled = await predictor.predict(row, [3, 1])
    const hidden = row.slice()
    for (const position of [3, 1]) hidden[position] = 49408
    const eager = tf.tidy(() => {
      const parameters = Object.fromEntries([...weights].map(([name, { data, shape }]) => [name, tf.tensor(data, shape)])) as Parameters
      const ids = tf.tensor2d(hidden, [1, hidden.length], 'int32')
      return predictionLogits(parameters, model.config, ids, tf.tensor1d([3, 1], 'int32')).dataSync() as Float32Array
    })
    expect(relativeDifference(compiled, eager)).toBeLessThan(1e-4)
  })
})
