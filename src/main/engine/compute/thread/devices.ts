// The devices of this machine, and which one a call means. The graphics card is tried once in the life of the process.
import { availableParallelism, cpus, totalmem } from 'node:os'
import { AppError } from '../../../../shared/errors'
import { describeGpu } from '../device/gpuFacts'
import { probeWebgpu, type ProbeResult } from '../device/gpuProbe'
import type { DeviceOptions } from '../graph/session'
import { tensorflowDevices } from '../tensorflow/device'
import type { DeviceChoice, FoundDevice } from './protocol'

function processor(): FoundDevice {
  const model = cpus()[0]?.model.trim() || 'Processor'
  const cores = availableParallelism()
  return { id: 'cpu', name: `${model}, ${cores} ${cores === 1 ? 'core' : 'cores'}`, kind: 'cpu', isUsable: true, reason: null, memoryBytes: totalmem() }
}

async function graphicsCard(probe: () => Promise<ProbeResult>): Promise<FoundDevice> {
  const result = await probe()
  const facts = result.isUsable ? await describeGpu() : { name: 'Graphics card (WebGPU)', memoryBytes: null }
  return { id: 'webgpu', kind: 'webgpu', ...facts, ...result }
}

export interface DeviceList {
  /** The processor first: it is the one that always works. */
  list(): Promise<FoundDevice[]>
  /** @throws AppError 'bad-input' for a device that is not there or does not work */
  choose(choice: DeviceChoice): Promise<DeviceOptions>
}

export function createDeviceList(probe: () => Promise<ProbeResult> = probeWebgpu, linked: () => FoundDevice[] = tensorflowDevices): DeviceList {
  let card: Promise<FoundDevice> | null = null
  const list = async (): Promise<FoundDevice[]> => [processor(), await (card ??= graphicsCard(probe)), ...linked()]
  return {
    list,
    async choose({ deviceId, threadCount }) {
      // Nothing is tried for the device that needs no trying.
      if (deviceId === null || deviceId === 'cpu') return { deviceId: 'cpu', threadCount }
      const devices = await list()
      const chosen = devices.find(({ id }) => id === deviceId)
      if (chosen?.isUsable) return { deviceId, threadCount }
      const usable = devices.filter(({ isUsable }) => isUsable).map(({ id }) => id).join(', ')
      throw new AppError('bad-input', `There is no usable device “${deviceId}”; there is ${usable}.${chosen?.reason ? ` ${chosen.reason}` : ''}`, 'Choose another device in the settings.')
    },
  }
}

const devices = createDeviceList()
export const listDevices = (): Promise<FoundDevice[]> => devices.list()
export const chooseDevice = (choice: DeviceChoice): Promise<DeviceOptions> => devices.choose(choice)
