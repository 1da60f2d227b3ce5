// PSNR and SSIM against values that follow by hand, and against scikit-image 0.26 (gaussian_weights, sigma 1.5, biased
// covariance, mean over channels) on pictures drawn by formula.
import { describe, expect, it } from 'vitest'
import type { RgbImage } from '../../../src/main/engine/compute/image/rgbImage'
import { differenceImage } from '../../../src/main/engine/compute/inspect/differenceImage'
import { meanSquaredError, psnrDecibel, structuralSimilarity } from '../../../src/main/engine/compute/inspect/imageQuality'

function draw(width: number, height: number, valueAt: (x: number, y: number, channel: number) => number): RgbImage {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / 3)
    data[i] = valueAt(pixel % width, Math.floor(pixel / width), i % 3)
  }
  return { width, height, data }
}
const plain = (size: number, value: number): RgbImage => draw(size, size, () => value)
const sawtooth = (width: number, height: number): RgbImage => draw(width, height, (x, y, c) => (x * 7 + y * 13 + c * 29) % 256)
const ramp = (width: number, height: number): RgbImage => draw(width, height, (x, y, c) => (x * 2 + y * 3 + c * 40) % 256)
const mirrored = (image: RgbImage): RgbImage => draw(image.width, image.height, (x, y, c) => image.data[(y * image.width + image.width - 1 - x) * 3 + c]!)
const noisy = (image: RgbImage, strength: number): RgbImage => draw(image.width, image.height, (x, y, c) => {
  const noise = ((x * 31 + y * 17 + c * 11 + x * y * 5) % (2 * strength + 1)) - strength
  return Math.min(255, Math.max(0, image.data[(y * image.width + x) * 3 + c]! + noise))
})

describe('by hand', () => {
  it('a step of one everywhere is an error of 1 and a PSNR of 20·log₁₀ 255', () => {
    expect(meanSquaredError(plain(12, 100), plain(12, 101))).toBe(1)
    expect(psnrDecibel(plain(12, 100), plain(12, 101))).toBeCloseTo(48.1308036, 6)
  })

  it('black against white has no signal above its noise', () => {
    expect(psnrDecibel(plain(12, 0), plain(12, 255))).toBe(0)
  })

  it('equal pictures have no error, a PSNR without bound and a similarity of 1', () => {
    const image = sawtooth(20, 13)
    expect(meanSquaredError(image, image)).toBe(0)
    expect(psnrDecibel(image, image)).toBe(Infinity)
    expect(structuralSimilarity(image, image)).toBeCloseTo(1, 12)
  })

  it('plain pictures differ in luminance alone: (2ab + C₁)/(a² + b² + C₁)', () => {
    const constant = 2.55 ** 2
    expect(structuralSimilarity(plain(16, 50), plain(16, 100))).toBeCloseTo((2 * 50 * 100 + constant) / (50 ** 2 + 100 ** 2 + constant), 9)
    expect(structuralSimilarity(plain(16, 0), plain(16, 255))).toBeCloseTo(constant / (255 ** 2 + constant), 9)
  })

  it('does not depend on the order of the two', () => {
    expect(structuralSimilarity(sawtooth(24, 18), ramp(24, 18))).toBe(structuralSimilarity(ramp(24, 18), sawtooth(24, 18)))
  })
})

describe('against scikit-image', () => {
  it.each([
    ['a sawtooth under noise', sawtooth(40, 24), noisy(sawtooth(40, 24), 20), 134.21979166666668, 26.852638004905074, 0.9246650142755394],
    ['a ramp under weak noise', ramp(32, 32), noisy(ramp(32, 32), 6), 13.521484375, 36.82055990232305, 0.9019036301095658],
    ['one window alone', ramp(11, 11), noisy(ramp(11, 11), 60), 1103.0661157024792, 17.70478816855449, 0.10821249421153874],
    ['two unlike pictures', ramp(32, 32), sawtooth(32, 32), 8030.666666666667, 9.083287610890299, 0.24946605000089941],
    ['a wide picture and its mirror image', ramp(64, 20), mirrored(ramp(64, 20)), 5473.866666666667, 10.747861462804982, 0.6088400686799211],
  ])('%s', (_name, first, second, error, psnr, similarity) => {
    expect(meanSquaredError(first, second)).toBeCloseTo(error, 9)
    expect(psnrDecibel(first, second)).toBeCloseTo(psnr, 9)
    expect(structuralSimilarity(first, second)).toBeCloseTo(similarity, 9)
  })
})

describe('what cannot be compared', () => {
  it('is refused with both sizes', () => {
    expect(() => psnrDecibel(plain(12, 0), plain(13, 0))).toThrow('got 12 × 12 and 13 × 13')
    expect(() => structuralSimilarity(plain(10, 0), plain(10, 0))).toThrow('at least 11 × 11 pixels, got 10 × 10')
  })
})

describe('the picture of a difference', () => {
  it('is black where both agree, and bright by its gain up to white', () => {
    const { image, gain } = differenceImage({ width: 2, height: 1, data: Uint8Array.of(10, 20, 30, 0, 255, 9) }, { width: 2, height: 1, data: Uint8Array.of(10, 25, 20, 200, 0, 9) })
    expect(gain).toBe(4)
    expect([...image.data]).toEqual([0, 20, 40, 255, 255, 0])
  })

  it('is brighter where the pictures hardly differ, but not without bound', () => {
    expect(differenceImage(plain(12, 100), plain(12, 108)).gain).toBe(16)
    expect(differenceImage(plain(12, 100), plain(12, 101)).gain).toBe(64)
    expect(differenceImage(plain(12, 100), plain(12, 100)).gain).toBe(64)
  })

  it('is not darkened by a few wild pixels', () => {
    const second = plain(40, 104)
    second.data[7] = 255
    expect(differenceImage(plain(40, 100), second).gain).toBe(32)
  })
})
