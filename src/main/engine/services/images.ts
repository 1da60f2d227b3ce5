// Where the bytes of pictures are, for hosts that stream them, and pictures that are given to Search without becoming
// part of the project. Thumbnails and drawings are made again when they are missing.
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import sharp from 'sharp'
import { AppError } from '../../../shared/errors'
import type { ImageRecipe } from '../../../shared/imageRecipe'
import { maxUploadBytes, type MediaSize } from '../../../shared/media'
import { applyRecipe } from '../compute/image/applyRecipe'
import { decodeImage } from '../compute/image/decodeImage'
import type { StoredImage } from '../store/imageStore'
import type { Store } from '../store/openStore'
import { drawThumbnail, hashBytes, readPicture, takePicture, thumbnailSizePx } from './pictureIntake'
import { contentTypes } from './pictureNames'

export interface MediaFile {
  path: string
  contentType: string
  /** Names the content; equal tags mean equal bytes. */
  tag: string
}

interface QueryImage extends MediaFile {
  sourceName: string
}

export class ImagesService {
  readonly #store: Store
  readonly #queryImages = new Map<string, QueryImage>()
  #queryDir: string | null = null

  constructor(store: Store) {
    this.#store = store
  }

  /** @throws AppError 'not-found', 'unreadable-image' when the copy was damaged since */
  async imageFile(imageId: number, size: MediaSize): Promise<MediaFile> {
    const image = this.#store.images.get(imageId)
    const isSmall = Math.max(image.widthPx, image.heightPx) <= thumbnailSizePx
    const isWanted = size === 'full' || isSmall
    if (isWanted && image.relativePath !== null && image.format !== null && image.format !== 'tiff') {
      return { path: this.#store.files.absolute(image.relativePath), contentType: contentTypes[image.format], tag: image.hash }
    }
    const path = size === 'thumbnail' ? this.#store.files.thumbnailPath(image.hash) : this.#store.files.drawnPath(image.hash)
    if (!(await isFilled(path))) await this.#store.files.writeWhole(path, await this.#draw(image, size), { isDurable: false })
    return { path, contentType: 'image/webp', tag: `${image.hash}-${size}` }
  }

  /** What the image tokenizer is given for a picture: a file, and the recipe of a derived picture. */
  modelInput(imageId: number): { path: string; recipe: ImageRecipe | null } {
    const image = this.#store.images.get(imageId)
    return { path: this.#sourcePath(image), recipe: image.recipe }
  }

  /** @throws AppError 'unreadable-image', 'bad-input' when it is too large */
  async addQueryImage(bytes: Uint8Array, sourceName = 'picture'): Promise<string> {
    refuseLarge(bytes.byteLength)
    const { format } = await readPicture(bytes, `“${sourceName}”`)
    const queryImageId = randomUUID()
    this.#queryDir ??= mkdtempSync(join(tmpdir(), 'fuselip-query-'))
    const path = join(this.#queryDir, `${queryImageId}.${format}`)
    await writeFile(path, bytes)
    this.#queryImages.set(queryImageId, { path, contentType: contentTypes[format], tag: hashBytes(bytes), sourceName })
    return queryImageId
  }

  /** @throws AppError 'unreadable-file' when the path leads to no file, and as addQueryImage */
  async addQueryImageFromPath(path: string): Promise<string> {
    const absolutePath = resolve(path)
    const found = await stat(absolutePath).catch(() => null)
    if (found === null || !found.isFile()) {
      throw new AppError('unreadable-file', `There is no file at “${absolutePath}”.`, 'Check the path; it must name one picture file on the machine that runs the studio.')
    }
    refuseLarge(found.size)
    return this.addQueryImage(await readFile(absolutePath), basename(path))
  }

  /** @throws AppError 'not-found' */
  queryImageFile(queryImageId: string): MediaFile {
    return this.#queryImage(queryImageId)
  }

  /** Makes a query picture part of the project and returns its id there. */
  async adoptQueryImage(queryImageId: string): Promise<number> {
    const { path, sourceName } = this.#queryImage(queryImageId)
    return this.#store.images.ensure(await takePicture(this.#store.files, await readFile(path), sourceName))
  }

  /** Forgets the query pictures. */
  dispose(): void {
    if (this.#queryDir !== null) rmSync(this.#queryDir, { recursive: true, force: true })
    this.#queryDir = null
    this.#queryImages.clear()
  }

  #queryImage(queryImageId: string): QueryImage {
    const image = this.#queryImages.get(queryImageId)
    if (image === undefined) throw new AppError('not-found', 'That query picture is gone: the studio was restarted since.', 'Give the picture again.')
    return image
  }

  #sourcePath(image: StoredImage): string {
    const source = image.sourceImageId === null ? image : this.#store.images.get(image.sourceImageId)
    if (source.relativePath === null) throw new AppError('not-found', `Picture ${image.id} has no file: it derives from another derived picture.`)
    return this.#store.files.absolute(source.relativePath)
  }

  async #draw(image: StoredImage, size: MediaSize): Promise<Uint8Array> {
    if (size === 'thumbnail' && image.recipe === null) {
      // Not through pixels of full size: many are drawn at once when a large import is looked at for the first time.
      const { thumbnail } = await readPicture(await readFile(this.#sourcePath(image)), `Picture ${image.id}`)
      if (thumbnail !== null) return thumbnail
    }
    const { width, height, data } = applyRecipe(await decodeImage(this.#sourcePath(image), `Picture ${image.id}`), image.recipe)
    const drawing = sharp(data, { raw: { width, height, channels: 3 } })
    return size === 'thumbnail' ? drawThumbnail(drawing) : drawing.webp({ quality: 92 }).toBuffer()
  }
}

function refuseLarge(byteCount: number): void {
  if (byteCount <= maxUploadBytes) return
  throw new AppError('bad-input', `The picture has ${Math.ceil(byteCount / 2 ** 20)} MiB; at most ${maxUploadBytes / 2 ** 20} MiB are taken.`, 'Make it smaller, then try again.')
}

/** A machine that lost power may leave a thumbnail without content. */
const isFilled = async (path: string): Promise<boolean> => ((await stat(path).catch(() => null))?.size ?? 0) > 0
