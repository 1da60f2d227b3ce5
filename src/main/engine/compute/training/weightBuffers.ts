// Weights and both moments of AdamW as ONNX Runtime tensors that stay between steps, so that no step allocates memory for
// them. With a kernel (adamwKernel.ts) there is one set and room for gradients, and the update is in place. Without, two
// sets take turns: a step reads one and writes the other. Either way a step that is given up changes nothing.
import * as ort from 'onnxruntime-node'
import type { WeightMap } from '../weights/namedArray'
import type { AdamwKernel, KernelGroup } from './adamwKernel'

export const bufferGroups = ['weight', 'first', 'second'] as const
export type BufferGroup = (typeof bufferGroups)[number]
export type NamedTensors = Record<string, ort.Tensor>
type Buffers = Record<BufferGroup, NamedTensors>

export const tensorOf = (data: Float32Array, shape: readonly number[]): ort.Tensor => new ort.Tensor('float32', data, shape)
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1)

export class WeightBuffers {
  /** Shape of each weight by its published name. */
  readonly shapes: ReadonlyMap<string, number[]>
  #current: Buffers
  #spare: Buffers

  /** @param weights copied */
  constructor(weights: WeightMap, readonly kernel: AdamwKernel | null = null) {
    this.shapes = new Map([...weights].map(([name, array]) => [name, [...array.shape]]))
    const buffers = (): Buffers => ({ weight: this.zeros(), first: this.zeros(), second: this.zeros() })
    const owned = (group: KernelGroup): NamedTensors =>
      Object.fromEntries([...this.shapes].map(([name, shape]) => [name, tensorOf(kernel!.arrays[group].get(name)!, shape)]))
    this.#current = kernel ? { weight: owned('weight'), first: owned('first'), second: owned('second') } : buffers()
    this.#spare = kernel ? { weight: owned('gradient'), first: {}, second: {} } : buffers()
    for (const [name, array] of weights) this.arrayOf('weight', name).set(array.data)
  }

  /** Memory of one tensor for each weight. */
  get setBytes(): number {
    return [...this.shapes.values()].reduce((total, shape) => total + 4 * sizeOf(shape), 0)
  }

  /** Memory of everything here. */
  get residentBytes(): number {
    return (this.kernel ? 4 : 6) * this.setBytes
  }

  /** One more tensor of zeros for each weight. */
  zeros(): NamedTensors {
    return Object.fromEntries([...this.shapes].map(([name, shape]) => [name, tensorOf(new Float32Array(sizeOf(shape)), shape)]))
  }

  /** What the next step reads; valid until `swap`. */
  get current(): Buffers { return this.#current }

  /** What the next step writes: with a kernel the gradients (as `weight`). Its content means nothing before that. */
  get spare(): Buffers { return this.#spare }

  /** Makes what a step wrote current. */
  swap(): void {
    [this.#current, this.#spare] = [this.#spare, this.#current]
  }

  /** The live array of one weight or moment; valid until the next step. */
  arrayOf(group: BufferGroup, name: string): Float32Array {
    const tensor = this.#current[group][name]
    if (!tensor) throw new Error(`Expected a weight named “${name}”; the model has none.`)
    return tensor.data as Float32Array
  }

  #copies(group: BufferGroup, prefix: string): WeightMap {
    return new Map([...this.shapes].map(([name, shape]) => [prefix + name, { shape, data: Float32Array.from(this.arrayOf(group, name)) }]))
  }

  exportWeights(): WeightMap { return this.#copies('weight', '') }

  /** Both moments as `first.NAME` and `second.NAME`. */
  exportMoments(): WeightMap { return new Map([...this.#copies('first', 'first.'), ...this.#copies('second', 'second.')]) }

  importMoments(moments: WeightMap): void {
    for (const group of ['first', 'second'] as const) {
      for (const name of this.shapes.keys()) {
        const array = moments.get(`${group}.${name}`)
        if (!array) throw new Error(`Expected the optimizer moment “${group}.${name}”; the resume state has none.`)
        this.arrayOf(group, name).set(array.data)
      }
    }
  }
}
