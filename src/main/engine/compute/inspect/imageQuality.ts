// How far a reconstruction is from its original: mean squared error, PSNR and SSIM on 8-bit RGB.
// SSIM: Wang et al. 2004 (doi:10.1109/TIP.2003.819861) §III-B with its constants; it is defined for one channel, so it is
// taken of red, green and blue, and the three are averaged. Only windows that lie whole inside the picture count.
import type { RgbImage } from '../image/rgbImage'

/** Largest value of a channel. */
const peak = 255
const windowPx = 11
const windowSigmaPx = 1.5
const luminanceConstant = (0.01 * peak) ** 2
const contrastConstant = (0.03 * peak) ** 2
const channelCount = 3

function checkSizes(first: RgbImage, second: RgbImage): void {
  if (first.width !== second.width || first.height !== second.height) {
    throw new RangeError(`Expected two pictures of one size, got ${first.width} × ${first.height} and ${second.width} × ${second.height} pixels.`)
  }
}

/** Mean over all pixels and channels, in squared 8-bit steps. */
export function meanSquaredError(first: RgbImage, second: RgbImage): number {
  checkSizes(first, second)
  let sum = 0
  for (let i = 0; i < first.data.length; i++) sum += (first.data[i]! - second.data[i]!) ** 2
  return sum / first.data.length
}

/** Peak signal-to-noise ratio in decibels; Infinity for equal pictures. */
export function psnrDecibel(first: RgbImage, second: RgbImage): number {
  const error = meanSquaredError(first, second)
  return error === 0 ? Infinity : 10 * Math.log10(peak ** 2 / error)
}

/** Weights of the circular Gaussian window along one axis; they sum to 1. */
function windowWeights(): Float64Array {
  const middle = (windowPx - 1) / 2
  const weights = Float64Array.from({ length: windowPx }, (_, i) => Math.exp(-((i - middle) ** 2) / (2 * windowSigmaPx ** 2)))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
}
const weights = windowWeights()

/** Weighted means of every window that lies inside: [height, width] → [height − 10, width − 10]. */
function windowMeans(values: Float64Array, width: number, height: number): Float64Array {
  const innerWidth = width - windowPx + 1
  const innerHeight = height - windowPx + 1
  const rows = new Float64Array(innerWidth * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < innerWidth; x++) {
      let sum = 0
      for (let i = 0, from = y * width + x; i < windowPx; i++) sum += values[from + i]! * weights[i]!
      rows[y * innerWidth + x] = sum
    }
  }
  const means = new Float64Array(innerWidth * innerHeight)
  for (let y = 0; y < innerHeight; y++) {
    for (let x = 0; x < innerWidth; x++) {
      let sum = 0
      for (let i = 0; i < windowPx; i++) sum += rows[(y + i) * innerWidth + x]! * weights[i]!
      means[y * innerWidth + x] = sum
    }
  }
  return means
}

function channelOf({ data }: RgbImage, channel: number): Float64Array {
  return Float64Array.from({ length: data.length / channelCount }, (_, i) => data[i * channelCount + channel]!)
}

function channelSsim(first: Float64Array, second: Float64Array, width: number, height: number): number {
  const meansOf = (value: (i: number) => number): Float64Array => windowMeans(Float64Array.from(first, (_, i) => value(i)), width, height)
  const firstMeans = windowMeans(first, width, height)
  const secondMeans = windowMeans(second, width, height)
  const firstSquares = meansOf((i) => first[i]! ** 2)
  const secondSquares = meansOf((i) => second[i]! ** 2)
  const products = meansOf((i) => first[i]! * second[i]!)
  let sum = 0
  for (let i = 0; i < firstMeans.length; i++) {
    const a = firstMeans[i]!
    const b = secondMeans[i]!
    // Biased estimates of the window's variances and covariance, as in the paper's equations 14 to 16.
    const variances = firstSquares[i]! - a * a + secondSquares[i]! - b * b
    const covariance = products[i]! - a * b
    const luminance = (2 * a * b + luminanceConstant) / (a * a + b * b + luminanceConstant)
    sum += luminance * ((2 * covariance + contrastConstant) / (variances + contrastConstant))
  }
  return sum / firstMeans.length
}

/**
 * Mean structural similarity, at most 1 (equal pictures).
 * @throws RangeError for pictures of different sizes, or smaller than one window of 11 × 11 pixels
 */
export function structuralSimilarity(first: RgbImage, second: RgbImage): number {
  checkSizes(first, second)
  const { width, height } = first
  if (width < windowPx || height < windowPx) throw new RangeError(`Expected pictures of at least ${windowPx} × ${windowPx} pixels, got ${width} × ${height}.`)
  let sum = 0
  for (let channel = 0; channel < channelCount; channel++) sum += channelSsim(channelOf(first, channel), channelOf(second, channel), width, height)
  return sum / channelCount
}
