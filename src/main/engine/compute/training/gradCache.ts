// One optimizer step of a large batch in micro-batches (GradCache, microStep.ts) on ONNX Runtime. Memory is that of one
// micro-batch, one more set of gradients, and the embeddings; weights and moments are never copied.
import type * as ort from 'onnxruntime-node'
import * as tf from '@tensorflow/tfjs-core'
import { compileFunction, type CompiledFunction, type DeviceOptions, type Feed } from '../graph/compileFunction'
import type { TensorSpec } from '../graph/traceFunction'
import type { FuselipConfig } from '../fuselip/config'
import type { Embedder } from '../fuselip/embedder'
import type { Parameters } from '../fuselip/layers'
import { adamwFeeds, type BatchFeeds, type CompiledOptimizer, type OptimizerGraph, type OptimizerSettings } from './compiledOptimizer'
import { CompiledShapes, type CompiledGraph } from './compiledShapes'
import { maskedFeeds, sideFeeds, slotsFor } from './feeds'
import { estimateActivationBytes, microBatchBytes, splitBatch, type MicroBatch } from './microBatch'
import { contrastiveBlock, contrastiveWeightNames, microBatchGradients, type BlockTensors, type MicroTensors } from './microStep'
import type { StepBatch, StepHooks } from './stepContract'
import { tensorOf, type NamedTensors } from './weightBuffers'

export interface StepNumbers {
  total: number
  contrastive: number
  mmm: number
  norm: number
}

interface CachedGradients {
  contrastive: number
  /** [N, D] gradients of the contrastive loss by the features. */
  left: Float32Array
  right: Float32Array
  logitScale: number
  logitBias: number
}

const maxCompiledShapes = 12
const isContrastiveWeight = (name: string): boolean => (contrastiveWeightNames as readonly string[]).includes(name)

export class GradCache {
  private readonly micro = new CompiledShapes<CompiledFunction>(maxCompiledShapes, microBatchBytes)
  private readonly blocks = new CompiledShapes<CompiledFunction & CompiledGraph>(maxCompiledShapes)
  private updateGraph: Promise<OptimizerGraph> | null = null
  /** One more set of gradients; made when it is first needed. */
  private extra: NamedTensors | null = null

  constructor(private readonly optimizer: CompiledOptimizer, private readonly embedder: Embedder, private readonly config: FuselipConfig, private readonly device: DeviceOptions) {}

  /** One step. What `hooks.beforeMicroBatch` throws ends it, and then nothing has changed. */
  async step(batch: StepBatch, microBatchSize: number, mmmWeight: number, settings: OptimizerSettings, hooks: StepHooks): Promise<StepNumbers> {
    const parts = splitBatch(batch, microBatchSize)
    const left = await this.embed(parts, 'left', batch.batchSize, hooks)
    const right = await this.embed(parts, 'right', batch.batchSize, hooks)
    const sums = await this.sums()
    const cached = await this.contrastive(batch, parts, left, right, hooks)
    const mmm = await this.accumulate(batch, parts, cached, mmmWeight, sums, hooks)
    await this.optimizer.buffers.setScalar(sums.last['logit_scale']!, cached.logitScale)
    await this.optimizer.buffers.setScalar(sums.last['logit_bias']!, cached.logitBias)
    await hooks.beforeMicroBatch()
    const norm = await hooks.takeTurn(() => this.update(sums.last, settings))
    return { total: cached.contrastive + mmmWeight * mmm, contrastive: cached.contrastive, mmm, norm }
  }

  /**
   * The two sets between which the sum of the gradients moves with every micro-batch, and in which of them it must end: where
   * the kernel reads it, or else apart from the spare weights, which the update writes.
   */
  private async sums(): Promise<{ last: NamedTensors; other: NamedTensors }> {
    const { buffers } = this.optimizer
    this.extra ??= await buffers.zeros()
    const spare = buffers.spare.weight
    return buffers.kernel ? { last: spare, other: this.extra } : { last: this.extra, other: spare }
  }

  /** Features of one side of the whole batch, [N, D], without anything kept for a backward pass. */
  private async embed(parts: readonly MicroBatch[], side: 'left' | 'right', batchSize: number, hooks: StepHooks): Promise<Float32Array> {
    const { width } = this.config
    const features = new Float32Array(batchSize * width)
    for (const part of parts) {
      await hooks.beforeMicroBatch()
      const { ids, length, endPositions } = part[side]
      const vectors = await hooks.takeTurn(() => this.embedder.embedWith(this.optimizer.weights, ids, length, endPositions)) // [R, D]
      features.set(vectors.subarray(0, part.pairCount * width), part.start * width)
    }
    return features
  }

  /** The contrastive loss over all cells, block by block, and its gradients. */
  private async contrastive({ batchSize, cells }: StepBatch, parts: readonly MicroBatch[], left: Float32Array, right: Float32Array, hooks: StepHooks): Promise<CachedGradients> {
    const { width } = this.config
    const rows = parts[0]!.left.endPositions.length
    const compiled = await this.blocks.get(`${rows}×${batchSize}`, 0, () => this.compileBlock(rows, batchSize))
    const cached: CachedGradients = { contrastive: 0, left: new Float32Array(batchSize * width), right: new Float32Array(batchSize * width), logitScale: 0, logitBias: 0 }
    const { logit_scale: logitScale, logit_bias: logitBias } = this.optimizer.weights
    for (const { start, pairCount } of parts) {
      await hooks.beforeMicroBatch()
      // Rows after the last pair stay zero: cells of 0 are ignored.
      const blockLeft = new Float32Array(rows * width)
      blockLeft.set(left.subarray(start * width, (start + pairCount) * width))
      const blockCells = new Float32Array(rows * batchSize)
      blockCells.set(cells.subarray(start * batchSize, (start + pairCount) * batchSize))
      const outputs = await hooks.takeTurn(() => compiled.run({ left: blockLeft, right, cells: blockCells, logitScale: logitScale!, logitBias: logitBias! }))
      const numbers = (name: string): Float32Array => outputs[name]!.data as Float32Array
      cached.contrastive += numbers('loss')[0]!
      cached.left.set(numbers('grad.left').subarray(0, pairCount * width), start * width)
      numbers('grad.right').forEach((value, index) => { cached.right[index]! += value })
      cached.logitScale += numbers('grad.logitScale')[0]!
      cached.logitBias += numbers('grad.logitBias')[0]!
    }
    return cached
  }

  /** Runs each micro-batch forward and backward and sums the gradients. @returns the MMM loss */
  private async accumulate(
    batch: StepBatch, parts: readonly MicroBatch[], cached: CachedGradients, mmmWeight: number, sums: { last: NamedTensors; other: NamedTensors }, hooks: StepHooks,
  ): Promise<number> {
    const maskedCounts = { left: batch.left.maskedPositions.length, right: batch.right.maskedPositions.length }
    // One number of slots for all, so that one graph serves the whole batch.
    const slots = slotsFor(Math.max(...parts.map(({ left, right }) => left.maskedPositions.length + right.maskedPositions.length)))
    let [from, into] = parts.length % 2 === 0 ? [sums.last, sums.other] : [sums.other, sums.last]
    for (const name of this.summedNames()) await this.optimizer.buffers.clear(from[name]!)
    let mmm = 0
    for (const part of parts) {
      await hooks.beforeMicroBatch()
      const feeds: BatchFeeds = {
        ...sideFeeds(part.left, part.right), ...maskedFeeds(part.left, part.right, slots, maskedCounts),
        leftGradients: this.slice(cached.left, part), rightGradients: this.slice(cached.right, part),
        mmmWeight: { shape: [], data: Float32Array.of(mmmWeight) },
      }
      mmm += await hooks.takeTurn(() => this.addGradients(feeds, from, into, slots))
      ;[from, into] = [into, from]
    }
    return mmm
  }

  private summedNames(): string[] {
    return [...this.optimizer.buffers.shapes.keys()].filter((name) => !isContrastiveWeight(name))
  }

  private slice(gradients: Float32Array, { start, pairCount, left }: MicroBatch): BatchFeeds[string] {
    const { width } = this.config
    const rows = left.endPositions.length
    const data = new Float32Array(rows * width)
    data.set(gradients.subarray(start * width, (start + pairCount) * width))
    return { shape: [rows, width], data }
  }

  private async addGradients(batch: BatchFeeds, from: NamedTensors, into: NamedTensors, slots: number): Promise<number> {
    const [rows, leftLength] = batch['leftIds']!.shape as [number, number]
    const rightLength = batch['rightIds']!.shape[1]!
    const bytes = estimateActivationBytes(this.config, { rows, leftLength, rightLength, slots })
    const compiled = await this.micro.get([rows, leftLength, rightLength, slots].join(' '), bytes, () => this.compileMicro(batch))
    const mmm = tensorOf(new Float32Array(1), [])
    const feeds: Record<string, Feed> = Object.fromEntries(Object.entries(batch).map(([name, { data }]) => [name, data]))
    const outputs: Record<string, ort.Tensor> = { mmm }
    for (const name of this.summedNames()) {
      feeds[`weight.${name}`] = this.optimizer.weights[name]!
      feeds[`sum.${name}`] = from[name]!
      outputs[`next.${name}`] = into[name]!
    }
    await compiled.run(feeds, outputs)
    return (mmm.data as Float32Array)[0]!
  }

  /** @returns the norm of the gradients before clipping */
  private async update(gradients: NamedTensors, settings: OptimizerSettings): Promise<number> {
    const { shapes, kernel } = this.optimizer.buffers
    if (kernel) return this.optimizer.applyGradients(kernel, adamwFeeds(settings))
    const specs: Record<string, TensorSpec> = Object.fromEntries([...shapes].map(([name, shape]) => [`gradient.${name}`, { shape, dtype: 'float32' }]))
    this.updateGraph ??= this.optimizer.compileUpdate(specs, (_weights, inputs) =>
      ({ gradients: Object.fromEntries([...shapes.keys()].map((name) => [name, inputs[`gradient.${name}`]!])), scalars: {} }))
    const { run, scalarNames } = await this.updateGraph
    const feeds: Record<string, Feed> = Object.fromEntries([...shapes.keys()].map((name) => [`gradient.${name}`, gradients[name]!]))
    return (await this.optimizer.update(run, { ...feeds, ...adamwFeeds(settings) }, scalarNames))['norm']!
  }

  private compileMicro(batch: BatchFeeds): Promise<CompiledFunction> {
    const specs: Record<string, TensorSpec> = Object.fromEntries(Object.entries(batch).map(([name, { shape, data }]) =>
      [name, { shape, dtype: data instanceof Int32Array ? 'int32' : 'float32' }]))
    const names = this.summedNames()
    for (const name of names) {
      const shape = this.optimizer.buffers.shapes.get(name)!
      specs[`weight.${name}`] = { shape, dtype: 'float32' }
      specs[`sum.${name}`] = { shape, dtype: 'float32' }
    }
    return compileFunction(specs, (inputs) => {
      const parameters: Parameters = Object.fromEntries(names.map((name) => [name, inputs[`weight.${name}`]!]))
      const { losses, gradients } = microBatchGradients(parameters, this.config, inputs as unknown as MicroTensors)
      const sums = names.map((name) => [`next.${name}`, tf.add(inputs[`sum.${name}`]!, gradients[name]!)] as const)
      return { mmm: losses.mmm, ...Object.fromEntries(sums) }
    }, this.device)
  }

  private compileBlock(rows: number, batchSize: number): Promise<CompiledFunction> {
    const { width } = this.config
    const float = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' })
    const specs = { left: float(rows, width), right: float(batchSize, width), cells: float(rows, batchSize), logitScale: float(), logitBias: float() }
    return compileFunction(specs, (inputs) => {
      const { loss, ...gradients } = contrastiveBlock(inputs as unknown as BlockTensors, batchSize)
      return { loss, ...Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [`grad.${name}`, gradient])) }
    }, this.device)
  }

  /** Gives the memory of the compiled graphs back; they are compiled again when they are needed. */
  async releaseGraphs(): Promise<void> {
    await this.micro.dispose()
    await this.blocks.dispose()
  }

  async dispose(): Promise<void> {
    await this.releaseGraphs()
    await (await this.updateGraph)?.dispose()
    this.updateGraph = null
    if (this.extra) this.optimizer.buffers.release(this.extra)
    this.extra = null
  }
}
