// Pictures that were computed (reconstructions, differences) and are looked at by URL. They are files in a temporary folder,
// named by their content, of which the oldest go; all go with the engine. Each can be computed again.
import { mkdtempSync, rmSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { AppError } from '../../../shared/errors'
import type { RgbImage } from '../compute/image/rgbImage'
import type { MediaFile } from './images'
import { hashBytes } from './pictureIntake'

/** About 100 MB of pictures of 256 pixels. */
const keptDrawings = 1000

export class DrawingsService {
  /** Ids, the one that was asked for longest ago first. */
  readonly #ids = new Set<string>()
  #dir: string | null = null

  constructor(private readonly capacity = keptDrawings) {}

  /** Keeps a picture, without loss, and gives its id. */
  async add({ width, height, data }: RgbImage): Promise<string> {
    const bytes = await sharp(data, { raw: { width, height, channels: 3 } }).png().toBuffer()
    const drawingId = hashBytes(bytes)
    if (!this.#ids.has(drawingId)) {
      this.#dir ??= mkdtempSync(join(tmpdir(), 'fuselip-drawings-'))
      await writeFile(this.#path(drawingId), bytes)
    }
    this.#touch(drawingId)
    await this.#dropOldest()
    return drawingId
  }

  /** @throws AppError 'not-found' for a drawing that was dropped since */
  file(drawingId: string): MediaFile {
    if (!this.#ids.has(drawingId)) throw new AppError('not-found', 'That drawing is gone: many others were made since, or the studio was restarted.', 'Inspect the picture again.')
    this.#touch(drawingId)
    return { path: this.#path(drawingId), contentType: 'image/png', tag: drawingId }
  }

  dispose(): void {
    if (this.#dir !== null) rmSync(this.#dir, { recursive: true, force: true })
    this.#dir = null
    this.#ids.clear()
  }

  #path(drawingId: string): string {
    return join(this.#dir!, `${drawingId}.png`)
  }

  #touch(drawingId: string): void {
    this.#ids.delete(drawingId)
    this.#ids.add(drawingId)
  }

  async #dropOldest(): Promise<void> {
    while (this.#ids.size > this.capacity) {
      const oldest = this.#ids.values().next().value!
      this.#ids.delete(oldest)
      await rm(this.#path(oldest), { force: true })
    }
  }
}
