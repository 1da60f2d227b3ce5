// Tells whether a source is still the one that an earlier import read: by name, size and time, not by content, because
// reading a hundred gigabytes to find out would be the work that is to be saved.
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'

export async function fingerprintOfFiles(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths) {
    const { size, mtimeMs } = await stat(path)
    hash.update(`${path}\n${size}\n${mtimeMs}\n`)
  }
  return hash.digest('hex')
}

export function fingerprintOfNames(names: Iterable<string>): string {
  const hash = createHash('sha256')
  for (const name of names) hash.update(`${name}\n`)
  return hash.digest('hex')
}
