// Bytes that were computed and are fetched by URL: files in a temporary folder, named by their content, of which the oldest
// go; all go with the engine. Each can be computed again.
import { mkdtempSync, rmSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '../../../shared/errors'
import type { MediaFile } from './images'
import { hashBytes } from './pictureIntake'

export interface ContentKind {
  /** Of the folder and the files, for people who look into it. */
  name: string
  extension: string
  contentType: string
  capacity: number
  /** What a person is told to do when the file has gone. */
  advice: string
}

export class ContentFolder {
  /** Ids, the one that was asked for longest ago first. */
  readonly #ids = new Set<string>()
  #dir: string | null = null

  constructor(private readonly kind: ContentKind) {}

  /** Keeps bytes and gives their id. */
  async add(bytes: Uint8Array): Promise<string> {
    const contentId = hashBytes(bytes)
    if (!this.#ids.has(contentId)) {
      this.#dir ??= mkdtempSync(join(tmpdir(), `fuselip-${this.kind.name}s-`))
      await writeFile(this.#path(contentId), bytes)
    }
    this.#touch(contentId)
    await this.#dropOldest()
    return contentId
  }

  /** @throws AppError 'not-found' for what was dropped since */
  file(contentId: string): MediaFile {
    if (!this.#ids.has(contentId)) throw new AppError('not-found', `That ${this.kind.name} is gone: many others were made since, or the studio was restarted.`, this.kind.advice)
    this.#touch(contentId)
    return { path: this.#path(contentId), contentType: this.kind.contentType, tag: contentId }
  }

  dispose(): void {
    if (this.#dir !== null) rmSync(this.#dir, { recursive: true, force: true })
    this.#dir = null
    this.#ids.clear()
  }

  #path(contentId: string): string {
    return join(this.#dir!, `${contentId}.${this.kind.extension}`)
  }

  #touch(contentId: string): void {
    this.#ids.delete(contentId)
    this.#ids.add(contentId)
  }

  async #dropOldest(): Promise<void> {
    while (this.#ids.size > this.kind.capacity) {
      const oldest = this.#ids.values().next().value!
      this.#ids.delete(oldest)
      await rm(this.#path(oldest), { force: true })
    }
  }
}
