// Takes the pictures of one batch of rows into the project, a few at a time, each file once.
import { AppError } from '../../../../shared/errors'
import type { NewImage } from '../../store/imageStore'
import type { Store } from '../../store/openStore'
import { hashBytes, isTooManyPixels, takePicture } from '../pictureIntake'
import { LeadsOut } from './findFile'
import { PictureTooLarge, placeKey, placeName, readPlace, sourceNameOf, type ImagePlace } from './imageSource'
import type { RowProblem } from './sourceRow'

export type TakenPicture =
  | { image: NewImage; problem: null; /** What people should know although it was taken. */ note: RowProblem | null }
  | { image: null; problem: RowProblem }

/** Decoding keeps a core busy and writing waits for the disk; more would only take memory. */
const concurrency = 3
/** Several rows often show one picture, mostly close together; older entries are read again. */
const rememberedPaths = 20_000
/** What people look at first has its thumbnails at once; the others are drawn when they come into sight. */
export const drawnThumbnails = 2000

export class PictureBatches {
  readonly #store: Store
  #drawnCount = 0
  readonly #taken = new Map<string, TakenPicture>()

  constructor(store: Store, private readonly thumbnailCount: number) {
    this.#store = store
  }

  /** Entries by placeKey. @throws AppError 'disk-full', 'cancelled'; what is wrong with one picture is in its entry */
  async take(places: Iterable<ImagePlace>, signal: AbortSignal): Promise<Map<string, TakenPicture>> {
    const result = new Map<string, TakenPicture>()
    const open = new Map<string, ImagePlace>()
    for (const place of places) {
      const key = placeKey(place)
      const known = this.#taken.get(key)
      if (known === undefined) open.set(key, place)
      else result.set(key, known)
    }
    const waiting = [...open]
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        signal.throwIfAborted()
        result.set(next[0], await this.#takeOne(next[1]))
      }
    }
    // All workers end before the first failure is thrown, so that nothing writes into a project that is being closed.
    const outcomes = await Promise.allSettled(Array.from({ length: concurrency }, worker))
    const failure = outcomes.find(outcome => outcome.status === 'rejected')
    if (failure !== undefined) throw failure.reason
    for (const key of open.keys()) this.#remember(key, result.get(key))
    return result
  }

  async #takeOne(place: ImagePlace): Promise<TakenPicture> {
    let bytes: Uint8Array
    try {
      bytes = await readPlace(place)
    } catch (thrown) {
      return { image: null, problem: readProblem(place.kind === 'bytes' ? place.name : place.path, thrown as NodeJS.ErrnoException) }
    }
    const known = this.#store.images.findByHash(hashBytes(bytes))
    if (known !== null && known.format !== null && known.byteCount !== null && known.relativePath !== null) {
      const { hash, widthPx, heightPx, format, byteCount, relativePath, sourceName } = known
      // A copy that was deleted or cut by hand comes back with the next import; a whole one is left alone.
      await this.#store.files.writeWhole(this.#store.files.absolute(relativePath), bytes, { isDurable: true })
      return { image: { hash, widthPx, heightPx, format, byteCount, relativePath, sourceName }, problem: null, note: null }
    }
    try {
      const { frameCount, ...image } = await takePicture(this.#store.files, bytes, placeName(place), { withThumbnail: this.#drawnCount++ < this.thumbnailCount })
      return { image: { ...image, sourceName: sourceNameOf(place) }, problem: null, note: frameCount > 1 ? { code: 'first-frame', reason: `“${placeName(place)}” has ${frameCount} frames or pages; the first one is used.` } : null }
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'unreadable-image') throw thrown
      return { image: null, problem: { code: isTooManyPixels(thrown) ? 'huge-picture' : 'unreadable-picture', reason: thrown.message } }
    }
  }

  #remember(key: string, picture: TakenPicture | undefined): void {
    if (picture === undefined) return
    this.#taken.set(key, picture)
    const oldest = this.#taken.keys().next().value
    if (this.#taken.size > rememberedPaths && oldest !== undefined) this.#taken.delete(oldest)
  }
}

/** Why the bytes of a picture cannot be had. */
export function readProblem(path: string, thrown: NodeJS.ErrnoException): RowProblem {
  const { code, message } = thrown
  if (thrown instanceof LeadsOut) return { code: 'path-escape', reason: `“${path}” is not read: ${thrown.message}. Put a copy there, or name the picture by its full path.` }
  if (thrown instanceof PictureTooLarge) return { code: 'huge-picture', reason: `“${path}” is not taken: ${message}.` }
  if (code === 'ENOENT' || code === 'ENOTDIR') return { code: 'missing-picture', reason: `There is no file “${path}”.` }
  if (code === 'EISDIR') return { code: 'missing-picture', reason: `“${path}” is a folder, not a picture.` }
  if (code === 'EACCES' || code === 'EPERM') return { code: 'unreadable-picture', reason: `You are not allowed to read “${path}”.` }
  return { code: 'unreadable-picture', reason: `“${path}” cannot be read: ${message}.` }
}
