// A text file that is written from front to back in large pieces, with an optional running SHA-256.
import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rm, type FileHandle } from 'node:fs/promises'

const pieceCharacters = 256 * 1024

export class TextFile {
  #waiting = ''
  readonly #hash: Hash = createHash('sha256')

  private constructor(private readonly file: FileHandle) {}

  static async create(path: string): Promise<TextFile> {
    return new TextFile(await open(path, 'wx'))
  }

  async write(text: string): Promise<void> {
    this.#waiting += text
    if (this.#waiting.length >= pieceCharacters) await this.#flush()
  }

  /** Moves the content of another file to the end of this one. */
  async append(path: string): Promise<void> {
    await this.#flush()
    for await (const bytes of createReadStream(path)) await this.#put(bytes as Buffer)
    await rm(path)
  }

  /** @returns the SHA-256 of the whole file */
  async finish(): Promise<string> {
    try {
      await this.#flush()
      await this.file.sync()
    } finally {
      await this.file.close()
    }
    return this.#hash.digest('hex')
  }

  /** Lets go of the file; for work that ends before its time. */
  async abandon(): Promise<void> {
    await this.file.close().catch(() => undefined)
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#waiting, 'utf8')
    this.#waiting = ''
    await this.#put(bytes)
  }

  async #put(bytes: Buffer): Promise<void> {
    this.#hash.update(bytes)
    await this.file.writeFile(bytes)
  }
}
