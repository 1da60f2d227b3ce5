// A training step without tensors for tests of the trainer: two small weights that depend on every id, mask, cell and
// setting of every batch so far, so that any difference between two runs shows in the losses.
import { AppError } from '../../src/shared/errors'
import type { StepBatch, StepHooks, StepResult, StepSettings, TrainingStep } from '../../src/main/engine/compute/training/stepContract'
import type { NamedArray, WeightMap } from '../../src/main/engine/compute/weights/namedArray'

export const fakeWidth = 4

export function fakeWeights(): WeightMap {
  return new Map([['memory', { shape: [3], data: Float32Array.from([0.5, -0.25, 0.125]) }]])
}

export interface FakeLog {
  batches: StepBatch[]
  settings: StepSettings[]
  disposedCount: number
}

export interface FakeFaults {
  /** Optimizer step whose loss is not a number. */
  failAt?: number | null
  /** Optimizer step at which the device fails, and whether its weights are nonsense from then on. */
  deviceFailsAt?: number
  isUnreadable?: boolean
  /** Micro-batches of more pairs do not fit into memory. */
  fittingPairs?: number
}

export function createFakeStep(weights: WeightMap, log: FakeLog, { failAt = null, deviceFailsAt, isUnreadable = false, fittingPairs = Infinity }: FakeFaults = {}): TrainingStep {
  let hasFailed = false
  const memory = Float32Array.from(weights.get('memory')!.data)
  let first = new Float32Array(3)
  const copy = (data: Float32Array): NamedArray => ({ shape: [data.length], data: data.slice() })
  const microBatchSizeOf = ({ batchSize }: StepBatch, asked: number): number => (asked > 0 ? Math.min(asked, batchSize) : batchSize)
  return {
    residentBytes: 0,
    microBatchSizeOf,
    async run(batch: StepBatch, settings: StepSettings, hooks?: StepHooks): Promise<StepResult> {
      const size = microBatchSizeOf(batch, settings.microBatchSize ?? 0)
      if (size > fittingPairs) throw new AppError('out-of-memory', `${size} pairs are too many.`)
      if (settings.optimizerStep === deviceFailsAt) {
        hasFailed = true
        throw new AppError('device-failed', 'The device was lost.')
      }
      for (let start = 0; size < batch.batchSize && start < batch.batchSize; start += size) await hooks?.beforeMicroBatch()
      log.batches.push(batch)
      log.settings.push(settings)
      let hash = settings.optimizerStep
      for (const side of [batch.left, batch.right]) {
        for (const list of [side.ids, side.endPositions, side.maskedPositions, side.maskedLabels]) for (const value of list) hash = (Math.imul(hash, 31) + value) | 0
      }
      for (const cell of batch.cells) hash = (Math.imul(hash, 31) + cell) | 0
      for (let i = 0; i < 3; i++) {
        first[i] = Math.fround(0.9 * first[i]! + ((hash >>> (8 * i)) & 255) / 2550)
        memory[i] = Math.fround(memory[i]! - settings.learningRate * first[i]!)
      }
      const contrastive = settings.optimizerStep === failAt ? NaN : memory[0]! + memory[1]!
      const mmm = memory[2]!
      return { total: contrastive + settings.mmmWeight * mmm, contrastive, mmm, gradientNorm: Math.abs(first[0]!), logitScale: 10, logitBias: -10 }
    },
    embed(ids, length, endPositions) {
      const vectors = new Float32Array(endPositions.length * fakeWidth)
      for (let row = 0; row < endPositions.length; row++) {
        const vector = Array.from({ length: fakeWidth }, (_, d) => {
          let sum = memory[d % 3]!
          for (let i = 0; i <= endPositions[row]!; i++) sum += Math.sin(ids[row * length + i]! * (d + 1))
          return sum
        })
        const norm = Math.hypot(...vector)
        vectors.set(vector.map((value) => value / norm), row * fakeWidth)
      }
      return Promise.resolve(vectors)
    },
    exportWeights: () => Promise.resolve(new Map([['memory', copy(hasFailed && isUnreadable ? new Float32Array(3) : memory)]])),
    exportMoments: () => Promise.resolve(new Map([['first.memory', copy(first)]])),
    importMoments(moments) {
      first = moments.get('first.memory')!.data.slice()
      return Promise.resolve()
    },
    dispose() {
      log.disposedCount++
      return Promise.resolve()
    },
  }
}
