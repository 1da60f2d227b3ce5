// Devices that could run the model, and the one in use. The list is asked for once: probing a graphics card takes long.
import type { Device, Settings } from '../../../shared/contract/studio'
import type { Compute } from '../compute/thread/client'

/** Shown before the compute thread has answered, and when it cannot. */
const fallbackDevice: Device = { id: 'cpu', name: 'CPU', kind: 'cpu', isUsable: true, reason: null }

export class DevicesService {
  #devices: Promise<Device[]> | null = null
  #known: Device[] = [fallbackDevice]

  constructor(private readonly compute: Compute, private readonly getSettings: () => Settings) {}

  /** @throws AppError of the compute thread; the next call asks again */
  list(): Promise<Device[]> {
    this.#devices ??= this.compute.call('listDevices', {}).then((devices) => {
      this.#known = devices
      return devices
    }, (thrown: unknown) => {
      this.#devices = null
      throw thrown
    })
    return this.#devices
  }

  /** The chosen device, else the first usable one. Answers at once, from what is known so far. */
  getCurrent(): Device {
    const usable = this.#known.filter((device) => device.isUsable)
    return usable.find((device) => device.id === this.getSettings().deviceId) ?? usable[0] ?? fallbackDevice
  }
}
