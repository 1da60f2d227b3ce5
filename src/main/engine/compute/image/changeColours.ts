// Brightness, contrast, saturation and grayscale, bit for bit as PIL's ImageEnhance and its conversion to L do them on 8-bit
// pictures, because that is what the published training transformed with. Source: the method of Pillow's Blend.c and
// Convert.c, written anew.
import type { ImageRecipe } from '../../../../shared/imageRecipe'
import type { RgbImage } from './rgbImage'

/** Luma of ITU-R BT.601 in 16-bit fixed point, rounded. */
export const luma = (red: number, green: number, blue: number): number => (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >>> 16

/** `from` + factor · (`value` − `from`) in 32-bit floats, cut down to a whole number of 0…255. */
function blend(from: number, value: number, factor: number): number {
  const mixed = Math.fround(from + Math.fround(factor * (value - from)))
  return mixed <= 0 ? 0 : mixed >= 255 ? 255 : Math.trunc(mixed)
}

/** @param factor as a 32-bit float */
function blendWith(image: RgbImage, from: number, factor: number): RgbImage {
  const table = Uint8Array.from({ length: 256 }, (_, value) => blend(from, value, factor))
  return { ...image, data: image.data.map((value) => table[value]!) }
}

/** The mean luma of the picture, rounded. */
function meanLuma({ data }: RgbImage): number {
  let sum = 0
  for (let offset = 0; offset < data.length; offset += 3) sum += luma(data[offset]!, data[offset + 1]!, data[offset + 2]!)
  return Math.floor(sum / (data.length / 3) + 0.5)
}

/** Maps each pixel to new channels, by its own and its luma. */
function saturate(image: RgbImage, factor: number): RgbImage {
  const data = new Uint8Array(image.data.length)
  for (let offset = 0; offset < data.length; offset += 3) {
    const grey = luma(image.data[offset]!, image.data[offset + 1]!, image.data[offset + 2]!)
    for (let channel = offset; channel < offset + 3; channel++) data[channel] = blend(grey, image.data[channel]!, factor)
  }
  return { ...image, data }
}

export function jitterColours(image: RgbImage, { brightness, contrast, saturation }: NonNullable<ImageRecipe['jitter']>): RgbImage {
  const bright = brightness === 1 ? image : blendWith(image, 0, Math.fround(brightness))
  const contrasted = contrast === 1 ? bright : blendWith(bright, meanLuma(bright), Math.fround(contrast))
  return saturation === 1 ? contrasted : saturate(contrasted, Math.fround(saturation))
}

export function toGrayscale(image: RgbImage): RgbImage {
  return saturate(image, 0)
}
