// Turns a tfjs function into an ONNX Runtime session: traced once, run many times. `run` takes and gives plain arrays or
// ONNX Runtime tensors, so that weights can stay where they are between calls.
import * as ort from 'onnxruntime-node'
import { AppError } from '../../../../shared/errors'
import { eagerFunction } from '../tensorflow/eagerFunction'
import { tensorflowDeviceId } from '../tensorflow/link'
import type { ValueInfo } from './graphTypes'
import { cpuDevice, isGpu, openSession, type DeviceOptions } from './session'
import { traceFunction } from './traceFunction'
import type { TensorFunction, TensorSpec } from './traceFunction'

export { cpuDevice, type DeviceOptions } from './session'

export type Feed = Float32Array | Int32Array | ort.Tensor

export interface CompiledFunction {
  readonly inputs: ValueInfo[]
  readonly outputs: ValueInfo[]
  /** `into` gives tensors whose memory an output may reuse. Errors: 'device-failed', 'out-of-memory'. */
  run(feeds: Record<string, Feed>, into?: Record<string, ort.Tensor>): Promise<Record<string, ort.Tensor>>
  dispose(): Promise<void>
}

export async function compileFunction(specs: Record<string, TensorSpec>, body: TensorFunction, device: DeviceOptions = cpuDevice): Promise<CompiledFunction> {
  if (device.deviceId === tensorflowDeviceId) return eagerFunction(specs, body, device)
  const graph = traceFunction(specs, body, isGpu(device) ? 'webgpu' : 'cpu')
  const session = await openSession(graph, device)
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
      return session.run(tensors, into)
    },
    dispose: () => session.dispose(),
  }
}

function tensorOf(data: Float32Array | Int32Array, info: ValueInfo): ort.Tensor {
  const size = info.shape.reduce((product, length) => product * length, 1)
  if (data.length !== size) {
    throw new AppError('internal', `Expected ${size} values of shape [${info.shape.join(', ')}] for “${info.name}”; got ${data.length}.`)
  }
  return data instanceof Float32Array ? new ort.Tensor('float32', data, info.shape) : new ort.Tensor('int32', data, info.shape)
}
