// Devices through the contract: listed with memory, measured only on request and in a job, and the fastest is used.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AppError } from '../../src/shared/errors'
import { openColourProject, type ColourProject } from '../helpers/colourProject'

let project: ColourProject
const twoDevices = () => {
  project.compute.devices = [
    { id: 'cpu', name: 'Test CPU', kind: 'cpu', isUsable: true, reason: null, memoryBytes: 8 * 2 ** 30 },
    { id: 'webgpu:0', name: 'Test GPU', kind: 'webgpu', isUsable: true, reason: null, memoryBytes: null },
    { id: 'cuda:0', name: 'CUDA', kind: 'cuda', isUsable: false, reason: 'Not installed.', memoryBytes: null },
  ]
  project.compute.gradientMs = (deviceId) => (deviceId === 'webgpu:0' ? 3 : 30)
}
beforeEach(async () => {
  project = await openColourProject()
  twoDevices()
})
afterEach(() => project.dispose())

const list = () => project.client.devices.list({})
const measure = async () => project.waitForJob((await project.client.devices.measure({})).jobId)
const mine = async () => project.waitForJob((await project.client.negatives.mine({ perPair: 2 })).jobId)
const lastDevice = () => project.compute.lastRequest('mine').device.deviceId

describe('devices', () => {
  it('are listed with their memory, without being measured', async () => {
    expect((await list()).map(({ id, memoryBytes, samplesPerSecond, isFastest }) => ({ id, memoryBytes, samplesPerSecond, isFastest }))).toEqual([
      { id: 'cpu', memoryBytes: 8 * 2 ** 30, samplesPerSecond: null, isFastest: true },
      { id: 'webgpu:0', memoryBytes: null, samplesPerSecond: null, isFastest: false },
      { id: 'cuda:0', memoryBytes: null, samplesPerSecond: null, isFastest: false },
    ])
    expect(project.compute.countOf('measureStep')).toBe(0)
  })

  it('are measured in a job, and the fastest is then used while the settings leave it open', async () => {
    await mine()
    expect(lastDevice()).toBeNull()
    const job = await measure()
    expect(job).toMatchObject({ kind: 'measure', state: 'done', title: 'Measure devices with Nano FuseLIP', done: 2, total: 2 })
    // 64 pairs in one piece: 32 times the measured two pairs, and an update.
    expect(job.summary).toBe(`Test CPU ${(64_000 / (32 * 30 + 5)).toFixed(1)} pairs/s, Test GPU ${(64_000 / (32 * 3 + 5)).toFixed(1)} pairs/s`)
    const devices = await list()
    expect(devices.map(({ isFastest }) => isFastest)).toEqual([false, true, false])
    expect(devices[1]!.samplesPerSecond).toBeCloseTo(64_000 / 101, 6)
    expect(devices[2]!.samplesPerSecond).toBeNull()
    await mine()
    expect(lastDevice()).toBe('webgpu:0')
    await project.client.settings.set({ deviceId: 'cpu' })
    await mine()
    expect(lastDevice()).toBe('cpu')
  })

  it('keep their speed over a restart, for the same model and number of threads', async () => {
    await measure()
    await project.reopen()
    twoDevices()
    expect((await list()).map(({ samplesPerSecond }) => samplesPerSecond !== null)).toEqual([true, true, false])
    await project.client.settings.set({ threadCount: 1 })
    expect((await list()).map(({ samplesPerSecond }) => samplesPerSecond)).toEqual([null, null, null])
    expect(project.compute.countOf('measureStep')).toBe(0)
    await project.reopen(() => writeFileSync(join(project.dir, 'data', 'deviceSpeeds.json'), 'no JSON'))
    twoDevices()
    expect((await list())[0]!.samplesPerSecond).toBeNull()
  })

  it('that fail are named in the log, and the others are measured all the same', async () => {
    project.compute.gradientMs = (deviceId) => {
      if (deviceId === 'webgpu:0') throw new AppError('device-failed', 'The driver fell over.')
      return 30
    }
    const job = await measure()
    expect(job.state).toBe('done')
    expect((await project.client.jobs.listLog({ jobId: job.id })).map(({ line }) => line)).toContain('Test GPU: The driver fell over.')
    expect((await list()).map(({ isFastest }) => isFastest)).toEqual([true, false, false])
    project.compute.gradientMs = () => { throw new AppError('out-of-memory', 'Too small.') }
    expect(await measure()).toMatchObject({ state: 'failed', error: { code: 'device-failed' } })
  })
})
