// The devices of this machine, and which one a call means.
import { availableParallelism, cpus, totalmem } from 'node:os'
import { AppError } from '../../../../shared/errors'
import type { DeviceOptions } from '../graph/compileFunction'
import type { DeviceChoice, FoundDevice } from './protocol'

export function listDevices(): FoundDevice[] {
  const model = cpus()[0]?.model.trim() || 'Processor'
  const cores = availableParallelism()
  return [{ id: 'cpu', name: `${model}, ${cores} ${cores === 1 ? 'core' : 'cores'}`, kind: 'cpu', isUsable: true, reason: null, memoryBytes: totalmem() }]
}

/** @throws AppError 'bad-input' for a device that is not there */
export function chooseDevice({ deviceId, threadCount }: DeviceChoice): DeviceOptions {
  const usable = listDevices().filter((device) => device.isUsable)
  const chosen = deviceId === null ? usable[0] : usable.find(({ id }) => id === deviceId)
  if (!chosen) {
    throw new AppError('bad-input', `There is no usable device “${deviceId}”; there is ${usable.map(({ id }) => id).join(', ')}.`, 'Choose another device in the settings.')
  }
  return { deviceId: chosen.id, threadCount }
}
