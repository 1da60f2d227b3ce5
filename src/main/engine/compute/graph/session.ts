// One ONNX Runtime session on a device, and what goes wrong on it in words of our own.
import * as ort from 'onnxruntime-node'
import { AppError } from '../../../../shared/errors'
import type { Graph } from './graphTypes'
import { writeOnnx } from './onnxWriter'

export interface DeviceOptions {
  /** `cpu`, or `webgpu` for ONNX Runtime's WebGPU provider. */
  deviceId: string
  /** Null uses every core. */
  threadCount: number | null
  /** Start of the names of files in which ONNX Runtime writes the time of each node; for measuring only. */
  profilePrefix?: string
}

export const cpuDevice: DeviceOptions = { deviceId: 'cpu', threadCount: null }
export const isGpu = ({ deviceId }: Pick<DeviceOptions, 'deviceId'>): boolean => deviceId === 'webgpu'

/**
 * How long a thread without work keeps its core before it sleeps. Longer than a gap between two operators; with what ONNX Runtime
 * does by default a nano step took half as much processor time again beside other programs, and no less time.
 */
const spinDurationUs = '100'

export interface Session {
  /** `into` gives tensors whose memory an output may reuse. Errors: 'device-failed', 'out-of-memory'. */
  run(feeds: Record<string, ort.Tensor>, into?: Record<string, ort.Tensor>): Promise<Record<string, ort.Tensor>>
  dispose(): Promise<void>
}

/**
 * @param resident leaves the outputs in the memory of the device, where it has one of its own
 * @throws AppError 'device-failed', 'out-of-memory'
 */
export async function openSession(graph: Graph, device: DeviceOptions, resident = false): Promise<Session> {
  const session = await guarded(device, () => ort.InferenceSession.create(writeOnnx(graph), {
    executionProviders: isGpu(device) ? ['webgpu', 'cpu'] : ['cpu'],
    graphOptimizationLevel: 'all',
    // The plan lays all values of a run into one block, which is then fresh memory to the system on every run.
    enableMemPattern: false,
    intraOpNumThreads: device.threadCount ?? 0,
    extra: {
      // It would undo what `transposedMatMul` (layers.ts) writes on purpose.
      optimization: { disable_specified_optimizers: 'MatmulTransposeFusion' },
      session: { intra_op: { spin_duration_us: spinDurationUs } },
    },
    ...(device.profilePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: device.profilePrefix }),
    ...(resident && isGpu(device) ? { preferredOutputLocation: 'gpu-buffer' as const } : {}),
    // Warnings of the session say nothing that a person could act on.
    logSeverityLevel: 3,
  }))
  return {
    run: (feeds, into) => guarded(device, async () => (into ? await session.run(feeds, into) : await session.run(feeds)) as Record<string, ort.Tensor>),
    async dispose() {
      if (device.profilePrefix !== undefined) session.endProfiling()
      await session.release()
    },
  }
}

async function guarded<T>(device: DeviceOptions, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw deviceError(thrown, device)
  }
}

/**
 * How memory that is not there shows itself: the CPU's allocator, a buffer above what the GPU allows, and a buffer that the
 * driver could not get, which Dawn names only when it is used (“Invalid Buffer … due to a previous error”).
 */
const outOfMemory = /alloc|out[ _]of[ _](device_|host_)?memory|exceeds the max buffer size limit|\[Invalid Buffer/i

export function deviceError(thrown: unknown, { deviceId }: Pick<DeviceOptions, 'deviceId'>): AppError {
  if (thrown instanceof AppError) return thrown
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  if (outOfMemory.test(text)) {
    return new AppError('out-of-memory', `The device “${deviceId}” ran out of memory: ${text}`, 'Use a smaller batch, or close other programs.', { cause: thrown })
  }
  return new AppError('device-failed', `The device “${deviceId}” failed: ${text}`, 'Try again, or choose another device in Settings.', { cause: thrown })
}
