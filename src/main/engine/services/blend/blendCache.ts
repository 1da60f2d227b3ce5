// Measured positions of blends, kept in the project's cache folder. A file belongs to two states of weights and one
// content of a set, so it is never wrong and may be deleted at any time.
import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { taskRecallsSchema, type TaskRecalls } from '../../../../shared/contract/blend'
import { replaceFile } from '../../compute/weights/replaceFile'

const fileSchema = z.object({ version: z.literal(1), points: z.array(z.object({ amount: z.number(), recalls: taskRecallsSchema })) })

export class BlendCache {
  readonly #dir: string

  constructor(projectDir: string) {
    this.#dir = join(projectDir, 'cache', 'blends')
  }

  /** Amount → recall; empty where nothing was measured or the file cannot be read. */
  async read(baseCacheId: string, tunedCacheId: string, fingerprint: string): Promise<Map<number, TaskRecalls>> {
    const text = await readFile(this.#path(baseCacheId, tunedCacheId, fingerprint), 'utf8').catch(() => null)
    try {
      return new Map(text === null ? [] : fileSchema.parse(JSON.parse(text)).points.map(({ amount, recalls }) => [amount, recalls]))
    } catch {
      return new Map()
    }
  }

  async write(baseCacheId: string, tunedCacheId: string, fingerprint: string, points: ReadonlyMap<number, TaskRecalls>): Promise<void> {
    await mkdir(this.#dir, { recursive: true })
    const content = { version: 1, points: [...points].sort(([a], [b]) => a - b).map(([amount, recalls]) => ({ amount, recalls })) }
    await replaceFile(this.#path(baseCacheId, tunedCacheId, fingerprint), (file) => file.writeFile(JSON.stringify(content)))
  }

  #path(...parts: string[]): string {
    return join(this.#dir, `${createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)}.json`)
  }
}
