// The same seed on the same device gives the same numbers to the last bit, in one piece and in micro-batches; and a run that
// is cancelled in the middle of a step answers before the next micro-batch.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTrainingStep } from '../../src/main/engine/compute/training/compiledStep'
import { train, type TrainerHost } from '../../src/main/engine/compute/training/trainer'
import { readModelFolder } from '../../src/main/engine/compute/fuselip/modelFolder'
import type { StepHooks, TrainingStep } from '../../src/main/engine/compute/training/stepContract'
import type { Metric } from '../../src/shared/contract/entities'
import { trainableConfig, writeTinyModel } from '../helpers/tinyModel'
import { makePairs, makeRequest } from '../helpers/trainingRun'

const threadCount = 2
let root: string
let modelDir: string
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'fuselip-determinism-'))
  modelDir = await writeTinyModel(root)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

interface Watched {
  /** Wraps the step of the run. */
  step?: (step: TrainingStep) => TrainingStep
  signal?: AbortSignal
}

async function metricsOf(name: string, microBatchSize: number, { step: wrap = (step) => step, signal = new AbortController().signal }: Watched = {}): Promise<Omit<Metric, 'elapsedMs' | 'samplesPerSecond'>[]> {
  const metrics: Omit<Metric, 'elapsedMs' | 'samplesPerSecond'>[] = []
  const request = {
    ...makeRequest(join(root, name), { epochs: 2, batchSize: 6, microBatchSize, remineEveryEpochs: 1, validateEverySteps: 100, checkpointEverySteps: 100, seed: 5 }),
    modelDir, pairs: makePairs(12, trainableConfig), validation: [],
  }
  const host: TrainerHost = {
    loadModel: readModelFolder,
    createStep: async (weights, config) => wrap(await createTrainingStep(weights, config, { deviceId: 'cpu', threadCount })),
    emit(event) {
      if (event.kind !== 'metric') return
      const { elapsedMs: _elapsedMs, samplesPerSecond: _samplesPerSecond, ...metric } = event.metric
      metrics.push(metric)
    },
    signal, requestedAction: () => null, takeTurn: (work) => work(), nowMs: () => 0,
  }
  await train(request, host)
  return metrics
}

it.each([['in one piece', 6], ['in micro-batches', 2]])('two runs with one seed are equal to the last bit %s', async (_, microBatchSize) => {
  const first = await metricsOf(`first ${microBatchSize}`, microBatchSize)
  expect(first).toHaveLength(4)
  expect(await metricsOf(`second ${microBatchSize}`, microBatchSize)).toEqual(first)
})

it('a cancel is answered before the next micro-batch', async () => {
  const controller = new AbortController()
  const pieces: string[] = []
  const cancelling = (step: TrainingStep): TrainingStep => ({
    ...step,
    run: (batch, settings, hooks) => step.run(batch, settings, {
      beforeMicroBatch: () => hooks!.beforeMicroBatch(),
      takeTurn: (work) => {
        pieces.push(controller.signal.aborted ? 'after the cancel' : 'before')
        // In the middle of the fourth piece.
        if (pieces.length === 4) controller.abort()
        return hooks!.takeTurn(work)
      },
    } satisfies StepHooks),
  })
  await expect(metricsOf('cancelled', 1, { step: cancelling, signal: controller.signal })).rejects.toMatchObject({ code: 'cancelled' })
  expect(pieces).toEqual(['before', 'before', 'before', 'before'])
})
