// Devices that could run the model, and the one in use. The list is asked for once: probing a graphics card takes long.
import type { Device, Settings } from '../../../shared/contract/studio'
import type { Compute } from '../compute/thread/client'
import type { FoundDevice } from '../compute/thread/protocol'

/** Shown before the compute thread has answered, and when it cannot. */
const fallbackDevice: Device = { id: 'cpu', name: 'CPU', kind: 'cpu', isUsable: true, reason: null }

export class DevicesService {
  #devices: Promise<FoundDevice[]> | null = null
  #known: Device[] = [fallbackDevice]

  constructor(private readonly compute: Compute, private readonly getSettings: () => Settings) {}

  /** @throws AppError of the compute thread; the next call asks again */
  list(): Promise<FoundDevice[]> {
    this.#devices ??= this.compute.call('listDevices', {}).then((devices) => {
      this.#known = devices.map(({ memoryBytes: _memoryBytes, ...device }) => device)
      return devices
    }, (thrown: unknown) => {
      this.#devices = null
      throw thrown
    })
    return this.#devices
  }

  /** The chosen device, else the one that was measured to be the fastest, else the first usable one. Answers at once. */
  getCurrent(fastestId: string | null = null): Device {
    const usable = this.#known.filter((device) => device.isUsable)
    const withId = (id: string | null): Device | undefined => usable.find((device) => device.id === id)
    return withId(this.getSettings().deviceId) ?? withId(fastestId) ?? usable[0] ?? fallbackDevice
  }
}
