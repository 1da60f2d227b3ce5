// The real engine over sessions that fail as a graphics card does, with the words of ONNX Runtime: too little memory is
// answered by smaller micro-batches, and after a lost device the run goes on from the step before.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { readModelFolder } from '../../src/main/engine/compute/fuselip/modelFolder'
import type * as sessions from '../../src/main/engine/compute/graph/session'
import { cpuDevice, deviceError, type Session } from '../../src/main/engine/compute/graph/session'
import type { TrainingEvent, TrainingRequest } from '../../src/main/engine/compute/thread/protocol'
import { createTrainingStep } from '../../src/main/engine/compute/training/compiledStep'
import { train } from '../../src/main/engine/compute/training/trainer'
import { trainableConfig, writeTinyModel } from '../helpers/tinyModel'
import { lossesOf, makePairs, makeRequest } from '../helpers/trainingRun'

type Feeds = Parameters<Session['run']>[0]
const faults = vi.hoisted(() => ({ before: null as ((feeds: object) => void) | null }))
const gpu = { deviceId: 'webgpu' }

/** At the boundary to ONNX Runtime: everything above it is the real engine. */
vi.mock('../../src/main/engine/compute/graph/session', async (importOriginal) => {
  const original = await importOriginal<typeof sessions>()
  return {
    ...original,
    openSession: async (...parameters: Parameters<typeof original.openSession>) => {
      const session = await original.openSession(...parameters)
      return {
        ...session,
        run: async (feeds: Feeds, into?: Feeds) => {
          faults.before?.(feeds)
          return session.run(feeds, into)
        },
      }
    },
  }
})

let root: string
let modelDir: string
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'fuselip-faults-'))
  modelDir = await writeTinyModel(root)
})
afterEach(() => { faults.before = null })
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Two epochs of two steps. */
const requestOf = (name: string, microBatchSize = 0): TrainingRequest => ({
  ...makeRequest(join(root, name), { epochs: 2, batchSize: 6, microBatchSize, useHardNegatives: false, validateEverySteps: 100, checkpointEverySteps: 100, seed: 5 }),
  modelDir, pairs: makePairs(12, trainableConfig), validation: [],
})

async function run(request: TrainingRequest, events: TrainingEvent[] = []): Promise<TrainingEvent[]> {
  await train(request, {
    loadModel: readModelFolder, createStep: (weights, config) => createTrainingStep(weights, config, { ...cpuDevice, threadCount: 2 }),
    emit: (event) => void events.push(event), signal: new AbortController().signal, requestedAction: () => null, takeTurn: (work) => work(), nowMs: () => 0,
  })
  return events
}

const logOf = (events: TrainingEvent[]): string[] => events.flatMap((event) => (event.kind === 'log' ? [event.line] : []))
const pairsIn = (feeds: object): number => (feeds as Feeds)['leftIds']?.dims[0] ?? 0

it.each([
  'WebGPU validation failed. Buffer size (2147483648) exceeds the max buffer size limit (1073741824).',
  'WebGPU validation failed. [Invalid Buffer (unlabeled)] is invalid due to a previous error.',
  'vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY',
  'Failed to allocate memory for requested buffer of size 123', 'std::bad_alloc',
])('“%s” is a lack of memory', (text) => {
  expect(deviceError(new Error(text), gpu)).toMatchObject({ code: 'out-of-memory', message: `The device “webgpu” ran out of memory: ${text}` })
})

it('other failures are failures of the device', () => {
  expect(deviceError(new Error('Device lost'), gpu)).toMatchObject({ code: 'device-failed', message: 'The device “webgpu” failed: Device lost' })
})

it('a batch that does not fit is computed in micro-batches that do, with their very results', async () => {
  const wanted = await run(requestOf('wanted', 3))
  faults.before = (feeds) => {
    if (pairsIn(feeds) > 3) throw deviceError(new Error('WebGPU validation failed. Buffer size (2147483648) exceeds the max buffer size limit (1073741824).'), gpu)
  }
  const events = await run(requestOf('small'))
  expect(logOf(events)).toEqual(['Step 1 ran out of memory with 6 pairs at a time; going on with 3.'])
  expect(lossesOf(events)).toEqual(lossesOf(wanted))
})

it('a run whose device was lost goes on from the step before, as if nothing had happened', async () => {
  const whole = lossesOf(await run(requestOf('whole')))
  let steps = 0
  faults.before = (feeds) => {
    if (pairsIn(feeds) > 0 && (steps += 1) === 3) throw deviceError(new Error('Device lost'), gpu)
  }
  const before: TrainingEvent[] = []
  await expect(run(requestOf('lost'), before)).rejects.toMatchObject({ code: 'device-failed' })
  expect(logOf(before)).toEqual(['The device failed; the run is saved at step 2.'])
  faults.before = null
  const after = await run(requestOf('lost'))
  expect([...lossesOf(after).keys()]).toEqual([3, 4])
  expect(lossesOf(before, after)).toEqual(whole)
})
