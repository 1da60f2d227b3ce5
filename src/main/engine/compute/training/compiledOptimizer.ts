// AdamW over named weights on ONNX Runtime. Any loss written against tfjs is compiled together with its gradients and the
// update, one graph per shape of its batch. Weights and moments are graph inputs and outputs (weightBuffers.ts); on the CPU
// the graph ends at the gradients, and a kernel of its own updates them in place (adamwKernel.ts).
import type * as ort from 'onnxruntime-node'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
import { compileFunction } from '../graph/compileFunction'
import type { CompiledFunction, DeviceOptions, Feed } from '../graph/compileFunction'
import type { TensorSpec } from '../graph/traceFunction'
import type { WeightMap } from '../weights/namedArray'
import { adamwUpdate, beta1, beta2, gradientNorm } from './adamw'
import type { AdamwInputs } from './adamw'
import { createAdamwKernel, type AdamwKernel, type AdamwNumbers } from './adamwKernel'
import { CompiledShapes } from './compiledShapes'
import { bufferGroups, tensorOf, WeightBuffers, type BufferGroup } from './weightBuffers'

/** Compiled shapes kept at once. */
const maxCompiledShapes = 12

export interface OptimizerSettings {
  learningRate: number
  weightDecay: number
  gradientClip: number
  /** 1 for the first step: the bias correction uses it. */
  optimizerStep: number
}

/** Gradients of a loss and named scalars to report; `bounds` limit weights after the update. */
export interface LossProgram {
  gradients(weights: Record<string, tf.Tensor>, batch: Record<string, tf.Tensor>): { gradients: Record<string, tf.Tensor>; scalars: Record<string, tf.Tensor> }
  bounds?: Readonly<Record<string, readonly [number, number]>>
}

/** A shape and values for each input of a loss. */
export type BatchFeeds = Record<string, { shape: number[]; data: Float32Array | Int32Array }>

export interface OptimizerLimits {
  /** Memory that all compiled graphs together may hold, by `estimateBytes`. */
  maxBytes: number
  estimateBytes(batch: BatchFeeds): number
}

export interface OptimizerGraph {
  run: CompiledFunction
  scalarNames: string[]
  dispose(): Promise<void>
}

const adamwScalars = ['learningRate', 'weightDecay', 'gradientClip', 'correction1', 'correction2'] as const
export const adamwSpecs: Record<string, TensorSpec> = Object.fromEntries(adamwScalars.map((name) => [name, { shape: [], dtype: 'float32' }]))

/** The settings as the graph reads them. */
export function adamwFeeds({ learningRate, weightDecay, gradientClip, optimizerStep }: OptimizerSettings): Record<(typeof adamwScalars)[number], Float32Array> {
  const values = { learningRate, weightDecay, gradientClip, correction1: 1 - beta1 ** optimizerStep, correction2: 1 - beta2 ** optimizerStep }
  return Object.fromEntries(adamwScalars.map((name) => [name, Float32Array.of(values[name])])) as Record<(typeof adamwScalars)[number], Float32Array>
}

export class CompiledOptimizer {
  private readonly compiled: CompiledShapes<OptimizerGraph>

  private constructor(
    readonly buffers: WeightBuffers, private readonly program: LossProgram, private readonly device: DeviceOptions, private readonly limits: OptimizerLimits | null,
  ) {
    this.compiled = new CompiledShapes(maxCompiledShapes, limits?.maxBytes)
  }

  /**
   * @param weights copied
   * @throws AppError 'out-of-memory', 'device-failed'
   */
  static async create(weights: WeightMap, program: LossProgram, device: DeviceOptions, limits: OptimizerLimits | null = null): Promise<CompiledOptimizer> {
    const shapes = new Map([...weights].map(([name, { shape }]) => [name, shape]))
    const buffers = await WeightBuffers.create(weights, device, device.deviceId === 'cpu' ? createAdamwKernel(shapes) : null)
    return new CompiledOptimizer(buffers, program, device, limits)
  }

  /** The current weights as ONNX Runtime tensors; valid until the next step. */
  get weights(): Record<string, ort.Tensor> { return this.buffers.current.weight }

  /** The live array of one weight or moment, on the CPU only; valid until the next step. */
  arrayOf(group: BufferGroup, name: string): Float32Array { return this.buffers.arrayOf(group, name) }

  /** Runs one step on a whole batch. @returns the program's scalars and `norm` */
  async step(batch: BatchFeeds, settings: OptimizerSettings): Promise<Record<string, number>> {
    const key = Object.entries(batch).map(([name, { shape }]) => `${name}:${shape.join('×')}`).join(' ')
    const { run, scalarNames } = await this.compiled.get(key, this.limits?.estimateBytes(batch) ?? 0, () => this.compile(batch))
    const feeds: Record<string, Feed> = { ...Object.fromEntries(Object.entries(batch).map(([name, { data }]) => [name, data])), ...adamwFeeds(settings) }
    return this.update(run, feeds, scalarNames)
  }

  /** Runs a graph that reads the current buffers and writes the spare ones, and makes those current. */
  async update(run: CompiledFunction, feeds: Record<string, Feed>, scalarNames: readonly string[]): Promise<Record<string, number>> {
    const { buffers } = this
    if (buffers.kernel) return this.updateInPlace(buffers.kernel, run, feeds, scalarNames)
    const into: Record<string, ort.Tensor> = Object.fromEntries(scalarNames.map((name) => [name, tensorOf(new Float32Array(1), [])]))
    const all = { ...feeds }
    for (const group of bufferGroups) {
      for (const name of buffers.shapes.keys()) {
        all[`${group}.${name}`] = buffers.current[group][name]!
        into[`next.${group}.${name}`] = buffers.spare[group][name]!
      }
    }
    await run.run(all, into)
    buffers.swap()
    return Object.fromEntries(scalarNames.map((name) => [name, (into[name]!.data as Float32Array)[0]!]))
  }

  /** Runs a graph that writes the gradients, then updates weights and moments. */
  private async updateInPlace(kernel: AdamwKernel, run: CompiledFunction, feeds: Record<string, Feed>, scalarNames: readonly string[]): Promise<Record<string, number>> {
    const { buffers } = this
    const into: Record<string, ort.Tensor> = Object.fromEntries(scalarNames.map((name) => [name, tensorOf(new Float32Array(1), [])]))
    const all = { ...feeds }
    for (const name of buffers.shapes.keys()) {
      all[`weight.${name}`] = buffers.current.weight[name]!
      into[`next.gradient.${name}`] = buffers.spare.weight[name]!
    }
    await run.run(all, into)
    return { ...Object.fromEntries(scalarNames.map((name) => [name, (into[name]!.data as Float32Array)[0]!])), norm: this.applyGradients(kernel, feeds) }
  }

  /** Updates weights and moments in place by the gradients that are in `buffers.spare.weight`. @returns their norm before clipping */
  applyGradients(kernel: AdamwKernel, feeds: Record<string, Feed>): number {
    const numbers = Object.fromEntries(adamwScalars.map((name) => [name, (feeds[name] as Float32Array)[0]!])) as unknown as AdamwNumbers
    const norm = kernel.update(numbers)
    for (const [name, [lowest, highest]] of Object.entries(this.program.bounds ?? {})) {
      const weight = this.arrayOf('weight', name)
      weight.forEach((value, index) => { weight[index] = Math.min(highest, Math.max(lowest, value)) })
    }
    return norm
  }

  private compile(batch: BatchFeeds): Promise<OptimizerGraph> {
    const specs: Record<string, TensorSpec> = Object.fromEntries(Object.entries(batch).map(([name, { shape, data }]) =>
      [name, { shape, dtype: data instanceof Int32Array ? 'int32' : 'float32' }]))
    return this.compileUpdate(specs, (weights, inputs) => this.program.gradients(weights, inputs))
  }

  /** A graph from `specs` to gradients, and without a kernel from those to the next weights and moments. */
  async compileUpdate(specs: Record<string, TensorSpec>, gradientsOf: LossProgram['gradients']): Promise<OptimizerGraph> {
    const { shapes } = this.buffers
    const all: Record<string, TensorSpec> = { ...specs, ...adamwSpecs }
    for (const group of bufferGroups) for (const [name, shape] of shapes) all[`${group}.${name}`] = { shape, dtype: 'float32' }
    const { kernel } = this.buffers
    let scalarNames: string[] = []
    const run = await compileFunction(all, (inputs) => {
      const named = (group: BufferGroup): Record<string, tf.Tensor> =>
        Object.fromEntries([...shapes.keys()].map((name) => [name, inputs[`${group}.${name}`]!]))
      const weights = named('weight')
      const { gradients, scalars } = gradientsOf(weights, inputs)
      if (kernel) {
        scalarNames = Object.keys(scalars)
        return { ...scalars, ...Object.fromEntries([...shapes.keys()].map((name) => [`next.gradient.${name}`, gradients[name]!])) }
      }
      const norm = gradientNorm(gradients)
      const next = adamwUpdate(weights, gradients, named('first'), named('second'), norm, inputs as unknown as AdamwInputs)
      const outputs: Record<string, tf.Tensor> = { ...scalars, norm }
      scalarNames = Object.keys(outputs)
      for (const name of shapes.keys()) {
        const bounds = this.program.bounds?.[name]
        outputs[`next.weight.${name}`] = bounds ? tf.clipByValue(next.weights[name]!, ...bounds) : next.weights[name]!
        outputs[`next.first.${name}`] = next.first[name]!
        outputs[`next.second.${name}`] = next.second[name]!
      }
      return outputs
    }, this.device)
    return { run, scalarNames, dispose: () => run.dispose() }
  }

  exportWeights(): Promise<WeightMap> { return this.buffers.exportWeights() }

  /** Both moments as `first.NAME` and `second.NAME`. */
  exportMoments(): Promise<WeightMap> { return this.buffers.exportMoments() }

  importMoments(moments: WeightMap): Promise<void> { return this.buffers.importMoments(moments) }

  /** Gives the memory of the compiled graphs back; they are compiled again when they are needed. */
  releaseGraphs(): Promise<void> { return this.compiled.dispose() }

  async dispose(): Promise<void> {
    await this.releaseGraphs()
    await this.buffers.dispose()
  }
}
