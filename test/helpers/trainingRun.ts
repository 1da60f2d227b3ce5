// Pairs, a host and a recorder for tests of the trainer.
import type { FuselipConfig } from '../../src/main/engine/compute/fuselip/config'
import { train, type TrainerHost } from '../../src/main/engine/compute/training/trainer'
import type { TrainingEvent, TrainingOutcome, TrainingPair, TrainingRequest } from '../../src/main/engine/compute/thread/protocol'
import { defaultRecipe, type Recipe } from '../../src/shared/recipe'
import { createFakeStep, fakeWeights, fakeWidth, type FakeFaults, type FakeLog } from './fakeTrainingStep'

export const tinyConfig: FuselipConfig = { width: fakeWidth, headCount: 1, layerCount: 1, contextLength: 32, codebookSize: 64, imageTokenCount: 6, hasMask: true }

const words = ['red', 'blue', 'small', 'large', 'circle', 'square', 'above', 'below', 'left', 'right', 'star', 'ring']

/** Image (or text in every fourth pair) on the left, its caption on the right; all different. */
export function makePairs(count: number, config: FuselipConfig, firstId = 1): TrainingPair[] {
  return Array.from({ length: count }, (_, i) => {
    const number = firstId + i
    const text = `${words[number % 12]} ${words[(number * 5 + 3) % 12]} ${number}`
    const codes = Uint16Array.from({ length: config.imageTokenCount }, (_, k) => (number * (k + 3) + k * k) % config.codebookSize)
    return {
      pairId: number,
      left: number % 4 === 0 ? { codes: null, text: `what is ${number}?` } : { codes, text: null },
      right: { codes: null, text },
      leftKey: `left ${number}`,
      rightKey: `right ${number}`,
    }
  })
}

export function makeRequest(runDir: string, recipe: Partial<Recipe> = {}, change: Partial<TrainingRequest> = {}): TrainingRequest {
  return {
    modelDir: 'none', runDir, device: { deviceId: null, threadCount: null }, resume: true, groups: [], judgements: [],
    recipe: { ...defaultRecipe, epochs: 4, batchSize: 8, warmupSteps: 3, learningRate: 0.01, remineEveryEpochs: 2, validateEverySteps: 5, checkpointEverySteps: 4, ...recipe },
    pairs: makePairs(27, tinyConfig), validation: makePairs(9, tinyConfig, 500),
    ...change,
  }
}

export interface Recorded {
  outcome: TrainingOutcome
  events: TrainingEvent[]
  log: FakeLog
}

export interface RunOptions {
  /** Called after every metric; may ask for an action or throw. */
  onStep?: (step: number) => 'pause' | 'stop' | 'cancel' | undefined
  faults?: FakeFaults
  /** Asked before each step and each micro-batch, with the number of times it was asked before. */
  onMicroBatch?: (count: number) => 'pause' | 'cancel' | undefined
  events?: TrainingEvent[]
}

/** Runs the trainer with the fake step. */
export async function runFake(request: TrainingRequest, options: RunOptions = {}): Promise<Recorded> {
  const log: FakeLog = { batches: [], settings: [], disposedCount: 0 }
  const events = options.events ?? []
  const controller = new AbortController()
  let action: 'pause' | 'stop' | null = null
  let clockMs = 0
  let askedCount = 0
  const host: TrainerHost = {
    loadModel: () => Promise.resolve({ config: tinyConfig, weights: fakeWeights(), json: { name: 'fake', imageTokenizer: 'fake-tokenizer' } }),
    createStep: (weights) => Promise.resolve(createFakeStep(weights, log, options.faults)),
    emit(event) {
      events.push(event)
      if (event.kind !== 'metric') return
      const asked = options.onStep?.(event.metric.step)
      if (asked === 'cancel') controller.abort()
      else if (asked) action = asked
    },
    signal: controller.signal,
    requestedAction: () => {
      const asked = options.onMicroBatch?.(++askedCount)
      if (asked === 'cancel') controller.abort()
      else if (asked) action = asked
      return action
    },
    takeTurn: (work) => work(),
    nowMs: () => (clockMs += 10),
  }
  const outcome = await train(request, host)
  return { outcome, events, log }
}

/** step → total loss; a step that was repeated after a resume must have the same loss, so the last one may win. */
export function lossesOf(...lists: TrainingEvent[][]): Map<number, number> {
  const losses = new Map<number, number>()
  for (const event of lists.flat()) if (event.kind === 'metric') losses.set(event.metric.step, event.metric.total)
  return losses
}
