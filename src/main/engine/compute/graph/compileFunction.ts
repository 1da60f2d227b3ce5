// Turns a tfjs function into an ONNX Runtime session: traced once, run many times. `run` takes and gives plain arrays or
// ONNX Runtime tensors, so that weights can stay where they are between calls.
import * as ort from 'onnxruntime-node'
import { AppError } from '../../../../shared/errors'
import type { ValueInfo } from './graphTypes'
import { writeOnnx } from './onnxWriter'
import { traceFunction } from './traceFunction'
import type { TensorFunction, TensorSpec } from './traceFunction'

export interface DeviceOptions {
  /** `cpu`, or `webgpu` for ONNX Runtime's WebGPU provider. */
  deviceId: string
  /** Null uses every core. */
  threadCount: number | null
  /** Start of the names of files in which ONNX Runtime writes the time of each node; for measuring only. */
  profilePrefix?: string
}

export const cpuDevice: DeviceOptions = { deviceId: 'cpu', threadCount: null }

export type Feed = Float32Array | Int32Array | ort.Tensor

export interface CompiledFunction {
  readonly inputs: ValueInfo[]
  readonly outputs: ValueInfo[]
  /** `into` gives tensors whose memory an output may reuse. Errors: 'device-failed', 'out-of-memory'. */
  run(feeds: Record<string, Feed>, into?: Record<string, ort.Tensor>): Promise<Record<string, ort.Tensor>>
  dispose(): Promise<void>
}

export async function compileFunction(specs: Record<string, TensorSpec>, body: TensorFunction, device: DeviceOptions = cpuDevice): Promise<CompiledFunction> {
  const graph = traceFunction(specs, body, device.deviceId === 'webgpu' ? 'webgpu' : 'cpu')
  const session = await ort.InferenceSession.create(writeOnnx(graph), {
    executionProviders: device.deviceId === 'webgpu' ? ['webgpu', 'cpu'] : ['cpu'],
    graphOptimizationLevel: 'all',
    // The plan lays all values of a run into one block, which is then fresh memory to the system on every run.
    enableMemPattern: false,
    intraOpNumThreads: device.threadCount ?? 0,
    ...(device.profilePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: device.profilePrefix }),
    // Warnings of the session say nothing that a person could act on.
    logSeverityLevel: 3,
  })
  const byName = new Map(graph.inputs.map((input) => [input.name, input]))
  return {
    inputs: graph.inputs,
    outputs: graph.outputs,
    async run(feeds, into) {
      const tensors: Record<string, ort.Tensor> = {}
      for (const [name, info] of byName) {
        const feed = feeds[name]
        if (feed === undefined) throw new AppError('internal', `Expected a value for the input “${name}”; none was given.`)
        tensors[name] = feed instanceof Float32Array || feed instanceof Int32Array ? tensorOf(feed, info) : feed
      }
      try {
        return (into ? await session.run(tensors, into) : await session.run(tensors)) as Record<string, ort.Tensor>
      } catch (thrown) {
        throw deviceError(thrown, device)
      }
    },
    async dispose() {
      if (device.profilePrefix !== undefined) session.endProfiling()
      await session.release()
    },
  }
}

function tensorOf(data: Float32Array | Int32Array, info: ValueInfo): ort.Tensor {
  const size = info.shape.reduce((product, length) => product * length, 1)
  if (data.length !== size) {
    throw new AppError('internal', `Expected ${size} values of shape [${info.shape.join(', ')}] for “${info.name}”; got ${data.length}.`)
  }
  return data instanceof Float32Array ? new ort.Tensor('float32', data, info.shape) : new ort.Tensor('int32', data, info.shape)
}

function deviceError(thrown: unknown, device: DeviceOptions): AppError {
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  if (/alloc|out of memory|bad_alloc/i.test(text)) {
    return new AppError('out-of-memory', `The device “${device.deviceId}” ran out of memory: ${text}`, 'Use a smaller batch, or close other programs.', { cause: thrown })
  }
  return new AppError('device-failed', `The device “${device.deviceId}” failed: ${text}`, 'Try again, or choose another device in Settings.', { cause: thrown })
}
