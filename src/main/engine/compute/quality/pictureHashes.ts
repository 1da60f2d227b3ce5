// Fingerprints of what a picture shows, alike for pictures that look alike. A hash of 64 bits, the signs of the lowest
// frequencies of a cosine transform, finds candidates among millions by its Hamming distance; a second one of the inside
// meets the first one of a copy whose margins were cut off. A grid of colours then tells copies from pictures that are only
// built alike (sameTiles.ts). Source: Zauner 2010, “Implementation and Benchmarking of Perceptual Image Hash Functions”,
// §3.2. Why these and not others: docs/decisions/perceptual-hashes.md.
import type { RgbImage } from '../image/rgbImage'
import { shrink, toGrey } from './shrinkPicture'

/** The cosine transform is taken of a picture of this size; more detail than the 8 lowest frequencies need. */
const transformSizePx = 32
const frequencyCount = 8
/** Cut off each side for the second hash. The hashes of a picture and of its inside are alike when up to twice as much was cut. */
const marginShare = 0.05
export const tileCount = 16
export const tileBytes = tileCount * tileCount * 3

/** Two 32-bit halves, because numbers hold 53 bits and BigInt is slow in loops over millions. */
export interface Hash64 {
  high: number
  low: number
}

export interface PictureHashes {
  /** Of the whole picture. */
  whole: Hash64
  /** Of the picture without a margin of a twentieth on every side. */
  inside: Hash64
  /** [16, 16, 3] mean colours, 0…255. */
  tiles: Uint8Array
}

/** cosines[u][x] = cos((2x + 1)uπ / 64): row u of a DCT-II of 32 values, not normalised, which no sign depends on. */
const cosines = Array.from({ length: frequencyCount }, (_, u) => Float64Array.from({ length: transformSizePx }, (__, x) => Math.cos(((2 * x + 1) * u * Math.PI) / (2 * transformSizePx))))

function pack(bits: readonly boolean[]): Hash64 {
  let high = 0
  let low = 0
  for (let bit = 0; bit < 32; bit++) {
    if (bits[bit]) high |= 1 << bit
    if (bits[bit + 32]) low |= 1 << bit
  }
  return { high: high >>> 0, low: low >>> 0 }
}

/** @param grey [32, 32] */
export function frequencyHash(grey: Float32Array): Hash64 {
  const rows = new Float64Array(transformSizePx * frequencyCount) // [y, u]
  for (let y = 0; y < transformSizePx; y++) {
    for (let u = 0; u < frequencyCount; u++) {
      let sum = 0
      for (let x = 0; x < transformSizePx; x++) sum += cosines[u]![x]! * grey[y * transformSizePx + x]!
      rows[y * frequencyCount + u] = sum
    }
  }
  const coefficients: number[] = [] // [v, u]
  for (let v = 0; v < frequencyCount; v++) {
    for (let u = 0; u < frequencyCount; u++) {
      let sum = 0
      for (let y = 0; y < transformSizePx; y++) sum += cosines[v]![y]! * rows[y * frequencyCount + u]!
      coefficients.push(sum)
    }
  }
  // The first is the mean of the picture, which brightness alone decides; it does not enter the median.
  const sorted = coefficients.slice(1).sort((a, b) => a - b)
  const median = sorted[31]!
  return pack(coefficients.map((value, index) => index > 0 && value > median))
}

function shrinkInside(grey: Float32Array, width: number, height: number): Float32Array {
  const left = Math.round(width * marginShare)
  const top = Math.round(height * marginShare)
  const innerWidth = width - 2 * left
  const innerHeight = height - 2 * top
  const inner = new Float32Array(innerWidth * innerHeight)
  for (let y = 0; y < innerHeight; y++) inner.set(grey.subarray((y + top) * width + left, (y + top) * width + left + innerWidth), y * innerWidth)
  return shrink(inner, innerWidth, innerHeight, 1, transformSizePx, transformSizePx)
}

export function hashPicture(image: RgbImage, grey: Float32Array = toGrey(image)): PictureHashes {
  const { width, height, data } = image
  return {
    whole: frequencyHash(shrink(grey, width, height, 1, transformSizePx, transformSizePx)),
    inside: frequencyHash(shrinkInside(grey, width, height)),
    tiles: Uint8Array.from(shrink(data, width, height, 3, tileCount, tileCount), value => Math.round(value)),
  }
}

/** Ones of a 32-bit number (Warren, Hacker's Delight, §5-1). */
export function countOnes(bits: number): number {
  let pairs = bits - ((bits >>> 1) & 0x55555555)
  pairs = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((pairs + (pairs >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

export const hammingDistance = (a: Hash64, b: Hash64): number => countOnes(a.high ^ b.high) + countOnes(a.low ^ b.low)
