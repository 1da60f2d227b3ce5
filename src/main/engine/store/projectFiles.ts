// The project folder: which file lies where, and how pictures get into it. A file appears under its final name only when
// it is whole: it is written into `cache/incoming` first, flushed, then renamed.
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export const databaseName = 'project.sqlite'

export class ProjectFiles {
  readonly databasePath: string
  private readonly incomingDir: string

  constructor(readonly projectDir: string) {
    this.databasePath = join(projectDir, databaseName)
    this.incomingDir = join(projectDir, 'cache', 'incoming')
  }

  /** Makes the folders and clears what an interrupted process left half-written. Call with the project locked. */
  prepare(): void {
    rmSync(this.incomingDir, { recursive: true, force: true })
    for (const name of ['images', 'thumbnails', 'runs', 'snapshots', 'cache']) mkdirSync(join(this.projectDir, name), { recursive: true })
    mkdirSync(this.incomingDir, { recursive: true })
  }

  /** For the database: stable across machines, so with forward slashes. */
  imageRelativePath(hash: string, format: string): string {
    return `images/${hash.slice(0, 2)}/${hash}.${format === 'jpeg' ? 'jpg' : format}`
  }

  absolute(relativePath: string): string {
    return join(this.projectDir, ...relativePath.split('/'))
  }

  thumbnailPath(hash: string): string {
    return join(this.projectDir, 'thumbnails', hash.slice(0, 2), `${hash}.webp`)
  }

  /** Full-size drawing of a derived image, or of a format that browsers cannot show; may be deleted at any time. */
  drawnPath(hash: string): string {
    return join(this.projectDir, 'cache', 'drawn', hash.slice(0, 2), `${hash}.webp`)
  }

  runDir(runId: number): string {
    return join(this.projectDir, 'runs', String(runId))
  }

  /** Writes a file that is named by its content: one that is there with the same size is kept. */
  async writeWhole(path: string, bytes: Uint8Array, options: { isDurable: boolean }): Promise<void> {
    const present = await stat(path).catch(() => null)
    if (present !== null && present.size === bytes.byteLength) return
    const temporaryPath = join(this.incomingDir, randomUUID())
    try {
      const file = await open(temporaryPath, 'wx')
      try {
        await file.writeFile(bytes)
        if (options.isDurable) await file.datasync()
      } finally {
        await file.close()
      }
      await moveInto(temporaryPath, path)
    } catch (thrown) {
      await rm(temporaryPath, { force: true })
      throw thrown
    }
  }
}

/** Makes the folder where it is missing: asking for it with each picture would cost as much as writing the picture. */
async function moveInto(temporaryPath: string, path: string): Promise<void> {
  try {
    await rename(temporaryPath, path)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown
    await mkdir(dirname(path), { recursive: true })
    await rename(temporaryPath, path)
  }
}

export const isProjectDir = (path: string): boolean => existsSync(join(path, databaseName))
