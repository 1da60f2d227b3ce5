// Compares every file of a snapshot with its checksum, and names those that differ, are gone, or were added.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Difference, Verification } from '../../../../shared/contract/snapshots'
import { AppError } from '../../../../shared/errors'
import { breathe } from '../out/exportData'
import { fileNames } from './snapshotFormat'

const listedDifferences = 200

export interface CheckedFile {
  sha256: string
  path: string
}

export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash, { signal })
  return hash.digest('hex')
}

/** In their order. @throws AppError 'unreadable-file' for a list that is none, or leads out of the folder */
export async function readChecksums(folder: string): Promise<CheckedFile[]> {
  const text = await readFile(join(folder, fileNames.checksums), 'utf8').catch((cause: unknown) => {
    throw new AppError('unreadable-file', `“${folder}” is no snapshot: ${fileNames.checksums} cannot be read.`, 'Choose the folder of a snapshot.', { cause })
  })
  return text.split('\n').filter(line => line !== '').map((line, index) => {
    const [, sha256, path] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? []
    if (sha256 === undefined || path === undefined || path.startsWith('/') || path.split(/[/\\]/).includes('..') || path.includes('\0')) {
      throw new AppError('unreadable-file', `Line ${index + 1} of ${fileNames.checksums} is not a checksum with a path in the folder.`, 'Get the snapshot again.')
    }
    return { sha256, path }
  })
}

/** @param wantedSha256 of the list of checksums itself, where it is known */
export async function verifySnapshot(folder: string, wantedSha256: string | null, { signal, onProgress }: { signal: AbortSignal; onProgress: (done: number, total: number) => void }): Promise<Verification> {
  const files = await readChecksums(folder)
  const result: Verification = { checkedCount: 0, differenceCount: 0, differences: [] }
  const differs = (path: string, kind: Difference['kind']): void => {
    result.differenceCount++
    if (result.differences.length < listedDifferences) result.differences.push({ path, kind })
  }
  if (wantedSha256 !== null && (await hashFile(join(folder, fileNames.checksums))) !== wantedSha256) differs(fileNames.checksums, 'changed')
  const known = new Set([fileNames.checksums, ...files.map(({ path }) => path)])
  for (const { sha256, path } of files) {
    signal.throwIfAborted()
    const full = join(folder, ...path.split('/'))
    const found = await stat(full).catch(() => null)
    if (found === null || !found.isFile()) differs(path, 'missing')
    // A file that cannot be read to its end is not what it was.
    else if ((await hashFile(full, signal).catch(() => { signal.throwIfAborted() })) !== sha256) differs(path, 'changed')
    result.checkedCount++
    if (result.checkedCount % 20 === 0) onProgress(result.checkedCount, files.length)
  }
  onProgress(files.length, files.length)
  for await (const path of listFiles(folder)) if (!known.has(path)) differs(path, 'added')
  return result
}

async function* listFiles(root: string, folder = root): AsyncGenerator<string> {
  await breathe()
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* listFiles(root, path)
    else yield relative(root, path).split(sep).join('/')
  }
}

export function describeVerification({ checkedCount, differenceCount }: Verification): string {
  return differenceCount === 0 ? `All ${checkedCount.toLocaleString('en')} files are as they were.` : `${differenceCount.toLocaleString('en')} ${differenceCount === 1 ? 'file differs' : 'files differ'} among ${checkedCount.toLocaleString('en')}.`
}
