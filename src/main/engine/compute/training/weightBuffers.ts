// Weights and both moments of AdamW as ONNX Runtime tensors that stay between steps, on a GPU in its own memory, so that no
// step allocates or moves them. With a kernel (adamwKernel.ts) there is one set and room for gradients, and the update is in
// place. Without, two sets take turns: a step reads one and writes the other. Either way a step that is given up changes nothing.
import * as ort from 'onnxruntime-node'
import { createResidentArrays, type NamedTensors, type ResidentArrays } from '../graph/residentArrays'
import type { DeviceOptions } from '../graph/session'
import type { NamedArray, WeightMap } from '../weights/namedArray'
import type { AdamwKernel, KernelGroup } from './adamwKernel'

export const bufferGroups = ['weight', 'first', 'second'] as const
export type BufferGroup = (typeof bufferGroups)[number]
export type { NamedTensors } from '../graph/residentArrays'
type Buffers = Record<BufferGroup, NamedTensors>
type Shapes = ReadonlyMap<string, number[]>

export const tensorOf = (data: Float32Array, shape: readonly number[]): ort.Tensor => new ort.Tensor('float32', data, shape)
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1)

function* zerosOf(shapes: Shapes): Generator<[string, NamedArray]> {
  for (const [name, shape] of shapes) yield [name, { shape, data: new Float32Array(sizeOf(shape)) }]
}

function* copiesOf(weights: WeightMap): Generator<[string, NamedArray]> {
  for (const [name, { shape, data }] of weights) yield [name, { shape, data: Float32Array.from(data) }]
}

export class WeightBuffers {
  #current: Buffers
  #spare: Buffers

  private constructor(
    /** Shape of each weight by its published name. */
    readonly shapes: Shapes, readonly kernel: AdamwKernel | null, private readonly memory: ResidentArrays, current: Buffers, spare: Buffers,
  ) {
    this.#current = current
    this.#spare = spare
  }

  /**
   * @param weights copied
   * @throws AppError 'out-of-memory', 'device-failed'
   */
  static async create(weights: WeightMap, device: DeviceOptions, kernel: AdamwKernel | null = null): Promise<WeightBuffers> {
    const shapes = new Map([...weights].map(([name, { shape }]) => [name, [...shape]]))
    const memory = createResidentArrays(device)
    if (kernel) {
      const owned = (group: KernelGroup): NamedTensors =>
        Object.fromEntries([...shapes].map(([name, shape]) => [name, tensorOf(kernel.arrays[group].get(name)!, shape)]))
      for (const [name, { data }] of weights) kernel.arrays.weight.get(name)!.set(data)
      return new WeightBuffers(shapes, kernel, memory, { weight: owned('weight'), first: owned('first'), second: owned('second') }, { weight: owned('gradient'), first: {}, second: {} })
    }
    const placed: NamedTensors[] = []
    const place = async (arrays: Iterable<[string, NamedArray]>): Promise<NamedTensors> => {
      placed.push(await memory.place(arrays))
      return placed.at(-1)!
    }
    try {
      const current = { weight: await place(copiesOf(weights)), first: await place(zerosOf(shapes)), second: await place(zerosOf(shapes)) }
      const spare = { weight: await place(zerosOf(shapes)), first: await place(zerosOf(shapes)), second: await place(zerosOf(shapes)) }
      return new WeightBuffers(shapes, null, memory, current, spare)
    } catch (thrown) {
      for (const tensors of placed) memory.release(tensors)
      throw thrown
    }
  }

  /** Memory of one tensor for each weight. */
  get setBytes(): number {
    return [...this.shapes.values()].reduce((total, shape) => total + 4 * sizeOf(shape), 0)
  }

  /** Memory of everything here. */
  get residentBytes(): number {
    return (this.kernel ? 4 : 6) * this.setBytes
  }

  /** One more tensor of zeros for each weight; to be given back with `release`. */
  zeros(): Promise<NamedTensors> { return this.memory.place(zerosOf(this.shapes)) }

  clear(tensor: ort.Tensor): Promise<void> { return this.memory.clear(tensor) }

  setScalar(tensor: ort.Tensor, value: number): Promise<void> { return this.memory.write(tensor, Float32Array.of(value)) }

  release(tensors: NamedTensors): void { this.memory.release(tensors) }

  /** What the next step reads; valid until `swap`. */
  get current(): Buffers { return this.#current }

  /** What the next step writes: with a kernel the gradients (as `weight`). Its content means nothing before that. */
  get spare(): Buffers { return this.#spare }

  /** Makes what a step wrote current. */
  swap(): void {
    [this.#current, this.#spare] = [this.#spare, this.#current]
  }

  #tensor(group: BufferGroup, name: string): ort.Tensor {
    const tensor = this.#current[group][name]
    if (!tensor) throw new Error(`Expected a weight named “${name}”; the model has none.`)
    return tensor
  }

  /** The live array of one weight or moment, on the CPU only; valid until the next step. */
  arrayOf(group: BufferGroup, name: string): Float32Array {
    return this.#tensor(group, name).data as Float32Array
  }

  /** The values of one weight or moment, from wherever they are. Not to be changed. */
  read(group: BufferGroup, name: string): Promise<Float32Array> {
    return this.memory.read(this.#tensor(group, name))
  }

  async #copies(group: BufferGroup, prefix: string): Promise<WeightMap> {
    const copies: WeightMap = new Map()
    for (const [name, shape] of this.shapes) copies.set(prefix + name, { shape, data: Float32Array.from(await this.read(group, name)) })
    return copies
  }

  exportWeights(): Promise<WeightMap> { return this.#copies('weight', '') }

  /** Both moments as `first.NAME` and `second.NAME`. */
  async exportMoments(): Promise<WeightMap> { return new Map([...await this.#copies('first', 'first.'), ...await this.#copies('second', 'second.')]) }

  async importMoments(moments: WeightMap): Promise<void> {
    for (const group of ['first', 'second'] as const) {
      for (const name of this.shapes.keys()) {
        const array = moments.get(`${group}.${name}`)
        if (!array) throw new Error(`Expected the optimizer moment “${group}.${name}”; the resume state has none.`)
        await this.memory.write(this.#tensor(group, name), array.data)
      }
    }
  }

  async dispose(): Promise<void> {
    for (const buffers of [this.#current, this.#spare]) for (const group of bufferGroups) this.memory.release(buffers[group])
    await this.memory.dispose()
  }
}
