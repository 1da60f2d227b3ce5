// The FuseLIP training step on ONNX Runtime: step.ts compiled with its gradients and AdamW (compiledOptimizer.ts).
import type * as tf from '@tensorflow/tfjs-core'
import type { DeviceOptions } from '../graph/compileFunction'
import type { FuselipConfig } from '../fuselip/config'
import { createEmbedder } from '../fuselip/embedder'
import type { WeightMap } from '../weights/namedArray'
import { CompiledOptimizer } from './compiledOptimizer'
import { clampWeight, stepGradients } from './step'
import type { StepTensors } from './step'
import type { StepBatch, TrainingStep } from './stepContract'

/** Slots for masked positions grow in these steps, so that few graphs are compiled. */
const slotGranularity = 128

/** Flat row·L + position of each row's first end-of-text id. */
export function endRowsOf(endPositions: Int32Array, length: number): Int32Array {
  return endPositions.map((position, row) => row * length + position)
}

/** What step.ts reads (`StepTensors`), as plain arrays; empty slots for masked positions have weight 0. */
export function batchFeeds(batch: StepBatch, slots: number): Record<string, Float32Array | Int32Array> {
  const { left, right } = batch
  const rows = new Int32Array(slots), labels = new Int32Array(slots), weights = new Float32Array(slots)
  rows.set(left.maskedPositions)
  labels.set(left.maskedLabels)
  weights.fill(1 / left.maskedPositions.length, 0, left.maskedPositions.length)
  const offset = batch.batchSize * left.length
  right.maskedPositions.forEach((position, index) => {
    const slot = left.maskedPositions.length + index
    rows[slot] = offset + position
    labels[slot] = right.maskedLabels[index]!
    weights[slot] = 1 / right.maskedPositions.length
  })
  return {
    leftIds: left.ids, rightIds: right.ids, cells: batch.cells,
    leftEndRows: endRowsOf(left.endPositions, left.length), rightEndRows: endRowsOf(right.endPositions, right.length),
    maskedRows: rows, maskedLabels: labels, maskedWeights: weights,
  }
}

/** @param weights every trained tensor of the model by its published name; copied */
export async function createTrainingStep(weights: WeightMap, config: FuselipConfig, device: DeviceOptions): Promise<TrainingStep> {
  const optimizer = new CompiledOptimizer(weights, {
    gradients(parameters, inputs) {
      const { losses, gradients } = stepGradients(parameters, config, inputs as unknown as StepTensors)
      const scalars: Record<string, tf.Tensor> = { total: losses.total, contrastive: losses.contrastive, mmm: losses.mmm }
      return { gradients, scalars }
    },
    clamp: clampWeight,
  }, device)
  const embedder = await createEmbedder(weights, config, device)
  return {
    async run(batch, settings) {
      const maskedCount = batch.left.maskedPositions.length + batch.right.maskedPositions.length
      const slots = Math.max(1, Math.ceil(maskedCount / slotGranularity)) * slotGranularity
      const shapes: Record<string, number[]> = {
        leftIds: [batch.batchSize, batch.left.length], rightIds: [batch.batchSize, batch.right.length], cells: [batch.batchSize, batch.batchSize],
      }
      const feeds = Object.fromEntries(Object.entries(batchFeeds(batch, slots)).map(([name, data]) => [name, { data, shape: shapes[name] ?? [data.length] }]))
      const result = await optimizer.step({ ...feeds, mmmWeight: { shape: [], data: Float32Array.of(settings.mmmWeight) } }, settings)
      return {
        total: result['total']!, contrastive: result['contrastive']!, mmm: result['mmm']!, gradientNorm: result['norm']!,
        logitScale: Math.exp(optimizer.arrayOf('weight', 'logit_scale')[0]!),
        logitBias: optimizer.arrayOf('weight', 'logit_bias')[0]!,
      }
    },
    embed: (ids, length, endPositions) => embedder.embedWith(optimizer.weights, ids, length, endPositions),
    exportWeights: async () => optimizer.exportWeights(),
    exportMoments: async () => optimizer.exportMoments(),
    importMoments: async (moments) => optimizer.importMoments(moments),
    async dispose() {
      await optimizer.dispose()
      await embedder.dispose()
    },
  }
}
