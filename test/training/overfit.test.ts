// The smallest proof that training trains: eight pairs are learned by heart, on the real compiled step.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createHandlers } from '../../src/main/engine/compute/thread/handlers'
import type { TrainingEvent, TrainingRequest } from '../../src/main/engine/compute/thread/protocol'
import { readSafetensors } from '../../src/main/engine/compute/weights/safetensors'
import { trainableConfig, writeTinyModel } from '../helpers/tinyModel'
import { makePairs, makeRequest } from '../helpers/trainingRun'

let root: string
beforeEach(() => { root = mkdtempSync(join(tmpdir(), 'fuselip-overfit-')) })
afterEach(() => rmSync(root, { recursive: true, force: true }))

it('learns eight pairs by heart', async () => {
  const modelDir = await writeTinyModel(root)
  const pairs = makePairs(8, trainableConfig)
  const request: TrainingRequest = {
    ...makeRequest(join(root, 'run'), {
      epochs: 120, batchSize: 8, learningRate: 0.01, warmupSteps: 10, weightDecay: 0, maskProbability: 0.1,
      remineEveryEpochs: 0, validateEverySteps: 1000, checkpointEverySteps: 1000,
    }),
    modelDir, pairs, validation: pairs,
  }
  const events: TrainingEvent[] = []
  const handlers = createHandlers()
  const outcome = await handlers.train(request, { signal: new AbortController().signal, emit: (event) => events.push(event) })
  expect(outcome).toEqual({ outcome: 'finished', step: 120 })
  const metrics = events.flatMap((event) => (event.kind === 'metric' ? [event.metric] : []))
  const validations = events.flatMap((event) => (event.kind === 'validation' ? [event.validation] : []))
  expect(metrics.at(-1)!.contrastive).toBeLessThan(0.1 * metrics[0]!.contrastive)
  expect(metrics.at(-1)!.mmm).toBeLessThan(metrics[0]!.mmm)
  expect(validations.at(-1)!.leftToRight.r1).toBe(1)
  expect(validations.at(-1)!.rightToLeft.r1).toBe(1)
  expect(validations[0]!.leftToRight.r1).toBeLessThan(0.8)

  // The checkpoint on disk is that model: it finds the same pairs.
  const tunedDir = join(root, 'run', 'checkpoints', 'step-000120')
  const embed = async (side: 'left' | 'right'): Promise<Float32Array> =>
    (await handlers.embedSides({ modelDir: tunedDir, sides: pairs.map((pair) => pair[side]), device: { deviceId: null, threadCount: null } }, { signal: new AbortController().signal, emit: () => undefined })).embeddings
  const recall = await handlers.measureRecall(
    { queries: await embed('left'), targets: await embed('right'), width: trainableConfig.width, relevant: pairs.map((_, i) => [i]) },
    { signal: new AbortController().signal, emit: () => undefined as never },
  )
  expect(recall.r1).toBe(1)

  // No weight was left out of training.
  const before = (await readSafetensors(join(modelDir, 'model.safetensors'))).weights
  const after = (await readSafetensors(join(tunedDir, 'model.safetensors'))).weights
  expect([...after.keys()].sort()).toEqual([...before.keys()].sort())
  for (const [name, { data }] of before) expect(after.get(name)!.data, name).not.toEqual(data)
})
