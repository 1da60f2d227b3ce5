// The training step on ONNX Runtime. One graph per shape (batch, two bucket lengths, slots for masked positions); weights
// and moments are graph inputs and outputs and stay ONNX Runtime tensors between steps. Two sets of buffers take turns, so
// that no step allocates memory for them.
import * as ort from 'onnxruntime-node'
import * as tf from '@tensorflow/tfjs-core'
import { compileFunction } from '../graph/compileFunction'
import type { CompiledFunction, DeviceOptions } from '../graph/compileFunction'
import type { TensorSpec } from '../graph/traceFunction'
import type { FuselipConfig } from '../fuselip/config'
import { createEmbedder } from '../fuselip/embedder'
import type { Embedder } from '../fuselip/embedder'
import type { WeightMap } from '../weights/namedArray'
import { beta1, beta2 } from './adamw'
import { optimizerStep } from './step'
import type { StepTensors } from './step'
import type { StepBatch, StepResult, StepSettings, TrainingStep } from './stepContract'

/** Slots for masked positions grow in these steps, so that few graphs are compiled. */
const slotGranularity = 128
/** Compiled shapes kept at once; the one unused for longest goes first. */
const maxCompiledShapes = 12

const groups = ['weight', 'first', 'second'] as const
type Group = (typeof groups)[number]
type Buffers = Record<Group, Record<string, ort.Tensor>>

const scalarNames = ['mmmWeight', 'learningRate', 'weightDecay', 'gradientClip', 'correction1', 'correction2'] as const

const tensorOf = (data: Float32Array, shape: number[]): ort.Tensor => new ort.Tensor('float32', data, shape)
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1)

function emptyBuffers(shapes: Map<string, number[]>): Buffers {
  const zeros = (): Record<string, ort.Tensor> =>
    Object.fromEntries([...shapes].map(([name, shape]) => [name, tensorOf(new Float32Array(sizeOf(shape)), shape)]))
  return { weight: zeros(), first: zeros(), second: zeros() }
}

function specsOf(shapes: Map<string, number[]>, batch: StepBatch, slots: number): Record<string, TensorSpec> {
  const B = batch.batchSize
  const specs: Record<string, TensorSpec> = {
    leftIds: { shape: [B, batch.left.length], dtype: 'int32' },
    rightIds: { shape: [B, batch.right.length], dtype: 'int32' },
    leftEndRows: { shape: [B], dtype: 'int32' },
    rightEndRows: { shape: [B], dtype: 'int32' },
    cells: { shape: [B, B], dtype: 'float32' },
    maskedRows: { shape: [slots], dtype: 'int32' },
    maskedLabels: { shape: [slots], dtype: 'int32' },
    maskedWeights: { shape: [slots], dtype: 'float32' },
  }
  for (const name of scalarNames) specs[name] = { shape: [], dtype: 'float32' }
  for (const group of groups) for (const [name, shape] of shapes) specs[`${group}.${name}`] = { shape, dtype: 'float32' }
  return specs
}

function compileStep(shapes: Map<string, number[]>, config: FuselipConfig, batch: StepBatch, slots: number, device: DeviceOptions): Promise<CompiledFunction> {
  return compileFunction(specsOf(shapes, batch, slots), (inputs) => {
    const group = (prefix: Group): Record<string, tf.Tensor> =>
      Object.fromEntries([...shapes.keys()].map((name) => [name, inputs[`${prefix}.${name}`]!]))
    const adamw = inputs as unknown as Parameters<typeof optimizerStep>[5]
    const result = optimizerStep(group('weight'), group('first'), group('second'), config, inputs as unknown as StepTensors, adamw)
    const outputs: Record<string, tf.Tensor> = {
      total: result.losses.total, contrastive: result.losses.contrastive, mmm: result.losses.mmm, norm: result.norm,
    }
    for (const name of shapes.keys()) {
      outputs[`next.weight.${name}`] = result.weights[name]!
      outputs[`next.first.${name}`] = result.first[name]!
      outputs[`next.second.${name}`] = result.second[name]!
    }
    return outputs
  }, device)
}

/** Flat row·L + position of each row's first end-of-text id. */
export function endRowsOf(endPositions: Int32Array, length: number): Int32Array {
  return endPositions.map((position, row) => row * length + position)
}

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

class CompiledTrainingStep implements TrainingStep {
  private readonly compiled = new Map<string, Promise<CompiledFunction>>()
  private current: Buffers
  private spare: Buffers

  constructor(
    private readonly shapes: Map<string, number[]>,
    weights: WeightMap,
    private readonly config: FuselipConfig,
    private readonly device: DeviceOptions,
    private readonly embedder: Embedder,
  ) {
    this.current = emptyBuffers(shapes)
    this.spare = emptyBuffers(shapes)
    for (const [name, array] of weights) (this.current.weight[name]!.data as Float32Array).set(array.data)
  }

  private async compiledFor(batch: StepBatch, slots: number): Promise<CompiledFunction> {
    const key = [batch.batchSize, batch.left.length, batch.right.length, slots].join('×')
    const known = this.compiled.get(key)
    this.compiled.delete(key)
    const compiled = known ?? compileStep(this.shapes, this.config, batch, slots, this.device)
    this.compiled.set(key, compiled)
    if (this.compiled.size > maxCompiledShapes) {
      const [oldest, stale] = [...this.compiled][0]!
      this.compiled.delete(oldest)
      await (await stale).dispose()
    }
    return compiled
  }

  async run(batch: StepBatch, settings: StepSettings): Promise<StepResult> {
    const maskedCount = batch.left.maskedPositions.length + batch.right.maskedPositions.length
    const slots = Math.max(1, Math.ceil(maskedCount / slotGranularity)) * slotGranularity
    const compiled = await this.compiledFor(batch, slots)
    const scalars = {
      mmmWeight: settings.mmmWeight, learningRate: settings.learningRate, weightDecay: settings.weightDecay, gradientClip: settings.gradientClip,
      correction1: 1 - beta1 ** settings.optimizerStep, correction2: 1 - beta2 ** settings.optimizerStep,
    }
    const feeds: Record<string, Float32Array | Int32Array | ort.Tensor> = batchFeeds(batch, slots)
    for (const [name, value] of Object.entries(scalars)) feeds[name] = Float32Array.of(value)
    const into: Record<string, ort.Tensor> = {}
    for (const group of groups) {
      for (const name of this.shapes.keys()) {
        feeds[`${group}.${name}`] = this.current[group][name]!
        into[`next.${group}.${name}`] = this.spare[group][name]!
      }
    }
    const scalar = (): ort.Tensor => tensorOf(new Float32Array(1), [])
    for (const name of ['total', 'contrastive', 'mmm', 'norm']) into[name] = scalar()
    const outputs = await compiled.run(feeds, into)
    ;[this.current, this.spare] = [this.spare, this.current]
    const number = (name: string): number => (outputs[name]!.data as Float32Array)[0]!
    return {
      total: number('total'), contrastive: number('contrastive'), mmm: number('mmm'), gradientNorm: number('norm'),
      logitScale: Math.exp((this.current.weight['logit_scale']!.data as Float32Array)[0]!),
      logitBias: (this.current.weight['logit_bias']!.data as Float32Array)[0]!,
    }
  }

  embed(ids: Int32Array, length: number, endPositions: Int32Array): Promise<Float32Array> {
    return this.embedder.embedWith(this.current.weight, ids, length, endPositions)
  }

  private copies(group: Group, prefix: string): WeightMap {
    return new Map([...this.shapes].map(([name, shape]) =>
      [prefix + name, { shape, data: Float32Array.from(this.current[group][name]!.data as Float32Array) }]))
  }

  async exportWeights(): Promise<WeightMap> { return this.copies('weight', '') }

  async exportMoments(): Promise<WeightMap> { return new Map([...this.copies('first', 'first.'), ...this.copies('second', 'second.')]) }

  async importMoments(moments: WeightMap): Promise<void> {
    for (const group of ['first', 'second'] as const) {
      for (const name of this.shapes.keys()) {
        const array = moments.get(`${group}.${name}`)
        if (!array) throw new Error(`Expected the optimizer moment “${group}.${name}”; the resume state has none.`)
        ;(this.current[group][name]!.data as Float32Array).set(array.data)
      }
    }
  }

  async dispose(): Promise<void> {
    for (const compiled of this.compiled.values()) await (await compiled).dispose()
    this.compiled.clear()
    await this.embedder.dispose()
  }
}

/** @param weights every trained tensor of the model by its published name; copied */
export async function createTrainingStep(weights: WeightMap, config: FuselipConfig, device: DeviceOptions): Promise<TrainingStep> {
  const shapes = new Map([...weights].map(([name, array]) => [name, [...array.shape]]))
  return new CompiledTrainingStep(shapes, weights, config, device, await createEmbedder(weights, config, device))
}
