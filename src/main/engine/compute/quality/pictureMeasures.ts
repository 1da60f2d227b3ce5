// What can be told of a picture from its pixels alone. Measured on a copy that fits into 256 × 256 pixels, the size that
// the published image tokenizers see; a smaller picture is not enlarged.
import type { RgbImage } from '../image/rgbImage'
import { toGrey } from './shrinkPicture'

export interface PictureMeasures {
  /**
   * Standard deviation of the Laplacian of the grey values, so 0 where nothing changes. Its square is the measure of Pech-Pacheco et al. 2000
   * (“Diatom autofocusing in brightfield microscopy”); the root keeps the numbers small.
   */
  sharpness: number
  /** Mean grey value, 0…255. */
  brightness: number
  /** Standard deviation of the grey values, 0…127.5. */
  contrast: number
  /** Of the grey values, in bits: 0 for one value, 8 where all are equally common. */
  entropyBits: number
}

function deviation(sum: number, sumOfSquares: number, count: number): number {
  return count === 0 ? 0 : Math.sqrt(Math.max(0, sumOfSquares / count - (sum / count) ** 2))
}

/** Of the inner pixels: four times a value less its four neighbours. */
function laplacianDeviation(grey: Float32Array, width: number, height: number): number {
  let sum = 0
  let sumOfSquares = 0
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1, at = y * width + 1; x < width - 1; x++, at++) {
      const value = 4 * grey[at]! - grey[at - 1]! - grey[at + 1]! - grey[at - width]! - grey[at + width]!
      sum += value
      sumOfSquares += value * value
    }
  }
  return deviation(sum, sumOfSquares, Math.max(0, width - 2) * Math.max(0, height - 2))
}

export function measurePixels(image: RgbImage, grey: Float32Array = toGrey(image)): PictureMeasures {
  const counts = new Uint32Array(256)
  let sum = 0
  let sumOfSquares = 0
  for (const value of grey) {
    sum += value
    sumOfSquares += value * value
    counts[Math.round(value)]!++
  }
  let entropyBits = 0
  for (const count of counts) if (count > 0) entropyBits -= (count / grey.length) * Math.log2(count / grey.length)
  return {
    sharpness: laplacianDeviation(grey, image.width, image.height),
    brightness: sum / grey.length,
    contrast: deviation(sum, sumOfSquares, grey.length),
    entropyBits: Math.max(0, entropyBits),
  }
}
