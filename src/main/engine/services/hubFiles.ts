// Downloads the files of a model or a data set as part of a job, one after the other, with one count over all of them.
import { mkdir, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppError } from '../../../shared/errors'
import { downloadFile, usualTiming, type DownloadTiming } from '../hub/download'
import type { HubFile, HubRepository } from '../hub/hubRepository'
import type { HubAccess } from '../hub/hubRequest'
import type { JobContext } from '../jobs/runner'

export const sumBytes = (files: readonly HubFile[]): number => files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`

/** A data set of single pictures would drown its own log. */
const loggedFiles = 50

/** @throws AppError as downloadFile does; what has arrived is kept for the next try */
export async function fetchFiles(access: HubAccess, repository: HubRepository, wanted: readonly { file: HubFile; path: string }[], context: JobContext, timing: DownloadTiming = usualTiming): Promise<void> {
  const totalBytes = sumBytes(wanted.map(({ file }) => file))
  let doneBytes = 0
  for (const [index, { file, path }] of wanted.entries()) {
    if (index < loggedFiles) context.enterPhase(`downloading ${file.name}`, totalBytes)
    else if (index === loggedFiles) context.enterPhase(`downloading ${wanted.length.toLocaleString('en')} files`, totalBytes)
    context.report(doneBytes, totalBytes)
    await mkdir(dirname(path), { recursive: true })
    const before = doneBytes
    await downloadFile(access, repository, file, path, { signal: context.signal, onProgress: (bytes) => context.report(before + bytes, totalBytes), timing })
    doneBytes += file.sizeBytes
    if (index < loggedFiles) context.log(`${file.name}: ${megabytes(file.sizeBytes)}, check sum right.`)
  }
}

/** A little more than is needed must be free. @throws AppError 'disk-full' */
export async function refuseFullDisk(dir: string, neededBytes: number, what: string): Promise<void> {
  const { bavail, bsize } = await statfs(dir)
  const freeBytes = bavail * bsize
  if (freeBytes > neededBytes * 1.05) return
  throw new AppError('disk-full', `${what} ${megabytes(neededBytes)}; ${megabytes(freeBytes)} are free.`, 'Free some space, then try again.')
}
