// Settings of the person, shared by all projects: `settings.json` in the data folder.
import { readFileSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { settingsSchema, type Settings } from '../../../shared/contract/studio'
import type { DeviceChoice } from '../compute/thread/protocol'
import { replaceFile } from '../compute/weights/replaceFile'
import type { ChangeBus } from './changes'

export class SettingsService {
  readonly #path: string
  readonly #changes: ChangeBus
  #settings: Settings
  /** A file that could not be understood is kept under another name before it is written over. */
  #isBroken = false
  #lastWrite: Promise<void> = Promise.resolve()

  constructor(dataDir: string, changes: ChangeBus) {
    this.#path = join(dataDir, 'settings.json')
    this.#changes = changes
    this.#settings = this.#read()
  }

  get(): Settings {
    return this.#settings
  }

  /** What every call of the compute thread is told. */
  getDevice(): DeviceChoice {
    const { deviceId, threadCount } = this.#settings
    return { deviceId, threadCount }
  }

  /** Resolves when the file is written; writes follow each other. */
  async set(change: Partial<Settings>): Promise<Settings> {
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
    this.#settings = settingsSchema.parse({ ...this.#settings, ...given })
    const text = `${JSON.stringify(this.#settings, null, 2)}\n`
    this.#lastWrite = this.#lastWrite.catch(() => undefined).then(() => this.#write(text))
    await this.#lastWrite
    this.#changes.publish({ topic: 'settings' })
    return this.#settings
  }

  #read(): Settings {
    let text: string
    try {
      text = readFileSync(this.#path, 'utf8')
    } catch {
      return settingsSchema.parse({})
    }
    try {
      return settingsSchema.parse(JSON.parse(text))
    } catch {
      this.#isBroken = true
      return settingsSchema.parse({})
    }
  }

  async #write(text: string): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true })
    if (this.#isBroken) await rename(this.#path, `${this.#path}.broken`)
    this.#isBroken = false
    await replaceFile(this.#path, file => file.writeFile(text))
  }
}
