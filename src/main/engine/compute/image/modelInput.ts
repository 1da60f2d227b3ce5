// From picture files to what the image tokenizer reads: square pictures of numbers in 0…1.
import type { ImageRecipe } from '../../../../shared/imageRecipe'
import { applyRecipe } from './applyRecipe'
import { decodeImage } from './decodeImage'
import { resizeBicubic } from './resizeBicubic'
import type { RgbImage } from './rgbImage'

/** Decodes, applies the recipe and squashes to sizePx × sizePx. Throws as `decodeImage` and `applyRecipe` do. */
export async function loadModelImage(source: string | Uint8Array, recipe: ImageRecipe | null, sizePx: number, label?: string): Promise<RgbImage> {
  return resizeBicubic(applyRecipe(await decodeImage(source, label), recipe), sizePx, sizePx)
}

/**
 * Pictures of one size, one after another.
 * @returns [N, height, width, 3] row-major, 0…1; no mean or deviation is taken off
 */
export function toModelInput(images: readonly RgbImage[]): Float32Array {
  const first = images[0]
  if (!first) return new Float32Array(0)
  const numbers = first.width * first.height * 3
  const input = new Float32Array(images.length * numbers)
  images.forEach(({ width, height, data }, n) => {
    if (width !== first.width || height !== first.height) {
      throw new RangeError(`Expected pictures of ${first.width} × ${first.height} pixels, got one of ${width} × ${height}.`)
    }
    for (let i = 0, out = n * numbers; i < numbers; i++) input[out + i] = data[i]! / 255
  })
  return input
}
