// One micro-batch measured on the real device: every piece takes time, memory is what this process gained, and a cancel ends it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createHandlers } from '../../src/main/engine/compute/thread/handlers'
import { measureStep } from '../../src/main/engine/compute/training/measureStep'
import { createTrainingStep } from '../../src/main/engine/compute/training/compiledStep'
import { cpuDevice } from '../../src/main/engine/compute/graph/compileFunction'
import { randomWeights, trainableConfig as config, writeTinyModel } from '../helpers/tinyModel'

let root: string
let modelDir: string
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'fuselip-measure-'))
  modelDir = await writeTinyModel(root)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const device = { deviceId: null, threadCount: 1 }
const recipe = { batchSize: 12, maskProbability: 0.2, mmmWeight: 0.25 }
const left = [{ hasImage: true, text: 'make it red' }, { hasImage: false, text: 'red' }]
const right = [{ hasImage: false, text: 'a red star' }]

it('measures every piece of a step on rows as long as the longest sides', async () => {
  const measured = await createHandlers().measureStep({ modelDir, recipe, left, right, device }, { signal: new AbortController().signal, emit: () => undefined as never })
  // 6 codes and “make it red” with start and end are 11 ids; “a red star” is 5.
  expect(measured).toMatchObject({ leftLength: 16, rightLength: 8, pairCount: 4, config })
  expect(measured.slotsPerPair).toBeGreaterThan(0)
  for (const time of [measured.embedMs, measured.gradientMs, measured.updateMs]) expect(time).toBeGreaterThan(0)
  expect(measured.gradientMs).toBeGreaterThan(measured.embedMs)
  // On the CPU: weights, two moments, two sets of gradients, and the weights as they were loaded.
  expect(measured.residentBytes).toBe(6 * 4 * [...randomWeights(config, 1).values()].reduce((total, { data }) => total + data.length, 0))
  expect(measured.activationBytes).toBeGreaterThanOrEqual(0)
})

it('ends between two pieces when it is cancelled, and gives the device back', async () => {
  const controller = new AbortController()
  let disposedCount = 0
  let pieceCount = 0
  const measuring = measureStep({ config, weights: randomWeights(config, 1), left: [Int32Array.of(49406, 320, 49407)], right: [Int32Array.of(49406, 320, 49407)], ...recipe }, {
    createStep: async (weights, ownConfig) => {
      const step = await createTrainingStep(weights, ownConfig, cpuDevice)
      return { ...step, dispose: async () => { disposedCount += 1; await step.dispose() } }
    },
    takeTurn: async (work) => {
      const result = await work()
      if ((pieceCount += 1) === 3) controller.abort()
      return result
    },
    signal: controller.signal, nowMs: () => performance.now(), usedBytes: () => 0,
  })
  await expect(measuring).rejects.toMatchObject({ name: 'AbortError' })
  expect([pieceCount, disposedCount]).toEqual([3, 1])
})
