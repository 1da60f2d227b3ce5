// Writes a file so that a kill at any moment leaves the old file or the new one, never a half: temporary file, flush
// to disk, rename. The temporary file is beside the target because a rename does not cross file systems.
import { randomUUID } from 'node:crypto'
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppError } from '../../../../shared/errors'

/**
 * @param write receives the open temporary file; when it throws, the target is untouched and the temporary file gone
 * @throws AppError 'disk-full' and others, see `AppError.from`
 */
export async function replaceFile(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const temporaryPath = `${path}.${randomUUID()}.tmp`
  try {
    const file = await open(temporaryPath, 'wx')
    try {
      await write(file)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporaryPath, path)
    await flushFolder(dirname(path))
  } catch (thrown) {
    await rm(temporaryPath, { force: true })
    throw AppError.from(thrown)
  }
}

/** Makes the rename itself durable. Windows cannot open folders; there the file system journals renames. */
export async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
