// How fast each device trains the current model: measured in a job when a person asks, kept in the data folder by device,
// number of threads and model, and never measured by listing. While the settings leave the device open, the fastest is used.
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { ListedDevice } from '../../../shared/contract/studio'
import { AppError } from '../../../shared/errors'
import type { Compute } from '../compute/thread/client'
import type { FoundDevice } from '../compute/thread/protocol'
import { planStep } from '../compute/training/planner'
import { replaceFile } from '../compute/weights/replaceFile'
import type { JobContext, JobRunner } from '../jobs/runner'
import type { Store } from '../store/openStore'
import type { ChangeBus } from './changes'
import type { DevicesService } from './devices'
import type { ModelsService, UsableModel } from './models'
import type { SettingsService } from './settings'

export interface DeviceSpeedsDependencies {
  store: Store
  compute: Compute
  jobs: JobRunner
  models: ModelsService
  devices: DevicesService
  settings: SettingsService
  changes: ChangeBus
  dataDir: string
}

/** What a person trains most: a picture on the left, its caption on the right, and the batch of the presets. */
const measuredLeft = [{ hasImage: true, text: null }]
const measuredRight = [{ hasImage: false, text: 'a small red circle above a large blue square and to the left of a green star' }]
const measuredRecipe = { batchSize: 64, maskProbability: 0.1, mmmWeight: 0.25 }

const speedsSchema = z.record(z.string(), z.number().positive())

export class DeviceSpeedsService {
  readonly #path: string
  /** Samples per second by device, threads and model. */
  readonly #speeds: Record<string, number>
  /** As of the last list or measurement, for answers that cannot wait. */
  #fastestId: string | null = null

  constructor(private readonly dependencies: DeviceSpeedsDependencies) {
    this.#path = join(dependencies.dataDir, 'deviceSpeeds.json')
    this.#speeds = readSpeeds(this.#path)
  }

  async list(): Promise<ListedDevice[]> {
    const { devices, models, store } = this.dependencies
    const found = await devices.list()
    // A current model that is gone is no reason to hide the devices.
    const model = await models.resolve(store.project.get().currentModelId).catch(() => null)
    const speeds = found.map((device) => (model === null ? null : (this.#speeds[this.#key(device, model)] ?? null)))
    const best = Math.max(...speeds.map((speed, index) => (found[index]!.isUsable ? (speed ?? 0) : -1)))
    const fastestIndex = found.findIndex((device, index) => device.isUsable && (speeds[index] ?? 0) === best)
    this.#fastestId = found[fastestIndex]?.id ?? null
    return found.map((device, index) => ({ ...device, samplesPerSecond: speeds[index]!, isFastest: index === fastestIndex }))
  }

  /** Null before anything is known. */
  getFastestId(): string | null {
    return this.#fastestId
  }

  async start(): Promise<{ jobId: number }> {
    const { jobs, models, store } = this.dependencies
    const model = await models.resolve(store.project.get().currentModelId)
    return { jobId: jobs.start({ kind: 'measure', title: `Measure devices with ${model.name}` }, (context) => this.#measureAll(model, context)).id }
  }

  async #measureAll(model: UsableModel, context: JobContext): Promise<string> {
    const { devices, changes } = this.dependencies
    const usable = (await devices.list()).filter((device) => device.isUsable)
    context.enterPhase('measuring devices', usable.length)
    const results: string[] = []
    for (const [index, device] of usable.entries()) {
      const speed = await this.#measure(device, model, context)
      if (speed !== null) results.push(`${device.name} ${speed.toFixed(1)} pairs/s`)
      context.report(index + 1)
    }
    await this.list()
    changes.publish({ topic: 'settings' })
    if (!results.length) throw new AppError('device-failed', 'No device could train the model.', 'The log of this job tells why for each device.')
    return results.join(', ')
  }

  /** A device that fails is logged and keeps no speed; the others are still measured. */
  async #measure(device: FoundDevice, model: UsableModel, context: JobContext): Promise<number | null> {
    const { compute, settings } = this.dependencies
    try {
      const measured = await compute.call('measureStep', {
        modelDir: model.dir, recipe: measuredRecipe, left: measuredLeft, right: measuredRight,
        device: { deviceId: device.id, threadCount: settings.getDevice().threadCount },
      }, { signal: context.signal })
      const { samplesPerSecond } = planStep(measured, { batchSize: measuredRecipe.batchSize, microBatchSize: 0, availableBytes: Infinity })
      context.log(`${device.name}: ${samplesPerSecond.toFixed(1)} pairs a second.`)
      await this.#keep(this.#key(device, model), samplesPerSecond)
      return samplesPerSecond
    } catch (thrown) {
      const error = AppError.from(thrown)
      if (error.code === 'cancelled') throw error
      context.log(`${device.name}: ${error.message}`)
      delete this.#speeds[this.#key(device, model)]
      return null
    }
  }

  async #keep(key: string, samplesPerSecond: number): Promise<void> {
    this.#speeds[key] = samplesPerSecond
    const text = `${JSON.stringify(this.#speeds, null, 2)}\n`
    await mkdir(dirname(this.#path), { recursive: true })
    await replaceFile(this.#path, (file) => file.writeFile(text))
  }

  #key(device: FoundDevice, model: UsableModel): string {
    const { threadCount } = this.dependencies.settings.getDevice()
    return [device.id, device.name, threadCount ?? 'all threads', model.cacheId].join(' | ')
  }
}

/** Only a cache: what cannot be read is measured again. */
function readSpeeds(path: string): Record<string, number> {
  try {
    return speedsSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return {}
  }
}
