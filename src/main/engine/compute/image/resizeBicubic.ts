// Bicubic resizing with antialiasing, bit for bit as PIL does it on 8-bit pictures: weights as fixed-point integers,
// rows first, then columns, each rounded to 8 bits. Source: the method of Pillow's Resample.c, written anew.
import type { RgbImage } from './rgbImage'

/** Bits after the point: 32 less 8 for the value and 2 for the overshoot of the kernel. */
const fractionBits = 22
const half = 1 << (fractionBits - 1)
/** In source pixels when enlarging; the kernel widens with the factor when shrinking. */
const kernelRadius = 2
const sharpness = -0.5

function bicubicKernel(x: number): number {
  const t = Math.abs(x)
  if (t < 1) return ((sharpness + 2) * t - (sharpness + 3)) * t * t + 1
  if (t < 2) return (((t - 5) * t + 8) * t - 4) * sharpness
  return 0
}

interface AxisWeights {
  /** First source position of each target position. */
  starts: Int32Array
  counts: Int32Array
  /** `stride` fixed-point weights for each target position, the first `counts` of them used. */
  weights: Int32Array
  stride: number
}

function axisWeights(sourceSize: number, targetSize: number): AxisWeights {
  const scale = sourceSize / targetSize
  const filterScale = Math.max(scale, 1)
  const support = kernelRadius * filterScale
  const stride = Math.ceil(support) * 2 + 1
  const starts = new Int32Array(targetSize)
  const counts = new Int32Array(targetSize)
  const weights = new Int32Array(targetSize * stride)
  const exact = new Float64Array(stride)
  const inverseFilterScale = 1 / filterScale // PIL multiplies by it; dividing instead changes last bits
  for (let target = 0; target < targetSize; target++) {
    const centre = (target + 0.5) * scale
    const start = Math.max(Math.trunc(centre - support + 0.5), 0)
    const count = Math.min(Math.trunc(centre + support + 0.5), sourceSize) - start
    let sum = 0
    for (let i = 0; i < count; i++) sum += exact[i] = bicubicKernel((i + start - centre + 0.5) * inverseFilterScale)
    for (let i = 0; i < count; i++) {
      const weight = (sum === 0 ? exact[i]! : exact[i]! / sum) * (1 << fractionBits)
      weights[target * stride + i] = Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5)
    }
    starts[target] = start
    counts[target] = count
  }
  return { starts, counts, weights, stride }
}

/** Clamps the integer part to 0…255; sums stay within 32 bits, because 255 · Σ|weights| < 2^31. */
function toByte(sum: number): number {
  const value = sum >> fractionBits
  return value < 0 ? 0 : value > 255 ? 255 : value
}

function resizeRows(image: RgbImage, targetWidth: number): RgbImage {
  const { width, height, data } = image
  const { starts, counts, weights, stride } = axisWeights(width, targetWidth)
  const result = new Uint8Array(targetWidth * height * 3)
  for (let y = 0, out = 0; y < height; y++) {
    for (let x = 0; x < targetWidth; x++) {
      let red = half, green = half, blue = half
      const first = x * stride
      for (let i = 0, from = (y * width + starts[x]!) * 3; i < counts[x]!; i++, from += 3) {
        const weight = weights[first + i]!
        red += data[from]! * weight
        green += data[from + 1]! * weight
        blue += data[from + 2]! * weight
      }
      result[out++] = toByte(red)
      result[out++] = toByte(green)
      result[out++] = toByte(blue)
    }
  }
  return { width: targetWidth, height, data: result }
}

function resizeColumns(image: RgbImage, targetHeight: number): RgbImage {
  const { width, height, data } = image
  const { starts, counts, weights, stride } = axisWeights(height, targetHeight)
  const rowBytes = width * 3
  const result = new Uint8Array(rowBytes * targetHeight)
  const sums = new Int32Array(rowBytes)
  for (let y = 0; y < targetHeight; y++) {
    sums.fill(half)
    for (let i = 0; i < counts[y]!; i++) {
      const weight = weights[y * stride + i]!
      const from = (starts[y]! + i) * rowBytes
      for (let x = 0; x < rowBytes; x++) sums[x]! += data[from + x]! * weight
    }
    for (let x = 0, out = y * rowBytes; x < rowBytes; x++) result[out + x] = toByte(sums[x]!)
  }
  return { width, height: targetHeight, data: result }
}

/** Squashes a picture to width × height. A picture of that size already is given back as it is. */
export function resizeBicubic(image: RgbImage, width: number, height: number): RgbImage {
  for (const size of [width, height]) {
    if (!Number.isInteger(size) || size < 1) throw new RangeError(`Expected a size of whole pixels, got ${width} × ${height}.`)
  }
  const narrowed = image.width === width ? image : resizeRows(image, width)
  return narrowed.height === height ? narrowed : resizeColumns(narrowed, height)
}
