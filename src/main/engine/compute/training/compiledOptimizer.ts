// AdamW over named weights on ONNX Runtime. Any loss written against tfjs is compiled together with its gradients and the
// update, one graph per shape of its batch. Weights and moments are graph inputs and outputs and stay ONNX Runtime tensors
// between steps; two sets of buffers take turns, so that no step allocates memory for them.
import * as ort from 'onnxruntime-node'
import type * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
import { compileFunction } from '../graph/compileFunction'
import type { CompiledFunction, DeviceOptions, Feed } from '../graph/compileFunction'
import type { TensorSpec } from '../graph/traceFunction'
import type { WeightMap } from '../weights/namedArray'
import { adamwUpdate, beta1, beta2, gradientNorm } from './adamw'
import type { AdamwInputs } from './adamw'

/** Compiled shapes kept at once; the one unused for longest goes first. */
const maxCompiledShapes = 12

const groups = ['weight', 'first', 'second'] as const
type Group = (typeof groups)[number]
type Buffers = Record<Group, Record<string, ort.Tensor>>

export interface OptimizerSettings {
  learningRate: number
  weightDecay: number
  gradientClip: number
  /** 1 for the first step: the bias correction uses it. */
  optimizerStep: number
}

/** Gradients of a loss and named scalars to report; `clamp` may bound weights after the update. */
export interface LossProgram {
  gradients(weights: Record<string, tf.Tensor>, batch: Record<string, tf.Tensor>): { gradients: Record<string, tf.Tensor>; scalars: Record<string, tf.Tensor> }
  clamp?(name: string, weight: tf.Tensor): tf.Tensor
}

const tensorOf = (data: Float32Array, shape: number[]): ort.Tensor => new ort.Tensor('float32', data, shape)
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1)
const adamwScalars = ['learningRate', 'weightDecay', 'gradientClip', 'correction1', 'correction2'] as const

export class CompiledOptimizer {
  private readonly compiled = new Map<string, Promise<{ run: CompiledFunction; scalarNames: string[] }>>()
  private readonly shapes: Map<string, number[]>
  private current: Buffers
  private spare: Buffers

  /** @param weights copied */
  constructor(weights: WeightMap, private readonly program: LossProgram, private readonly device: DeviceOptions) {
    this.shapes = new Map([...weights].map(([name, array]) => [name, [...array.shape]]))
    this.current = this.emptyBuffers()
    this.spare = this.emptyBuffers()
    for (const [name, array] of weights) this.arrayOf('weight', name).set(array.data)
  }

  private emptyBuffers(): Buffers {
    const zeros = (): Record<string, ort.Tensor> =>
      Object.fromEntries([...this.shapes].map(([name, shape]) => [name, tensorOf(new Float32Array(sizeOf(shape)), shape)]))
    return { weight: zeros(), first: zeros(), second: zeros() }
  }

  /** The current weights as ONNX Runtime tensors; valid until the next step. */
  get weights(): Record<string, ort.Tensor> { return this.current.weight }

  /** The live array of one weight or moment; valid until the next step. */
  arrayOf(group: Group, name: string): Float32Array {
    const tensor = this.current[group][name]
    if (!tensor) throw new Error(`Expected a weight named “${name}”; the model has none.`)
    return tensor.data as Float32Array
  }

  /** Runs one step. `batch` gives a shape and values for each input of the loss. @returns the program's scalars and `norm` */
  async step(batch: Record<string, { shape: number[]; data: Float32Array | Int32Array }>, settings: OptimizerSettings): Promise<Record<string, number>> {
    const { run, scalarNames } = await this.compiledFor(batch)
    const scalars: AdamwInputsByNumber = {
      learningRate: settings.learningRate, weightDecay: settings.weightDecay, gradientClip: settings.gradientClip,
      correction1: 1 - beta1 ** settings.optimizerStep, correction2: 1 - beta2 ** settings.optimizerStep,
    }
    const feeds: Record<string, Feed> = Object.fromEntries(Object.entries(batch).map(([name, { data }]) => [name, data]))
    for (const name of adamwScalars) feeds[name] = Float32Array.of(scalars[name])
    const into: Record<string, ort.Tensor> = Object.fromEntries(scalarNames.map((name) => [name, tensorOf(new Float32Array(1), [])]))
    for (const group of groups) {
      for (const name of this.shapes.keys()) {
        feeds[`${group}.${name}`] = this.current[group][name]!
        into[`next.${group}.${name}`] = this.spare[group][name]!
      }
    }
    await run.run(feeds, into)
    ;[this.current, this.spare] = [this.spare, this.current]
    return Object.fromEntries(scalarNames.map((name) => [name, (into[name]!.data as Float32Array)[0]!]))
  }

  private async compiledFor(batch: Record<string, { shape: number[]; data: Float32Array | Int32Array }>) {
    const key = Object.entries(batch).map(([name, { shape }]) => `${name}:${shape.join('×')}`).join(' ')
    const known = this.compiled.get(key)
    this.compiled.delete(key)
    const compiled = known ?? this.compile(batch)
    this.compiled.set(key, compiled)
    if (this.compiled.size > maxCompiledShapes) {
      const [oldest, stale] = [...this.compiled][0]!
      this.compiled.delete(oldest)
      await (await stale).run.dispose()
    }
    return compiled
  }

  private async compile(batch: Record<string, { shape: number[]; data: Float32Array | Int32Array }>) {
    const specs: Record<string, TensorSpec> = Object.fromEntries(Object.entries(batch).map(([name, { shape, data }]) =>
      [name, { shape, dtype: data instanceof Int32Array ? 'int32' : 'float32' }]))
    for (const name of adamwScalars) specs[name] = { shape: [], dtype: 'float32' }
    for (const group of groups) for (const [name, shape] of this.shapes) specs[`${group}.${name}`] = { shape, dtype: 'float32' }
    let scalarNames: string[] = []
    const run = await compileFunction(specs, (inputs) => {
      const named = (group: Group): Record<string, tf.Tensor> =>
        Object.fromEntries([...this.shapes.keys()].map((name) => [name, inputs[`${group}.${name}`]!]))
      const weights = named('weight')
      const { gradients, scalars } = this.program.gradients(weights, inputs)
      const norm = gradientNorm(gradients)
      const next = adamwUpdate(weights, gradients, named('first'), named('second'), norm, inputs as unknown as AdamwInputs)
      const outputs: Record<string, tf.Tensor> = { ...scalars, norm }
      scalarNames = Object.keys(outputs)
      for (const name of this.shapes.keys()) {
        outputs[`next.weight.${name}`] = this.program.clamp?.(name, next.weights[name]!) ?? next.weights[name]!
        outputs[`next.first.${name}`] = next.first[name]!
        outputs[`next.second.${name}`] = next.second[name]!
      }
      return outputs
    }, this.device)
    return { run, scalarNames }
  }

  private copies(group: Group, prefix: string): WeightMap {
    return new Map([...this.shapes].map(([name, shape]) => [prefix + name, { shape, data: Float32Array.from(this.arrayOf(group, name)) }]))
  }

  exportWeights(): WeightMap { return this.copies('weight', '') }

  /** Both moments as `first.NAME` and `second.NAME`. */
  exportMoments(): WeightMap { return new Map([...this.copies('first', 'first.'), ...this.copies('second', 'second.')]) }

  importMoments(moments: WeightMap): void {
    for (const group of ['first', 'second'] as const) {
      for (const name of this.shapes.keys()) {
        const array = moments.get(`${group}.${name}`)
        if (!array) throw new Error(`Expected the optimizer moment “${group}.${name}”; the resume state has none.`)
        this.arrayOf(group, name).set(array.data)
      }
    }
  }

  async dispose(): Promise<void> {
    for (const compiled of this.compiled.values()) await (await compiled).run.dispose()
    this.compiled.clear()
  }
}

type AdamwInputsByNumber = Record<(typeof adamwScalars)[number], number>
