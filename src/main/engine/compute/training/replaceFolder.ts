// Writes a folder so that a reader sees the whole new folder, the whole old one, or none: temporary folder, flush,
// rename. Renaming onto a full folder is refused by file systems, so an old folder steps aside first; a kill between
// those two renames is mended by `recoverFolders`.
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AppError } from '../../../../shared/errors'
import { flushFolder } from '../weights/replaceFile'

const temporaryMark = '.writing-'
const asideMark = '.replaced'

const isNotThere = (thrown: unknown): boolean => (thrown as { code?: unknown }).code === 'ENOENT'

/**
 * @param write fills the temporary folder; its files must be flushed when it returns
 * @throws AppError; the folder is then as it was before
 */
export async function replaceFolder(path: string, write: (temporaryPath: string) => Promise<void>): Promise<void> {
  const temporaryPath = `${path}${temporaryMark}${randomUUID()}`
  try {
    await mkdir(temporaryPath, { recursive: true })
    await write(temporaryPath)
    await flushFolder(temporaryPath)
    const aside = `${path}${asideMark}`
    await rm(aside, { recursive: true, force: true })
    await rename(path, aside).catch((thrown: unknown) => { if (!isNotThere(thrown)) throw thrown })
    await rename(temporaryPath, path)
    await flushFolder(dirname(path))
    await rm(aside, { recursive: true, force: true })
  } catch (thrown) {
    await rm(temporaryPath, { recursive: true, force: true })
    throw AppError.from(thrown)
  }
}

/** Names of whole folders inside `parent`, sorted; none where there is no such folder. */
export async function listFolders(parent: string): Promise<string[]> {
  const entries = await readdir(parent, { withFileTypes: true }).catch((thrown: unknown) => {
    if (isNotThere(thrown)) return []
    throw AppError.from(thrown)
  })
  return entries.filter((entry) => entry.isDirectory() && !isPassing(entry.name)).map((entry) => entry.name).sort()
}

const isPassing = (name: string): boolean => name.includes(temporaryMark) || name.endsWith(asideMark)

/** Cleans up after a kill: puts a replaced folder back where its successor never arrived, removes half-written ones. */
export async function recoverFolders(parent: string): Promise<void> {
  const whole = new Set(await listFolders(parent))
  const names = await readdir(parent).catch((thrown: unknown) => {
    if (isNotThere(thrown)) return []
    throw AppError.from(thrown)
  })
  for (const name of names.filter(isPassing)) {
    const original = basename(name, asideMark)
    if (name.endsWith(asideMark) && !whole.has(original)) await rename(join(parent, name), join(parent, original))
    else await rm(join(parent, name), { recursive: true, force: true })
  }
}
