// What WebGPU does at its limits: a card that works is recognised, and a batch above the largest buffer is told as a lack of
// memory, after which the same step takes a smaller one.
import { expect, it } from 'vitest'
import { probeWebgpu } from '../../src/main/engine/compute/device/gpuProbe'
import { vocabularySize } from '../../src/main/engine/compute/fuselip/config'
import { createResidentArrays } from '../../src/main/engine/compute/graph/residentArrays'
import { createTrainingStep } from '../../src/main/engine/compute/training/compiledStep'
import type { StepBatch, StepSide } from '../../src/main/engine/compute/training/stepContract'
import { stepSettings, syntheticBatch } from '../bench/synthetic'
import { randomWeights, trainableConfig } from '../helpers/tinyModel'

const config = { ...trainableConfig, layerCount: 1 }
const webgpu = { deviceId: 'webgpu', threadCount: 1 }
/** More than one buffer may have: SwiftShader allows 1 GiB, cards up to 4. */
const logitsBytes = 4.5 * 2 ** 30

it('is found usable by the probe', async () => {
  expect(await probeWebgpu()).toEqual({ isUsable: true, reason: null })
})

it('keeps arrays of every rank, and reads, writes and clears them', async () => {
  const memory = createResidentArrays(webgpu)
  const arrays = [[], [3], [2, 3], [2, 1, 3]].map((shape) => [shape.join('×'), { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i + 1) }] as const)
  const tensors = await memory.place(arrays)
  for (const [name, { shape, data }] of arrays) {
    const tensor = tensors[name]!
    expect(tensor.location).toBe('gpu-buffer')
    expect([...tensor.dims]).toEqual(shape)
    expect(await memory.read(tensor)).toEqual(data)
    await memory.write(tensor, data.map((value) => -value))
    expect(await memory.read(tensor)).toEqual(data.map((value) => -value))
    await memory.clear(tensor)
    expect(await memory.read(tensor)).toEqual(new Float32Array(data.length))
  }
  memory.release(tensors)
  await memory.dispose()
})

/** Every position masked, so that the logits over the vocabulary are the largest array by far. */
function withEverythingMasked({ batchSize, left, right, cells }: StepBatch): StepBatch {
  const masked = (side: StepSide): StepSide =>
    ({ ...side, maskedPositions: Int32Array.from(side.ids.keys()), maskedLabels: side.ids.map(() => 1) })
  return { batchSize, cells, left: masked(left), right: masked(right) }
}

it('tells a lack of memory, and goes on with a smaller batch', async () => {
  const length = config.contextLength
  const pairCount = Math.ceil(logitsBytes / (4 * vocabularySize(config) * 2 * length))
  const step = await createTrainingStep(randomWeights(config, 31), config, webgpu)
  try {
    const large = withEverythingMasked(syntheticBatch(pairCount, length, length))
    await expect(step.run(large, { ...stepSettings, optimizerStep: 1, microBatchSize: pairCount })).rejects.toMatchObject({ code: 'out-of-memory' })
    const { total } = await step.run(syntheticBatch(2, 8, 8), { ...stepSettings, optimizerStep: 1 })
    expect(Number.isFinite(total)).toBe(true)
    expect(total).toBeGreaterThan(0)
  } finally {
    await step.dispose()
  }
})
