// From a picture file to its measures and fingerprints. The decoder shrinks while it reads, which for large JPEG files
// saves most of the work; sharp does it in its own threads.
import sharp, { type Sharp } from 'sharp'
import { AppError } from '../../../../shared/errors'
import type { ImageRecipe } from '../../../../shared/imageRecipe'
import { applyRecipe } from '../image/applyRecipe'
import { decodeImage, maximumPixels, reasonOf } from '../image/decodeImage'
import type { RgbImage } from '../image/rgbImage'
import { hashPicture, type PictureHashes } from './pictureHashes'
import { measurePixels, type PictureMeasures } from './pictureMeasures'
import { toGrey } from './shrinkPicture'

/** Raised when a measure or a hash changes its meaning: pictures are then measured anew. */
export const measureVersion = 1

/** What the published image tokenizers see. */
const measuredSizePx = 256
/** Grey values of a plain surface: the signs of its frequencies are chance, so they find nothing. */
const leastContrast = 2

export interface MeasuredPicture extends PictureMeasures {
  /** Null for a picture of one colour. */
  hashes: PictureHashes | null
}

async function toSmallPixels(picture: Sharp): Promise<RgbImage> {
  const { data, info } = await picture
    .resize({ width: measuredSizePx, height: measuredSizePx, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
  if (info.channels !== 3) throw new Error(`it decodes to ${info.channels} channels, expected 3`)
  return { width: info.width, height: info.height, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }
}

/**
 * @param label how messages name the picture
 * @throws AppError 'unreadable-image', and 'bad-input' where a recipe does not fit
 */
export async function measurePicture(path: string, recipe: ImageRecipe | null, label: string): Promise<MeasuredPicture> {
  const pixels = recipe === null ? await readSmall(path, label) : await drawSmall(path, recipe, label)
  const grey = toGrey(pixels)
  const measures = measurePixels(pixels, grey)
  return { ...measures, hashes: measures.contrast < leastContrast ? null : hashPicture(pixels, grey) }
}

async function readSmall(path: string, label: string): Promise<RgbImage> {
  try {
    return await toSmallPixels(sharp(path, { failOn: 'error', limitInputPixels: maximumPixels, autoOrient: true }))
  } catch (cause) {
    throw new AppError('unreadable-image', `${label} cannot be read: ${reasonOf(cause)}.`, 'Replace it with a whole JPEG, PNG, WebP, GIF, TIFF or AVIF file.', { cause })
  }
}

/** A box is given in pixels of the whole picture, so a derived picture is decoded in full. */
async function drawSmall(path: string, recipe: ImageRecipe, label: string): Promise<RgbImage> {
  const { width, height, data } = applyRecipe(await decodeImage(path, label), recipe)
  return toSmallPixels(sharp(data, { raw: { width, height, channels: 3 } }))
}
