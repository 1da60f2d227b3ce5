// Weights and both moments of AdamW as ONNX Runtime tensors that stay between steps. Two sets of buffers take turns: a step
// reads one and writes the other, so that no step allocates memory for them and a step that is given up changes nothing.
import * as ort from 'onnxruntime-node'
import type { WeightMap } from '../weights/namedArray'

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
  constructor(weights: WeightMap) {
    this.shapes = new Map([...weights].map(([name, array]) => [name, [...array.shape]]))
    const buffers = (): Buffers => ({ weight: this.zeros(), first: this.zeros(), second: this.zeros() })
    this.#current = buffers()
    this.#spare = buffers()
    for (const [name, array] of weights) this.arrayOf('weight', name).set(array.data)
  }

  /** One more tensor of zeros for each weight. */
  zeros(): NamedTensors {
    return Object.fromEntries([...this.shapes].map(([name, shape]) => [name, tensorOf(new Float32Array(sizeOf(shape)), shape)]))
  }

  /** What the next step reads; valid until `swap`. */
  get current(): Buffers { return this.#current }

  /** What the next step writes. Its content means nothing before that. */
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
