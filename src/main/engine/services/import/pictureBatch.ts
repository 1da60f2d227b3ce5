// Takes the pictures of one batch of rows into the project, a few at a time, each file once.
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { AppError } from '../../../../shared/errors'
import type { NewImage } from '../../store/imageStore'
import type { Store } from '../../store/openStore'
import { hashBytes, takePicture } from '../pictureIntake'
import type { RowProblem } from './sourceRow'

export type TakenPicture = { image: NewImage; problem: null } | { image: null; problem: RowProblem }

/** Decoding keeps a core busy and writing waits for the disk; more would only take memory. */
const concurrency = 3
/** Several rows often show one picture, mostly close together; older entries are read again. */
const rememberedPaths = 20_000

export class PictureBatches {
  readonly #store: Store
  readonly #taken = new Map<string, TakenPicture>()

  constructor(store: Store) {
    this.#store = store
  }

  /** @throws AppError 'disk-full', 'cancelled'; what is wrong with one picture is in its entry */
  async take(paths: Iterable<string>, signal: AbortSignal): Promise<Map<string, TakenPicture>> {
    const wanted = [...new Set(paths)]
    const result = new Map<string, TakenPicture>()
    const open = wanted.filter(path => {
      const known = this.#taken.get(path)
      if (known !== undefined) result.set(path, known)
      return known === undefined
    })
    const worker = async (): Promise<void> => {
      for (let path = open.shift(); path !== undefined; path = open.shift()) {
        signal.throwIfAborted()
        result.set(path, await this.#takeOne(path))
      }
    }
    // All workers end before the first failure is thrown, so that nothing writes into a project that is being closed.
    const outcomes = await Promise.allSettled(Array.from({ length: concurrency }, worker))
    const failure = outcomes.find(outcome => outcome.status === 'rejected')
    if (failure !== undefined) throw failure.reason
    for (const path of wanted) this.#remember(path, result.get(path))
    return result
  }

  async #takeOne(path: string): Promise<TakenPicture> {
    let bytes: Buffer
    try {
      bytes = await readFile(path)
    } catch (thrown) {
      return { image: null, problem: readProblem(path, thrown as NodeJS.ErrnoException) }
    }
    const known = this.#store.images.findByHash(hashBytes(bytes))
    if (known !== null && known.format !== null && known.byteCount !== null && known.relativePath !== null) {
      const { hash, widthPx, heightPx, format, byteCount, relativePath, sourceName } = known
      // A copy that was deleted or cut by hand comes back with the next import; a whole one is left alone.
      await this.#store.files.writeWhole(this.#store.files.absolute(relativePath), bytes, { isDurable: true })
      return { image: { hash, widthPx, heightPx, format, byteCount, relativePath, sourceName }, problem: null }
    }
    try {
      return { image: await takePicture(this.#store.files, bytes, basename(path)), problem: null }
    } catch (thrown) {
      if (thrown instanceof AppError && thrown.code === 'unreadable-image') return { image: null, problem: { code: 'unreadable-picture', reason: thrown.message } }
      throw thrown
    }
  }

  #remember(path: string, picture: TakenPicture | undefined): void {
    if (picture === undefined) return
    this.#taken.set(path, picture)
    const oldest = this.#taken.keys().next().value
    if (this.#taken.size > rememberedPaths && oldest !== undefined) this.#taken.delete(oldest)
  }
}

function readProblem(path: string, { code, message }: NodeJS.ErrnoException): RowProblem {
  if (code === 'ENOENT' || code === 'ENOTDIR') return { code: 'missing-picture', reason: `There is no file “${path}”.` }
  if (code === 'EISDIR') return { code: 'missing-picture', reason: `“${path}” is a folder, not a picture.` }
  if (code === 'EACCES' || code === 'EPERM') return { code: 'unreadable-picture', reason: `You are not allowed to read “${path}”.` }
  return { code: 'unreadable-picture', reason: `“${path}” cannot be read: ${message}.` }
}
