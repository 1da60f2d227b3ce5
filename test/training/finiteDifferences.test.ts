// Gradients of the whole step against central differences: the loss moves along a direction as the gradient says. Each
// tensor of a tiny model is moved on its own, so that an error in one layer cannot hide behind another.
import { beforeAll, describe, expect, it } from 'vitest'
import type * as tf from '@tensorflow/tfjs-core'
import { endOfTextId, startOfTextId } from '../../src/main/engine/compute/fuselip/config'
import type { FuselipConfig } from '../../src/main/engine/compute/fuselip/config'
import { initialiseFuselip } from '../../src/main/engine/compute/fuselip/initialise'
import { compileFunction } from '../../src/main/engine/compute/graph/compileFunction'
import type { CompiledFunction } from '../../src/main/engine/compute/graph/compileFunction'
import type { TensorSpec } from '../../src/main/engine/compute/graph/traceFunction'
import { batchFeeds } from '../../src/main/engine/compute/training/compiledStep'
import { createRandom } from '../../src/main/engine/compute/training/random'
import { stepGradients } from '../../src/main/engine/compute/training/step'
import type { StepTensors } from '../../src/main/engine/compute/training/step'
import type { StepBatch, StepSide } from '../../src/main/engine/compute/training/stepContract'

const config: FuselipConfig = { width: 8, headCount: 2, layerCount: 2, contextLength: 8, codebookSize: 4, imageTokenCount: 2, hasMask: true }
const random = createRandom(5, 1)
const weights = initialiseFuselip(config, () => random.next())
// Unit-sized embeddings and a mild bias, so that every part of the loss has a slope that float32 can show.
for (const [name, factor] of [['token_embedding.weight', 20], ['positional_embedding', 40]] as const) {
  const { data } = weights.get(name)!
  for (let i = 0; i < data.length; i += 1) data[i]! *= factor
}
weights.get('logit_bias')!.data[0] = -1

const side = (rows: number[][], maskedPositions: number[], maskedLabels: number[]): StepSide => ({
  ids: Int32Array.from(rows.flat()), length: rows[0]!.length, endPositions: Int32Array.from(rows.map((row) => row.indexOf(endOfTextId))),
  maskedPositions: Int32Array.from(maskedPositions), maskedLabels: Int32Array.from(maskedLabels),
})
const batch: StepBatch = {
  batchSize: 3,
  left: side([[startOfTextId, 5, 7, endOfTextId, 0], [49410, 49411, startOfTextId, endOfTextId, 0], [startOfTextId, 9, endOfTextId, 0, 0]], [1, 6], [11, 49409]),
  right: side([[startOfTextId, 3, endOfTextId, 0], [startOfTextId, 8, 5, endOfTextId], [startOfTextId, endOfTextId, 0, 0]], [5], [12]),
  cells: Float32Array.of(1, -1, 0, -1, 1, -1, 1, -1, 1),
}
const names = [...weights.keys()]
let compiled: CompiledFunction
const feeds = (): Record<string, Float32Array | Int32Array> => ({
  ...batchFeeds(batch, 4), mmmWeight: Float32Array.of(0.25), ...Object.fromEntries(names.map((name) => [`w.${name}`, weights.get(name)!.data])),
})

beforeAll(async () => {
  const shapes: Record<string, number[]> = { leftIds: [3, 5], rightIds: [3, 4], cells: [3, 3], mmmWeight: [] }
  const specs: Record<string, TensorSpec> = Object.fromEntries(Object.entries(feeds()).map(([name, data]) => [name, {
    shape: name.startsWith('w.') ? weights.get(name.slice(2))!.shape : (shapes[name] ?? [data.length]), dtype: data instanceof Int32Array ? 'int32' : 'float32',
  }]))
  compiled = await compileFunction(specs, (inputs) => {
    const parameters: Record<string, tf.Tensor> = Object.fromEntries(names.map((name) => [name, inputs[`w.${name}`]!]))
    const { losses, gradients } = stepGradients(parameters, config, inputs as unknown as StepTensors)
    return { total: losses.total, ...Object.fromEntries(names.map((name) => [`g.${name}`, gradients[name]!])) }
  })
})

describe('the gradient of the total loss agrees with central differences', () => {
  it.each(names)('for %s', async (name) => {
    const { data } = weights.get(name)!
    const gradient = Float32Array.from((await compiled.run(feeds()))[`g.${name}`]!.data as Float32Array)
    const norm = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0))
    const original = Float32Array.from(data)
    if (norm < 1e-6) return expect(name).toMatch(/in_proj_bias|bias/)
    // Along the gradient itself, where the slope is its norm and rounding weighs least.
    const distance = 5e-3
    const lossAt = async (factor: number): Promise<number> => {
      for (let i = 0; i < data.length; i += 1) data[i] = original[i]! + (factor * distance * gradient[i]!) / norm
      const value = ((await compiled.run(feeds()))['total']!.data as Float32Array)[0]!
      data.set(original)
      return value
    }
    const slope = ((await lossAt(1)) - (await lossAt(-1))) / (2 * distance)
    // Float32 losses of about 10 are known to 1e-6, the difference to about 2e-4 of the slope's unit.
    expect(Math.abs(slope - norm)).toBeLessThan(0.02 * norm + 1e-3)
  })
})
