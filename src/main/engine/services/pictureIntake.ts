// Takes a picture file into the project: proves that it can be decoded to the end, keeps a copy named by its content
// and draws its thumbnail. The row of the database is the caller's, so that it can share a transaction with others.
import { createHash } from 'node:crypto'
import sharp, { type Metadata, type Sharp } from 'sharp'
import { AppError } from '../../../shared/errors'
import { maximumPixels, reasonOf } from '../compute/image/decodeImage'
import { imageFormats, type ImageFormat, type NewImage } from '../store/imageStore'
import type { ProjectFiles } from '../store/projectFiles'
import { foreignReason, isJpegWithoutEnd, pictureFormatOf } from './pictureSignature'

// Several pictures are taken at once; threads within one only wait for each other (a tenth of the time of a JPEG).
sharp.concurrency(1)

export const thumbnailSizePx = 320

export interface ReadPicture {
  format: ImageFormat
  /** As displayed, after the EXIF rotation. */
  widthPx: number
  heightPx: number
  /** Of an animation or a file of several pages; only the first is used. */
  frameCount: number
  /** WebP, at most `thumbnailSizePx` on the longer side; null when none was asked for. */
  thumbnail: Uint8Array | null
}

/** A picture is decoded to the end in any case; at this size JPEG leaves out most of the work. */
const checkedSizePx = 64

export const hashBytes = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/**
 * @param label how messages name it
 * @param options a thumbnail takes two thirds of the time; it is drawn at first sight when it is left out
 * @throws AppError 'unreadable-image' with the reason
 */
export async function readPicture(bytes: Uint8Array, label: string, { withThumbnail = true }: { withThumbnail?: boolean } = {}): Promise<ReadPicture> {
  try {
    if (bytes.byteLength === 0) throw new Error('it is empty')
    const options = { failOn: 'error', limitInputPixels: maximumPixels, autoOrient: true } as const
    if (pictureFormatOf(bytes) === null) throw new Error(foreignReason(bytes))
    if (isJpegWithoutEnd(bytes)) throw new Error('its end is missing, as a broken-off download leaves it')
    const metadata = await sharp(bytes, options).metadata()
    const format = toFormat(metadata)
    if (format === null) throw new Error(`${metadata.format} files are not read here`)
    // Decoding to the end notices a file that was cut short, which its header does not tell.
    const decoding = sharp(bytes, options)
    const thumbnail = withThumbnail ? await drawThumbnail(decoding) : null
    if (thumbnail === null) await decoding.resize({ width: checkedSizePx, height: checkedSizePx, fit: 'inside', withoutEnlargement: true, kernel: 'nearest' }).raw().toBuffer()
    return { format, widthPx: metadata.autoOrient.width, heightPx: metadata.autoOrient.height, frameCount: metadata.pages ?? 1, thumbnail }
  } catch (cause) {
    throw new AppError('unreadable-image', `${label} cannot be read: ${reasonOf(cause)}.`, 'Replace it with a whole JPEG, PNG, WebP, GIF, TIFF or AVIF file.', { cause })
  }
}

/** Little effort: half the time of the default, and a tenth more bytes. */
export const drawThumbnail = (picture: Sharp): Promise<Buffer> =>
  picture.resize({ width: thumbnailSizePx, height: thumbnailSizePx, fit: 'inside', withoutEnlargement: true }).webp({ quality: 85, effort: 1 }).toBuffer()

/** Keeps a copy of a picture, and its thumbnail unless it shall be drawn later. @throws AppError 'unreadable-image', and what writing throws */
export async function takePicture(files: ProjectFiles, bytes: Uint8Array, sourceName: string, options: { withThumbnail?: boolean } = {}): Promise<NewImage & { frameCount: number }> {
  const { format, widthPx, heightPx, frameCount, thumbnail } = await readPicture(bytes, `“${sourceName}”`, options)
  const hash = hashBytes(bytes)
  const relativePath = files.imageRelativePath(hash, format)
  await files.writeWhole(files.absolute(relativePath), bytes, { isDurable: true })
  if (thumbnail !== null) await files.writeWhole(files.thumbnailPath(hash), thumbnail, { isDurable: false })
  return { hash, widthPx, heightPx, format, byteCount: bytes.byteLength, relativePath, sourceName, frameCount }
}

/** Whether a picture was refused for its size alone: such a file may be made to fill the memory. */
export const isTooManyPixels = (thrown: AppError): boolean => /exceeds pixel limit/i.test((thrown.cause as Error | undefined)?.message ?? '')

function toFormat({ format, compression }: Metadata): ImageFormat | null {
  if (format === 'heif' && compression === 'av1') return 'avif'
  return imageFormats.find(known => known === format) ?? null
}
