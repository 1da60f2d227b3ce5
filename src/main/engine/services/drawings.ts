// Pictures that were computed (reconstructions, differences) and are looked at by URL.
import sharp from 'sharp'
import type { RgbImage } from '../compute/image/rgbImage'
import { ContentFolder } from './contentFolder'
import type { MediaFile } from './images'

/** About 100 MB of pictures of 256 pixels. */
const keptDrawings = 1000

export class DrawingsService {
  readonly #folder: ContentFolder

  constructor(capacity = keptDrawings) {
    this.#folder = new ContentFolder({ name: 'drawing', extension: 'png', contentType: 'image/png', capacity, advice: 'Inspect the picture again.' })
  }

  /** Keeps a picture, without loss, and gives its id. */
  async add({ width, height, data }: RgbImage): Promise<string> {
    return this.#folder.add(await sharp(data, { raw: { width, height, channels: 3 } }).png().toBuffer())
  }

  /** @throws AppError 'not-found' for a drawing that was dropped since */
  file(drawingId: string): MediaFile {
    return this.#folder.file(drawingId)
  }

  dispose(): void {
    this.#folder.dispose()
  }
}
