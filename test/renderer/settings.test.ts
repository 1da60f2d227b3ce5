// The devices in the settings: what is known of each, which one is chosen, and how their speed is measured.
import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ListedDevice } from '@shared/contract/studio'
import { AppError } from '@shared/errors'
import SettingsView from '@renderer/views/settings/SettingsView.vue'
import { createFakeApi, type FakeApi } from './helpers/fakeApi'
import { mountView } from './helpers/mountView'

let fake: FakeApi
let wrapper: VueWrapper
let devices: ListedDevice[]
const radios = () => wrapper.findAll('[aria-label="Device"] [role="radio"]')
const show = async (): Promise<void> => { ({ wrapper } = await mountView(SettingsView, fake)) }

beforeEach(() => {
  localStorage.clear()
  fake = createFakeApi()
  devices = [
    { id: 'cpu', name: 'Test CPU', kind: 'cpu', isUsable: true, reason: null, memoryBytes: 8e9, samplesPerSecond: 4.25, isFastest: false },
    { id: 'webgpu', name: 'Test GPU', kind: 'webgpu', isUsable: true, reason: null, memoryBytes: null, samplesPerSecond: null, isFastest: false },
    { id: 'cuda', name: 'CUDA', kind: 'cuda', isUsable: false, reason: 'Not installed.', memoryBytes: null, samplesPerSecond: null, isFastest: false },
  ]
  fake.answer('devices.list', () => devices)
})
afterEach(() => wrapper?.unmount())

describe('devices', () => {
  it('are listed with memory and speed where known, and with the reason where they cannot be used', async () => {
    await show()
    await vi.waitFor(() => expect(radios()).toHaveLength(4))
    const texts = radios().map((radio) => radio.text())
    expect(texts[1]).toContain('8.0 GB · 4.3 pairs/s')
    expect(texts[2]).toMatch(/^Test GPU$/)
    expect(texts[3]).toContain('Not installed.')
    expect(radios()[3]!.attributes('disabled')).toBeDefined()
    await radios()[2]!.trigger('click')
    expect(fake.calls.findLast((call) => call.name === 'settings.set')?.input).toEqual({ deviceId: 'webgpu' })
  })

  it('are measured on request, and read again when that has ended', async () => {
    let jobs = 0
    fake.answer('devices.measure', () => ({ jobId: (jobs += 1) && fake.studio.jobs[0]?.id }))
    await show()
    await vi.waitFor(() => expect(radios()).toHaveLength(4))
    await wrapper.findAll('button').find((button) => button.text() === 'Measure speed')!.trigger('click')
    await vi.waitFor(() => expect(jobs).toBe(1))
    devices = devices.map((device) => (device.id === 'webgpu' ? { ...device, samplesPerSecond: 512.4 } : device))
    fake.emit({ topic: 'settings' })
    await vi.waitFor(() => expect(radios()[2]!.text()).toContain('512 pairs/s'))
  })

  it('that cannot be listed say why', async () => {
    fake.failNext('devices.list', new AppError('device-failed', 'The compute thread ended.', 'Try again.'))
    await show()
    await vi.waitFor(() => expect(wrapper.find('[role="alert"]').text()).toBe('The compute thread ended. Try again.'))
  })
})
