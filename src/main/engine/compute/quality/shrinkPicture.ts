// Shrinks pictures by averaging: every pixel of the result is the mean of the area that it covers, edges weighted by how
// much of a pixel lies inside. Slower than sharp, but the same on every machine, so that hashes can be compared for ever.
import type { RgbImage } from '../image/rgbImage'

/** Grey value of each pixel, 0…255 (Rec. 601, as JPEG has it). */
export function toGrey({ width, height, data }: RgbImage): Float32Array {
  const grey = new Float32Array(width * height)
  for (let pixel = 0, from = 0; pixel < grey.length; pixel++, from += 3) grey[pixel] = 0.299 * data[from]! + 0.587 * data[from + 1]! + 0.114 * data[from + 2]!
  return grey
}

interface Span {
  first: number
  /** Share of each covered pixel; they add up to one. */
  weights: Float32Array
}

/** What of `size` pixels each of `count` equal parts covers. Parts smaller than a pixel cover a piece of one or two. */
function spans(size: number, count: number): Span[] {
  const length = size / count
  return Array.from({ length: count }, (_, part) => {
    const start = part * length
    const end = Math.min((part + 1) * length, size)
    const first = Math.min(Math.floor(start), size - 1)
    const last = Math.max(first, Math.ceil(end) - 1)
    const weights = Float32Array.from({ length: last - first + 1 }, (__, index) => (Math.min(end, first + index + 1) - Math.max(start, first + index)) / (end - start))
    return { first, weights }
  })
}

/**
 * @param values [height, width, channels] row-major
 * @returns [rows, columns, channels], the picture squashed
 */
export function shrink(values: ArrayLike<number>, width: number, height: number, channels: number, columns: number, rows: number): Float32Array {
  const narrow = new Float32Array(height * columns * channels)
  const across = spans(width, columns)
  for (let y = 0, out = 0; y < height; y++) {
    for (const { first, weights } of across) {
      for (let channel = 0; channel < channels; channel++, out++) {
        let sum = 0
        for (let index = 0, from = (y * width + first) * channels + channel; index < weights.length; index++, from += channels) sum += weights[index]! * values[from]!
        narrow[out] = sum
      }
    }
  }
  const result = new Float32Array(rows * columns * channels)
  const rowLength = columns * channels
  spans(height, rows).forEach(({ first, weights }, row) => {
    weights.forEach((weight, index) => {
      for (let column = 0, from = (first + index) * rowLength, to = row * rowLength; column < rowLength; column++) result[to + column]! += weight * narrow[from + column]!
    })
  })
  return result
}
