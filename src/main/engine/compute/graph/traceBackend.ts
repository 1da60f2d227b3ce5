// A tfjs backend that computes nothing: it remembers which graph value stands behind each tensor, and every kernel that
// runs on it (traceKernels.ts) adds nodes to the graph under construction.
import * as tf from '@tensorflow/tfjs-core'
import { GraphBuilder } from './graphBuilder'
import type { ValueType } from './graphTypes'
import { traceBackendName } from './onnxKernel'

type DataId = object

/** Which operators a graph may use: all that ONNX Runtime computes on the CPU, or only those of its WebGPU provider too. */
export type OperatorSet = 'cpu' | 'webgpu'

interface Recorded {
  shape: number[]
  dtype: tf.DataType
  /** Name of the value in the graph; null for a constant that no kernel has used yet. */
  name: string | null
  values: ArrayLike<number> | null
}

export function valueType(dtype: tf.DataType): ValueType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype
  throw new Error(`Expected a float32, int32 or bool tensor while tracing; got ${dtype}.`)
}

export class TraceBackend extends tf.KernelBackend {
  builder = new GraphBuilder()
  operators: OperatorSet = 'cpu'
  private recorded = new WeakMap<DataId, Recorded>()
  private count = 0

  begin(operators: OperatorSet): GraphBuilder {
    this.builder = new GraphBuilder()
    this.operators = operators
    this.recorded = new WeakMap()
    this.count = 0
    return this.builder
  }

  /** Registers a graph value as a tensor's data. */
  record(name: string, shape: number[], dtype: tf.DataType): tf.TensorInfo {
    const dataId = {}
    this.recorded.set(dataId, { shape, dtype, name, values: null })
    this.count += 1
    return { dataId, shape, dtype }
  }

  /** Graph name of a tensor; a constant is stored in the graph when it is first used. */
  nameOf(info: tf.TensorInfo): string {
    const entry = this.recorded.get(info.dataId)
    if (!entry) throw new Error('Expected a tensor made during this trace; got one from before. Pass it as an input.')
    if (entry.name === null) {
      const values = entry.values ?? []
      const type = valueType(entry.dtype)
      const data = type === 'float32' ? Float32Array.from(values) : type === 'int32' ? Int32Array.from(values) : Uint8Array.from(values)
      entry.name = this.builder.constant(data, entry.shape, type)
    }
    return entry.name
  }

  /** Values of a constant; null for anything computed. */
  constantValues(info: tf.TensorInfo): ArrayLike<number> | null {
    return this.recorded.get(info.dataId)?.values ?? null
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): DataId {
    const dataId = {}
    this.recorded.set(dataId, { shape, dtype, name: null, values: values as unknown as ArrayLike<number> })
    this.count += 1
    return dataId
  }

  override move(dataId: DataId, values: tf.BackendValues, shape: number[], dtype: tf.DataType): void {
    this.recorded.set(dataId, { shape, dtype, name: null, values: values as unknown as ArrayLike<number> })
  }

  override readSync(dataId: DataId): tf.BackendValues {
    const values = this.recorded.get(dataId)?.values
    if (!values) throw new Error('A traced function must not read tensor values: they do not exist until the graph runs.')
    return values as unknown as tf.BackendValues
  }

  override async read(dataId: DataId): Promise<tf.BackendValues> { return this.readSync(dataId) }
  override numDataIds(): number { return this.count }
  override disposeData(): boolean { return true }
  override refCount(): number { return 1 }
  override incRef(): void {}
  decRef(): void {}
  override memory(): { unreliable: boolean } { return { unreliable: true } }
  override floatPrecision(): 16 | 32 { return 32 }
  override epsilon(): number { return 1e-7 }
  override timerAvailable(): boolean { return false }
  override dispose(): void {}
}

tf.registerBackend(traceBackendName, () => new TraceBackend(), 0)
