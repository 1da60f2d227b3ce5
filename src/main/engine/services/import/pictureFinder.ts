// Finds the pictures that an annotation file names: below its folder, and in the folders beside it, as the published data
// sets are unpacked (annotations/… next to train2017/…). Only names are looked up, so no path in a file can lead elsewhere.
import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { isPictureName } from '../pictureNames'

/** Data sets nest their folders twice at most. */
const deepest = 4

export class PictureFinder {
  readonly #folders: string[] = []
  /** Number of the folder by file name; names that occur twice have all their folders. */
  readonly #folderByName = new Map<string, number | number[]>()
  readonly sourceFolder: string

  private constructor(sourceFolder: string) {
    this.sourceFolder = sourceFolder
  }

  static async around(sourcePath: string): Promise<PictureFinder> {
    const folder = dirname(sourcePath)
    const finder = new PictureFinder(folder)
    await finder.#walk(folder, deepest)
    const parent = dirname(folder)
    for (const entry of await listFolder(parent)) {
      const path = join(parent, entry.name)
      // Only the folders themselves and one level below: the parent may be somebody's home.
      if (entry.isDirectory() && !entry.name.startsWith('.') && path !== folder) await finder.#walk(path, 1)
    }
    return finder
  }

  get pictureCount(): number {
    return this.#folderByName.size
  }

  /** @param name a file name, or the last parts of a path with either slash; null when there is no such picture */
  find(name: string): string | null {
    const wanted = name.replaceAll('\\', '/')
    const askedName = wanted.slice(wanted.lastIndexOf('/') + 1)
    const fileName = this.#folderByName.has(askedName) ? askedName : this.#spelledOtherwise(askedName)
    const found = this.#folderByName.get(fileName)
    if (found === undefined) return null
    const paths = (typeof found === 'number' ? [found] : found).map(index => join(this.#folders[index]!, fileName))
    const tail = wanted.replace(/^(\.?\/)+/, '').replaceAll('/', sep)
    return paths.find(path => path.endsWith(`${sep}${tail}`)) ?? paths[0] ?? null
  }

  /** Letters may be composed in the annotations and not on disk, or the other way round. */
  #spelledOtherwise(name: string): string {
    return [name.normalize('NFC'), name.normalize('NFD')].find(form => this.#folderByName.has(form)) ?? name
  }

  /** The first of several names that is there. */
  findAny(names: readonly string[]): string | null {
    for (const name of names) {
      const path = this.find(name)
      if (path !== null) return path
    }
    return null
  }

  missing(name: string): { code: string; reason: string } {
    return { code: 'missing-picture', reason: `There is no picture “${name}” in “${basename(this.sourceFolder)}”, below it or in a folder beside it. Put the pictures there and import again.` }
  }

  async #walk(folder: string, levels: number): Promise<void> {
    const entries = await listFolder(folder)
    const index = this.#folders.push(folder) - 1
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue
      if (entry.isDirectory()) {
        if (levels > 0) await this.#walk(join(folder, entry.name), levels - 1)
      } else if (isPictureName(entry.name)) this.#add(entry.name, index)
    }
  }

  #add(name: string, folder: number): void {
    const known = this.#folderByName.get(name)
    if (known === undefined) this.#folderByName.set(name, folder)
    else if (typeof known === 'number') this.#folderByName.set(name, [known, folder])
    else known.push(folder)
  }
}

/** A folder that may not be read has no pictures for us. */
async function listFolder(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch(() => [])
}
