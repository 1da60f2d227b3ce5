// Version, host, device and memory for the status bar, asked for at a slow beat.
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { StudioStatus } from '@shared/contract/studio'
import { useApi } from '@renderer/api/api'

const beatMs = 5000

export const useStatusStore = defineStore('status', () => {
  const api = useApi()
  const status = shallowRef<StudioStatus | null>(null)
  let timer: ReturnType<typeof setInterval> | null = null

  async function load(): Promise<void> {
    try {
      status.value = await api.studio.getStatus({})
    } catch {
      // The connection state already says that the engine is away.
    }
  }

  function start(): void {
    timer ??= setInterval(() => void load(), beatMs)
    void load()
  }

  function stop(): void {
    if (timer) clearInterval(timer)
    timer = null
  }

  /** A run names its device by id; the device in use now has a name for people. */
  const nameOfDevice = (deviceId: string): string => (status.value?.device.id === deviceId ? status.value.device.name : deviceId || '–')

  return { status, nameOfDevice, load, start, stop }
})
