// Draws a derived image as its recipe says: crops, resizes, flips, turns, then changes colours.
import { AppError } from '../../../../shared/errors'
import type { ImageRecipe } from '../../../../shared/imageRecipe'
import { jitterColours, toGrayscale } from './changeColours'
import { resizeBicubic } from './resizeBicubic'
import type { RgbImage } from './rgbImage'

/** Fills a picture of the given size; `sourceOf` gives the source pixel of (x, y), or −1 for black. */
function remap(image: RgbImage, width: number, height: number, sourceOf: (x: number, y: number) => number): RgbImage {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0, out = 0; y < height; y++) {
    for (let x = 0; x < width; x++, out += 3) {
      const from = sourceOf(x, y) * 3
      if (from < 0) continue
      data[out] = image.data[from]!
      data[out + 1] = image.data[from + 1]!
      data[out + 2] = image.data[from + 2]!
    }
  }
  return { width, height, data }
}

function crop(image: RgbImage, box: NonNullable<ImageRecipe['cropBoxPx']>): RgbImage {
  const { left, top, width, height } = box
  if (left + width > image.width || top + height > image.height) {
    throw new AppError(
      'bad-input',
      `The crop box ${width} × ${height} at (${left}, ${top}) reaches outside the picture of ${image.width} × ${image.height} pixels.`,
      'Draw the crop again on this picture.',
    )
  }
  return remap(image, width, height, (x, y) => (top + y) * image.width + left + x)
}

function flip(image: RgbImage, axis: 'horizontal' | 'vertical'): RgbImage {
  const { width, height } = image
  return axis === 'horizontal'
    ? remap(image, width, height, (x, y) => y * width + (width - 1 - x))
    : remap(image, width, height, (x, y) => (height - 1 - y) * width + x)
}

/** 16 bits after the point; sums of it stay exact in doubles. */
const fixed = (value: number): number => Math.floor(value * 65_536 + 0.5)
const roundTo15 = (value: number): number => Math.round(value * 1e15) / 1e15

/**
 * Quarter turns lose nothing and may swap the sides. Other angles keep the size, take the nearest pixel and fill black, with
 * the fixed-point steps of Pillow's `rotate`, so that ties fall as they do in the published training.
 */
function rotate(image: RgbImage, degreesClockwise: number): RgbImage {
  const { width, height } = image
  const angle = ((degreesClockwise % 360) + 360) % 360
  if (angle === 0) return image
  if (angle === 90) return remap(image, height, width, (x, y) => (height - 1 - x) * width + y)
  if (angle === 180) return remap(image, width, height, (x, y) => (height - 1 - y) * width + (width - 1 - x))
  if (angle === 270) return remap(image, height, width, (x, y) => x * width + (width - 1 - y))
  const cosine = roundTo15(Math.cos((angle * Math.PI) / 180))
  const sine = roundTo15(Math.sin((angle * Math.PI) / 180))
  const [middleX, middleY] = [width / 2, height / 2]
  const startX = fixed(-cosine * middleX - sine * middleY + middleX + (cosine + sine) * 0.5)
  const startY = fixed(sine * middleX - cosine * middleY + middleY + (cosine - sine) * 0.5)
  const [stepCosine, stepSine, stepMinusSine] = [fixed(cosine), fixed(sine), fixed(-sine)]
  return remap(image, width, height, (x, y) => {
    const sourceX = Math.floor((startX + x * stepCosine + y * stepSine) / 65_536)
    const sourceY = Math.floor((startY + x * stepMinusSine + y * stepCosine) / 65_536)
    const isInside = sourceX >= 0 && sourceX < width && sourceY >= 0 && sourceY < height
    return isInside ? sourceY * width + sourceX : -1
  })
}

/**
 * @param recipe null for the picture itself
 * @returns a new picture, or the given one where the recipe changes nothing
 * @throws AppError 'bad-input' where the crop box reaches outside the picture
 */
export function applyRecipe(image: RgbImage, recipe: ImageRecipe | null): RgbImage {
  if (!recipe) return image
  const cropped = recipe.cropBoxPx ? crop(image, recipe.cropBoxPx) : image
  const resized = recipe.resizePx ? resizeBicubic(cropped, recipe.resizePx.width, recipe.resizePx.height) : cropped
  const flipped = recipe.flip ? flip(resized, recipe.flip) : resized
  const turned = rotate(flipped, recipe.rotateDegrees)
  const coloured = recipe.jitter ? jitterColours(turned, recipe.jitter) : turned
  return recipe.grayscale ? toGrayscale(coloured) : coloured
}
