// Downloads one file so that a broken connection costs only what was not yet received, and nothing unverified is kept:
// bytes go to a part file named by the expected check sum, continue from its end, and the whole is checked before it is used.
import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AppError } from '../../../shared/errors'
import { resolvePath, type HubFile, type HubRepository } from './hubRepository'
import { hubError, hubGet, type HubAccess, type HubResponse } from './hubRequest'

export interface DownloadTiming {
  /** Attempts in a row that bring (nearly) nothing new. */
  attempts: number
  /** Before the second attempt; doubled each time. */
  waitMs: number
  /** Without a byte for this long the connection counts as broken. */
  silenceMs: number
}

export const usualTiming: DownloadTiming = { attempts: 5, waitMs: 1_000, silenceMs: 60_000 }

export interface DownloadOptions {
  signal: AbortSignal
  /** Bytes of this file so far; falls back where a part turns out to be useless. */
  onProgress: (bytes: number) => void
  timing?: DownloadTiming
}

/** An attempt that brings less counts as a failure, so that a connection that drips comes to an end. */
const worthwhileBytes = 64 * 1024

interface Expected { hash: () => Hash; digest: string; name: string }

/** SHA-256 of the content, or git's SHA-1 of a header and the content. */
function expectedOf(file: HubFile, linkedEtag: string | null): Expected | null {
  const sha256 = file.sha256 ?? (linkedEtag && /^[0-9a-f]{64}$/.test(linkedEtag) ? linkedEtag : null)
  if (sha256) return { hash: () => createHash('sha256'), digest: sha256, name: 'SHA-256' }
  if (file.gitSha1) return { hash: () => createHash('sha1').update(`blob ${file.sizeBytes}\0`), digest: file.gitSha1, name: 'git SHA-1' }
  return null
}

const sizeOf = (path: string): Promise<number> => stat(path).then(({ size }) => size, () => 0)

const etagOf = (answer: HubResponse): string | null => answer.header('x-linked-etag')?.replace(/^W\//, '').replaceAll('"', '') ?? null

/** Where the numbers of this answer begin in the file; the whole file comes again where the server ignores ranges. */
function startOf({ response }: HubResponse, asked: number): number {
  if (response.status === 200) return 0
  const match = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')
  return match ? Number(match[1]) : asked
}

/** One connection. @returns the link's check sum, where it was told */
async function receive(access: HubAccess, repository: HubRepository, file: HubFile, partPath: string, options: DownloadOptions, silenceMs: number): Promise<string | null> {
  const have = await sizeOf(partPath)
  if (have >= file.sizeBytes && file.sizeBytes > 0) return null
  const silence = new AbortController()
  const signal = AbortSignal.any([options.signal, silence.signal])
  let timer = setTimeout(() => silence.abort(), silenceMs)
  const stillThere = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(), silenceMs)
  }
  try {
    const answer = await hubGet(access, resolvePath(repository, file.name), { signal, kind: repository.kind, headers: { 'accept-encoding': 'identity', ...(have > 0 ? { range: `bytes=${have}-` } : {}) } })
    if (!answer.response.ok || !answer.response.body) {
      await answer.response.body?.cancel()
      throw hubError(answer, `“${file.name}” of ${repository.repository}`, access, repository.kind)
    }
    const start = startOf(answer, have)
    if (start > have) throw new TypeError(`the server sent bytes from ${start}, asked was ${have}`)
    const part = await open(partPath, have > 0 ? 'r+' : 'w')
    try {
      let position = start
      for await (const chunk of answer.response.body as unknown as AsyncIterable<Uint8Array>) {
        stillThere()
        if (position + chunk.length > file.sizeBytes) throw new AppError('bad-download', `“${file.name}” is longer than the ${file.sizeBytes} bytes that the hub announced.`, 'Try again; if it happens again, the mirror is out of order.')
        let done = 0
        while (done < chunk.length) done += (await part.write(chunk, done, chunk.length - done, position + done)).bytesWritten
        position += chunk.length
        options.onProgress(position)
      }
      await part.truncate(position)
      await part.sync()
    } finally {
      await part.close()
    }
    return etagOf(answer)
  } finally {
    clearTimeout(timer)
  }
}

async function digestOf(path: string, hash: Hash, signal: AbortSignal): Promise<string> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024, signal })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** Worth another attempt: the connection, or an overloaded server; not an answer that says no. */
function isPassing(thrown: unknown): boolean {
  if (!(thrown instanceof AppError)) return (thrown as { code?: unknown }).code !== 'ENOSPC'
  return thrown.code === 'no-network' || (thrown.code === 'bad-download' && /answers 5\d\d/.test(thrown.message))
}

const pause = (ms: number, signal: AbortSignal): Promise<void> => new Promise((resolve) => {
  const timer = setTimeout(resolve, ms)
  signal.addEventListener('abort', () => { clearTimeout(timer); resolve() }, { once: true })
})

/**
 * Downloads `file` to `path`; a finished file that is there already is checked and kept.
 * @throws AppError 'no-network', 'bad-download' (a wrong check sum; the bytes are gone then), 'unauthorised', 'cancelled', 'disk-full'
 */
export async function downloadFile(access: HubAccess, repository: HubRepository, file: HubFile, path: string, options: DownloadOptions): Promise<void> {
  const timing = options.timing ?? usualTiming
  const partPath = join(dirname(path), `${basename(path)}.${(file.sha256 ?? file.gitSha1 ?? repository.commit).slice(0, 16)}.part`)
  if ((await sizeOf(path)) > 0) await rename(path, partPath)
  let linkedEtag: string | null = null
  let failures = 0
  for (;;) {
    options.signal.throwIfAborted()
    const before = await sizeOf(partPath)
    try {
      linkedEtag = (await receive(access, repository, file, partPath, options, timing.silenceMs)) ?? linkedEtag
      const size = await sizeOf(partPath)
      if (size === file.sizeBytes) break
      if (size > file.sizeBytes) await rm(partPath)
      throw new TypeError(`it ended after ${size} of ${file.sizeBytes} bytes`)
    } catch (thrown) {
      options.signal.throwIfAborted()
      if (!isPassing(thrown)) throw AppError.from(thrown)
      failures = (await sizeOf(partPath)) - before >= worthwhileBytes ? 0 : failures + 1
      if (failures >= timing.attempts) throw thrown instanceof AppError ? thrown : broken(file, thrown)
      await pause(timing.waitMs * 2 ** Math.max(0, failures - 1), options.signal)
    }
  }
  const expected = expectedOf(file, linkedEtag)
  if (!expected) {
    await rm(partPath, { force: true })
    throw new AppError('bad-download', `The hub tells no check sum of “${file.name}”, so it cannot be trusted.`, 'Use another mirror.')
  }
  const digest = await digestOf(partPath, expected.hash(), options.signal)
  if (digest !== expected.digest) {
    await rm(partPath, { force: true })
    throw new AppError('bad-download', `“${file.name}” has another check sum than the hub announced (${expected.name} ${digest.slice(0, 12)}…, expected ${expected.digest.slice(0, 12)}…); it was deleted.`, 'Run the same command again; if it happens again, the mirror is out of order.')
  }
  await rename(partPath, path)
}

function broken(file: HubFile, cause: unknown): AppError {
  return new AppError('no-network', `The connection broke again and again while “${file.name}” came (${(cause as Error).message}).`, 'Run the same command again later: what has arrived is kept, and the rest follows.', { cause })
}
