// Where the hub is and how to sign in: `hub.json` in the data folder, readable by its owner only, or the environment
// variables that other tools of the hub use. The token is given to the hub and to nobody else, the page included.
import { chmod, mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { Hub } from '../../../shared/contract/models'
import { AppError } from '../../../shared/errors'
import { replaceFile } from '../compute/weights/replaceFile'
import { parseEndpoint, publicEndpoint, type HubAccess } from '../hub/hubRequest'

const savedSchema = z.object({ endpoint: z.string().nullable().default(null), token: z.string().nullable().default(null) })
type Saved = z.infer<typeof savedSchema>

/** Printable, so that it can stand in a header. */
const tokenForm = /^[\x21-\x7e]{1,300}$/

export class HubSettings {
  readonly #path: string
  readonly #environment: NodeJS.ProcessEnv

  constructor(dataDir: string, environment: NodeJS.ProcessEnv = process.env) {
    this.#path = join(dataDir, 'hub.json')
    this.#environment = environment
  }

  /** @throws AppError 'bad-input' where the environment names no usable endpoint */
  async access(): Promise<HubAccess> {
    const saved = await this.#read()
    const endpoint = saved.endpoint ?? this.#environment['HF_ENDPOINT']
    return { endpoint: endpoint ? parseEndpoint(endpoint) : publicEndpoint, token: saved.token ?? this.#environment['HF_TOKEN'] ?? null }
  }

  async get(): Promise<Hub> {
    const [saved, { endpoint, token }] = await Promise.all([this.#read(), this.access()])
    return { endpoint, hasToken: token !== null, tokenSource: saved.token !== null ? 'saved' : token !== null ? 'environment' : null }
  }

  /** @throws AppError 'bad-input' */
  async set(change: { endpoint?: string | null | undefined; token?: string | null | undefined }): Promise<Hub> {
    const saved = await this.#read()
    if (change.endpoint !== undefined) saved.endpoint = change.endpoint === null ? null : parseEndpoint(change.endpoint)
    if (change.token !== undefined) {
      if (change.token !== null && !tokenForm.test(change.token)) throw new AppError('bad-input', 'That is not a token.', 'Copy it from the settings page of your account on the hub; it starts with hf_.')
      saved.token = change.token
    }
    await mkdir(dirname(this.#path), { recursive: true })
    await replaceFile(this.#path, async (file) => {
      await file.chmod(0o600)
      await file.writeFile(`${JSON.stringify(saved, null, 2)}\n`)
    })
    await chmod(this.#path, 0o600)
    return this.get()
  }

  async #read(): Promise<Saved> {
    try {
      return savedSchema.parse(JSON.parse(await readFile(this.#path, 'utf8')))
    } catch {
      return savedSchema.parse({})
    }
  }
}
