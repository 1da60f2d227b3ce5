// Searches are answered while a model trains, and training minds being steered and cancelled.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createHandlers } from '../../src/main/engine/compute/thread/handlers'
import type { TrainingRequest } from '../../src/main/engine/compute/thread/protocol'
import { trainableConfig, writeTinyModel } from '../helpers/tinyModel'
import { makePairs, makeRequest } from '../helpers/trainingRun'

let root: string
let modelDir: string
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'fuselip-interleaving-'))
  modelDir = await writeTinyModel(root)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const longRun = (name: string): TrainingRequest => ({
  ...makeRequest(join(root, name), { epochs: 500, useHardNegatives: false, validateEverySteps: 1000, checkpointEverySteps: 1000 }),
  modelDir, pairs: makePairs(16, trainableConfig), validation: [],
})
const quiet = { signal: new AbortController().signal, emit: () => undefined as never }

it('answers a query between two steps, refuses a second training of the run, and stops when told', async () => {
  const handlers = createHandlers()
  const request = longRun('queries')
  let steps = 0
  let wake: () => void = () => undefined
  const training = handlers.train(request, { signal: quiet.signal, emit: (event) => { if (event.kind === 'metric' && ++steps === 2) wake() } })
  await new Promise<void>((resolve) => { wake = resolve })
  const { embeddings, width } = await handlers.embedSides({ modelDir, sides: [{ codes: null, text: 'a red star' }], device: { deviceId: null, threadCount: null } }, quiet)
  expect(embeddings).toHaveLength(trainableConfig.width)
  const { indices } = await handlers.nearest({ query: embeddings, targets: embeddings, width, limit: 3 }, quiet)
  expect([...indices]).toEqual([0])
  await expect(handlers.train(request, quiet)).rejects.toMatchObject({ code: 'conflict' })
  await handlers.steerTraining({ runDir: request.runDir, action: 'stop' }, quiet)
  const { outcome, step } = await training
  expect(outcome).toBe('stopped')
  expect(step).toBeGreaterThanOrEqual(2)
  expect(step).toBeLessThan(1000)
  await expect(handlers.steerTraining({ runDir: request.runDir, action: 'stop' }, quiet)).rejects.toMatchObject({ code: 'not-found' })
})

it('ends at once when cancelled', async () => {
  const controller = new AbortController()
  const training = createHandlers().train(longRun('cancelled'), { signal: controller.signal, emit: (event) => { if (event.kind === 'metric') controller.abort() } })
  await expect(training).rejects.toMatchObject({ code: 'cancelled' })
})

it('answers a query and a stop between two micro-batches of one step', async () => {
  const handlers = createHandlers()
  const request = longRun('micro')
  request.recipe = { ...request.recipe, batchSize: 256, microBatchSize: 1 }
  request.pairs = makePairs(256, trainableConfig)
  let steps = 0
  let begin: () => void = () => undefined
  const begun = new Promise<void>((resolve) => { begin = resolve })
  const training = handlers.train(request, { signal: quiet.signal, emit: (event) => {
    if (event.kind === 'log') begin()
    if (event.kind === 'metric') steps += 1
  } })
  await begun
  await handlers.embedSides({ modelDir, sides: [{ codes: null, text: 'a red star' }], device: { deviceId: null, threadCount: null } }, quiet)
  await handlers.steerTraining({ runDir: request.runDir, action: 'stop' }, quiet)
  expect(await training).toEqual({ outcome: 'stopped', step: 0 })
  expect(steps).toBe(0)
})

it('refuses a device that is not there', async () => {
  await expect(createHandlers().train({ ...longRun('device'), device: { deviceId: 'cuda:7', threadCount: null } }, quiet)).rejects.toMatchObject({ code: 'bad-input' })
})
