// The FuseLIP training step on ONNX Runtime: step.ts compiled with its gradients and AdamW (compiledOptimizer.ts) where the
// batch fits into memory, in micro-batches (gradCache.ts) where not.
import type * as tf from '@tensorflow/tfjs-core'
import { AppError } from '../../../../shared/errors'
import type { DeviceOptions } from '../graph/compileFunction'
import type { FuselipConfig } from '../fuselip/config'
import { createEmbedder } from '../fuselip/embedder'
import type { WeightMap } from '../weights/namedArray'
import { CompiledOptimizer, type BatchFeeds } from './compiledOptimizer'
import { slotsFor, wholeBatchFeeds } from './feeds'
import { GradCache, type StepNumbers } from './gradCache'
import { automaticMicroBatchSize, estimateActivationBytes, wholeBatchBytes } from './microBatch'
import { stepGradients, weightBounds } from './step'
import type { StepTensors } from './step'
import type { StepBatch, StepHooks, StepSettings, TrainingStep } from './stepContract'

/** What step.ts reads (`StepTensors`), as plain arrays; empty slots for masked positions have weight 0. */
export function batchFeeds(batch: StepBatch, slots: number): Record<string, Float32Array | Int32Array> {
  return Object.fromEntries(Object.entries(wholeBatchFeeds(batch, slots)).map(([name, { data }]) => [name, data]))
}

const undisturbed: StepHooks = { takeTurn: (work) => work(), beforeMicroBatch: () => Promise.resolve() }

function slotsOf({ left, right }: StepBatch): number {
  const maskedCount = left.maskedPositions.length + right.maskedPositions.length
  return slotsFor(Math.max(maskedCount, (left.likelyMaskedCount ?? 0) + (right.likelyMaskedCount ?? 0)))
}

/** @param weights every trained tensor of the model by its published name; copied */
export async function createTrainingStep(weights: WeightMap, config: FuselipConfig, device: DeviceOptions): Promise<TrainingStep> {
  const estimateBytes = (feeds: BatchFeeds): number => {
    const [rows, leftLength] = feeds['leftIds']!.shape as [number, number]
    return estimateActivationBytes(config, { rows, leftLength, rightLength: feeds['rightIds']!.shape[1]!, slots: feeds['maskedRows']!.data.length })
  }
  const optimizer = await CompiledOptimizer.create(weights, {
    gradients(parameters, inputs) {
      const { losses, gradients } = stepGradients(parameters, config, inputs as unknown as StepTensors)
      const scalars: Record<string, tf.Tensor> = { total: losses.total, contrastive: losses.contrastive, mmm: losses.mmm }
      return { gradients, scalars }
    },
    bounds: weightBounds,
  }, device, { maxBytes: wholeBatchBytes, estimateBytes })
  const embedder = await createEmbedder(weights, config, device)
  const gradCache = new GradCache(optimizer, embedder, config, device)

  const microBatchSizeOf = (batch: StepBatch, asked = 0): number => {
    const { batchSize, left, right } = batch
    if (asked > 0) return Math.min(asked, batchSize)
    return automaticMicroBatchSize(config, { rows: batchSize, leftLength: left.length, rightLength: right.length, slots: slotsOf(batch) })
  }

  async function runWhole(batch: StepBatch, settings: StepSettings): Promise<StepNumbers> {
    const feeds = { ...wholeBatchFeeds(batch, slotsOf(batch)), mmmWeight: { shape: [], data: Float32Array.of(settings.mmmWeight) } }
    return (await optimizer.step(feeds, settings)) as Record<keyof StepNumbers, number>
  }

  /** What was compiled for a batch that does not fit holds memory that a smaller one needs. */
  async function releasingMemory<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (thrown) {
      if (thrown instanceof AppError && thrown.code === 'out-of-memory') {
        await optimizer.releaseGraphs()
        await gradCache.releaseGraphs()
      }
      throw thrown
    }
  }

  return {
    // The set of gradients that only micro-batches need is counted in, because a plan must hold for those.
    residentBytes: optimizer.buffers.residentBytes + optimizer.buffers.setBytes,
    microBatchSizeOf,
    async run(batch, settings, hooks = undisturbed) {
      const microBatchSize = microBatchSizeOf(batch, settings.microBatchSize)
      const { total, contrastive, mmm, norm } = await releasingMemory(() => (microBatchSize < batch.batchSize
        ? gradCache.step(batch, microBatchSize, settings.mmmWeight, settings, hooks)
        : hooks.takeTurn(() => runWhole(batch, settings))))
      return {
        total, contrastive, mmm, gradientNorm: norm,
        logitScale: Math.exp((await optimizer.buffers.read('weight', 'logit_scale'))[0]!),
        logitBias: (await optimizer.buffers.read('weight', 'logit_bias'))[0]!,
      }
    },
    embed: (ids, length, endPositions) => embedder.embedWith(optimizer.weights, ids, length, endPositions),
    exportWeights: () => optimizer.exportWeights(),
    exportMoments: () => optimizer.exportMoments(),
    importMoments: (moments) => optimizer.importMoments(moments),
    async dispose() {
      await gradCache.dispose()
      await optimizer.dispose()
      await embedder.dispose()
    },
  }
}
