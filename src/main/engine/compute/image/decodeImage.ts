// Reads any picture that libvips can into 8-bit sRGB: EXIF rotation applied, transparency laid on white, 16-bit and
// CMYK converted, the first frame of an animation.
import { basename } from 'node:path'
import sharp from 'sharp'
import { AppError } from '../../../../shared/errors'
import type { RgbImage } from './rgbImage'

/** 360 MB once decoded; larger than any camera's, small enough not to take the machine's memory. */
export const maximumPixels = 120_000_000

// libvips remembers files by path and would show a picture that has been replaced since.
sharp.cache(false)

/** libvips repeats itself over several lines and prefixes the path; the last clause of the first line is the reason. */
export function reasonOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  if (/exceeds pixel limit/i.test(message)) return `it has more than ${maximumPixels / 1e6} million pixels`
  if (/unsupported image format/i.test(message)) return 'it is in no picture format that is known here, or is damaged'
  if (/input file is missing/i.test(message)) return 'there is no such file'
  if (/is empty/i.test(message)) return 'it is empty'
  return message.split('\n')[0]!.trim().replace(/\.$/, '')
}

/**
 * @param source a path, or the bytes of a picture file
 * @param label how messages name the picture; by default the file's name
 * @throws AppError 'unreadable-image' with the reason: missing, unknown format, cut short, too large
 */
export async function decodeImage(source: string | Uint8Array, label?: string): Promise<RgbImage> {
  const name = label ?? (typeof source === 'string' ? `“${basename(source)}”` : 'The picture')
  try {
    const { data, info } = await sharp(source, { failOn: 'error', limitInputPixels: maximumPixels, autoOrient: true })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    if (info.channels !== 3) throw new Error(`it decodes to ${info.channels} channels, expected 3`)
    return { width: info.width, height: info.height, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }
  } catch (thrown) {
    throw new AppError(
      'unreadable-image', `${name} cannot be read: ${reasonOf(thrown)}.`,
      'Replace it with a whole JPEG, PNG, WebP, GIF, TIFF or AVIF file.', { cause: thrown },
    )
  }
}
