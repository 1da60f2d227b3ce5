// Arrays that stay in the memory of a device between runs. onnxruntime-node leaves an output on the GPU when asked to, and
// takes it as an input, or as the place of an output, of any other session; but it can neither write nor read one
// (`Tensor.getData` even ends the process), so both are done by graphs that copy. See docs/decisions/weights-on-the-gpu.md.
import * as ort from 'onnxruntime-node'
import { createTensorflowArrays } from '../tensorflow/tensorflowArrays'
import { tensorflowDeviceId } from '../tensorflow/link'
import type { NamedArray } from '../weights/namedArray'
import type { Graph, GraphNode, ValueInfo } from './graphTypes'
import { isGpu, openSession, type DeviceOptions, type Session } from './session'

export type NamedTensors = Record<string, ort.Tensor>

export interface ResidentArrays {
  /** New tensors. On the CPU they share the memory of the arrays. */
  place(arrays: Iterable<readonly [string, NamedArray]>): Promise<NamedTensors>
  read(tensor: ort.Tensor): Promise<Float32Array>
  write(tensor: ort.Tensor, data: Float32Array): Promise<void>
  clear(tensor: ort.Tensor): Promise<void>
  /** Gives the memory of the tensors back; without this a GPU keeps it until the garbage collector happens to run. */
  release(tensors: NamedTensors): void
  dispose(): Promise<void>
}

const hostTensor = ({ data, shape }: NamedArray): ort.Tensor => new ort.Tensor('float32', data, shape)

const onCpu: ResidentArrays = {
  place: (arrays) => Promise.resolve(Object.fromEntries([...arrays].map(([name, array]) => [name, hostTensor(array)]))),
  read: (tensor) => Promise.resolve(tensor.data as Float32Array),
  write: (tensor, data) => Promise.resolve((tensor.data as Float32Array).set(data)),
  clear: (tensor) => Promise.resolve(void (tensor.data as Float32Array).fill(0)),
  release() {},
  dispose: () => Promise.resolve(),
}

/** A value of any shape of one rank. */
const anyShape = (name: string, rank: number, type: ValueInfo['type'] = 'float32'): ValueInfo =>
  ({ name, type, shape: new Array<number>(rank).fill(1), symbols: Array.from({ length: rank }, (_, axis) => `${name}${axis}`) })

const node = (operator: string, inputs: string[]): GraphNode => ({ operator, domain: '', inputs, outputs: ['to'], attributes: {} })

const copyGraph = (rank: number): Graph =>
  ({ nodes: [node('Identity', ['from'])], constants: [], inputs: [anyShape('from', rank)], outputs: [anyShape('to', rank)] })

/** The number is an input, because what is constant would be laid out once more for the whole life of the session. */
const fillGraph = (rank: number): Graph => ({
  nodes: [node('Expand', ['value', 'shape'])], constants: [],
  inputs: [anyShape('value', 0), { name: 'shape', shape: [rank], type: 'int64' }], outputs: [anyShape('to', rank)],
})

class GpuArrays implements ResidentArrays {
  private readonly sessions = new Map<string, Promise<Session>>()

  constructor(private readonly device: DeviceOptions) {}

  private session(kind: 'place' | 'copy' | 'fill', rank: number): Promise<Session> {
    const key = `${kind} ${rank}`
    let found = this.sessions.get(key)
    if (!found) {
      found = openSession(kind === 'fill' ? fillGraph(rank) : copyGraph(rank), { ...this.device, profilePrefix: undefined }, kind === 'place')
      this.sessions.set(key, found)
      found.catch(() => this.sessions.delete(key))
    }
    return found
  }

  async place(arrays: Iterable<readonly [string, NamedArray]>): Promise<NamedTensors> {
    const placed: NamedTensors = {}
    try {
      for (const [name, array] of arrays) {
        const session = await this.session('place', array.shape.length)
        placed[name] = (await session.run({ from: hostTensor(array) }))['to']!
      }
      return placed
    } catch (thrown) {
      this.release(placed)
      throw thrown
    }
  }

  async read(tensor: ort.Tensor): Promise<Float32Array> {
    const session = await this.session('copy', tensor.dims.length)
    return (await session.run({ from: tensor }))['to']!.data as Float32Array
  }

  async write(tensor: ort.Tensor, data: Float32Array): Promise<void> {
    const session = await this.session('copy', tensor.dims.length)
    await session.run({ from: hostTensor({ data, shape: [...tensor.dims] }) }, { to: tensor })
  }

  async clear(tensor: ort.Tensor): Promise<void> {
    const session = await this.session('fill', tensor.dims.length)
    const shape = new ort.Tensor('int64', BigInt64Array.from(tensor.dims, BigInt), [tensor.dims.length])
    await session.run({ value: hostTensor({ data: new Float32Array(1), shape: [] }), shape }, { to: tensor })
  }

  release(tensors: NamedTensors): void {
    for (const tensor of Object.values(tensors)) tensor.dispose()
  }

  async dispose(): Promise<void> {
    const sessions = [...this.sessions.values()]
    this.sessions.clear()
    for (const session of sessions) await (await session).dispose()
  }
}

/** Tensors must be released before this is disposed. */
export function createResidentArrays(device: DeviceOptions): ResidentArrays {
  if (device.deviceId === tensorflowDeviceId) return createTensorflowArrays()
  return isGpu(device) ? new GpuArrays(device) : onCpu
}
