import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { applyRecipe } from '../../../src/main/engine/compute/image/applyRecipe'
import { decodeImage } from '../../../src/main/engine/compute/image/decodeImage'
import { loadModelImage, toModelInput } from '../../../src/main/engine/compute/image/modelInput'
import { resizeBicubic } from '../../../src/main/engine/compute/image/resizeBicubic'
import type { RgbImage } from '../../../src/main/engine/compute/image/rgbImage'
import { AppError } from '../../../src/shared/errors'
import { imageRecipeSchema } from '../../../src/shared/imageRecipe'

let folder: string
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'image-test-')) })
afterAll(() => rm(folder, { recursive: true }))

const pixel = (image: RgbImage, x: number, y: number): number[] => [...image.data.subarray((y * image.width + x) * 3, (y * image.width + x) * 3 + 3)]
const solid = (width: number, height: number, background: string | { r: number; g: number; b: number; alpha: number }): Sharp =>
  sharp({ create: { width, height, channels: typeof background === 'string' ? 3 : 4, background } })

/** Width × height, each pixel's red its index. */
function numbered(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++) data[i * 3] = i
  return { width, height, data }
}
const reds = (image: RgbImage): number[] => [...image.data].filter((_, i) => i % 3 === 0)

async function failure(work: Promise<unknown>): Promise<AppError> {
  const thrown = await work.then(() => null, (error: unknown) => error)
  expect(thrown).toBeInstanceOf(AppError)
  return thrown as AppError
}

describe('decodeImage', () => {
  it('lays transparency on white', async () => {
    const image = await decodeImage(await solid(3, 2, { r: 255, g: 0, b: 0, alpha: 0 }).png().toBuffer())
    expect(pixel(image, 1, 1)).toEqual([255, 255, 255])
    const halfway = await decodeImage(await solid(3, 2, { r: 255, g: 0, b: 0, alpha: 0.5 }).png().toBuffer())
    expect(pixel(halfway, 0, 0)[1]).toBeGreaterThan(120)
    expect(pixel(halfway, 0, 0)[1]).toBeLessThan(135)
  })

  it('brings 16 bits to 8', async () => {
    const wide = new Uint16Array([0, 0x8000, 0xffff, 0x1234, 0xfeff, 0x00ff])
    const png = await sharp(wide, { raw: { width: 2, height: 1, channels: 3 } }).toColourspace('rgb16').png().toBuffer()
    expect((await sharp(png).metadata()).depth).toBe('ushort')
    const image = await decodeImage(png)
    expect([...image.data]).toEqual([0, 0x80, 0xff, 0x12, 0xfe, 0x00])
  })

  it('brings CMYK and grey to sRGB', async () => {
    const cmyk = await solid(8, 8, '#ff0000').toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer()
    expect((await sharp(cmyk).metadata()).channels).toBe(4)
    const [red, green, blue] = pixel(await decodeImage(cmyk), 4, 4) as [number, number, number]
    expect(red).toBeGreaterThan(200)
    expect(Math.max(green, blue)).toBeLessThan(80)
    const grey = await solid(4, 4, '#808080').toColourspace('b-w').png().toBuffer()
    expect((await sharp(grey).metadata()).channels).toBe(1)
    expect(pixel(await decodeImage(grey), 0, 0)).toEqual([128, 128, 128])
  })

  it('turns a picture upright by its EXIF orientation', async () => {
    const raw = Buffer.from([255, 0, 0, 0, 0, 255]) // red left of blue
    const jpeg = await sharp(raw, { raw: { width: 2, height: 1, channels: 3 } }).resize(32, 16, { kernel: 'nearest' })
      .withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer()
    const image = await decodeImage(jpeg)
    expect([image.width, image.height]).toEqual([16, 32])
    expect(pixel(image, 8, 2)[0]).toBeGreaterThan(200) // red is on top
    expect(pixel(image, 8, 30)[2]).toBeGreaterThan(200)
  })

  it('sees a file that was replaced', async () => {
    const path = join(folder, 'replaced.png')
    await writeFile(path, await solid(2, 2, '#ff0000').png().toBuffer())
    expect(pixel(await decodeImage(path), 0, 0)).toEqual([255, 0, 0])
    await writeFile(path, await solid(2, 2, '#0000ff').png().toBuffer())
    expect(pixel(await decodeImage(path), 0, 0)).toEqual([0, 0, 255])
  })

  it.each(['jpeg', 'png', 'webp'] as const)('refuses a %s file that is cut short', async (format) => {
    const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251))
    const whole = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } }).toFormat(format).toBuffer()
    const path = join(folder, `cut.${format}`)
    await writeFile(path, whole.subarray(0, whole.length >> 1))
    const error = await failure(decodeImage(path))
    expect(error.code).toBe('unreadable-image')
    expect(error.message).toContain(`cut.${format}`)
  })

  it.each([
    ['text', Buffer.from('this is no picture'), /no picture format/],
    ['nothing', Buffer.alloc(0), /empty/],
  ])('refuses %s', async (_, bytes, reason) => {
    const error = await failure(decodeImage(bytes, 'query'))
    expect(error.code).toBe('unreadable-image')
    expect(error.message).toMatch(/^query cannot be read/)
    expect(error.message).toMatch(reason)
  })

  it('refuses a missing file and a picture of too many pixels', async () => {
    expect((await failure(decodeImage(join(folder, 'absent.png')))).message).toMatch(/absent\.png.*no such file/)
    const header = Buffer.from(await solid(1, 1, '#000000').png().toBuffer())
    header.writeUInt32BE(20_000, 16) // width and height in the PNG header, whose check sum comes after
    header.writeUInt32BE(20_000, 20)
    header.writeUInt32BE(crc32(header.subarray(12, 29)), 29)
    expect((await failure(decodeImage(header))).message).toMatch(/120 million pixels/)
  })
})

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

describe('resizeBicubic', () => {
  it('keeps a plain colour at any size', () => {
    const plain: RgbImage = { width: 5, height: 3, data: new Uint8Array(45).fill(137) }
    for (const [width, height] of [[1, 1], [2, 9], [64, 64], [5, 3]] as const) {
      const resized = resizeBicubic(plain, width, height)
      expect(resized.data.length).toBe(width * height * 3)
      expect(resized.data.every((value) => value === 137)).toBe(true)
    }
  })

  it('clamps the overshoot at an edge', () => {
    const edge: RgbImage = { width: 4, height: 1, data: Uint8Array.from([0, 0, 255, 255].flatMap((v) => [v, v, v])) }
    const row = reds(resizeBicubic(edge, 16, 1))
    expect(row[0]).toBe(0)
    expect(row[15]).toBe(255)
    expect([...row].sort((a, b) => a - b)).toEqual(row)
  })

  it('refuses sizes that are no whole pixels', () => {
    expect(() => resizeBicubic(numbered(2, 2), 0, 4)).toThrow(/whole pixels/)
  })
})

describe('applyRecipe', () => {
  const recipe = (given: Record<string, unknown>) => imageRecipeSchema.parse(given)
  const image = numbered(3, 2) // 0 1 2 / 3 4 5

  it.each([
    [{}, 3, [0, 1, 2, 3, 4, 5]],
    [{ flip: 'horizontal' }, 3, [2, 1, 0, 5, 4, 3]],
    [{ flip: 'vertical' }, 3, [3, 4, 5, 0, 1, 2]],
    [{ rotateDegrees: 90 }, 2, [3, 0, 4, 1, 5, 2]],
    [{ rotateDegrees: -90 }, 2, [2, 5, 1, 4, 0, 3]],
    [{ rotateDegrees: 180 }, 3, [5, 4, 3, 2, 1, 0]],
    [{ rotateDegrees: 360 }, 3, [0, 1, 2, 3, 4, 5]],
    [{ cropBoxPx: { left: 1, top: 0, width: 2, height: 2 } }, 2, [1, 2, 4, 5]],
    [{ cropBoxPx: { left: 1, top: 1, width: 2, height: 1 }, flip: 'horizontal', rotateDegrees: 90 }, 1, [5, 4]],
  ])('%j', (given, width, expected) => {
    const result = applyRecipe(image, recipe(given))
    expect(result.width).toBe(width)
    expect(reds(result)).toEqual(expected)
  })

  it('turns by small angles clockwise and fills corners with black', () => {
    const white: RgbImage = { width: 21, height: 21, data: new Uint8Array(21 * 21 * 3).fill(255) }
    white.data.fill(9, 10 * 3, 11 * 3) // a dark pixel at the top centre
    const turned = applyRecipe(white, recipe({ rotateDegrees: 45 }))
    expect(pixel(turned, 0, 0)).toEqual([0, 0, 0])
    expect(pixel(turned, 10, 10)).toEqual([255, 255, 255])
    expect([16, 17, 18].flatMap((x) => [2, 3, 4].map((y) => pixel(turned, x, y)[0]))).toContain(9) // now upper right
  })

  it('names a crop box that reaches outside', async () => {
    const outside = recipe({ cropBoxPx: { left: 2, top: 0, width: 2, height: 2 } })
    expect(() => applyRecipe(image, outside)).toThrow(/2 × 2 at \(2, 0\).*3 × 2 pixels/)
    const path = join(folder, 'small.png')
    await writeFile(path, await solid(3, 2, '#00ff00').png().toBuffer())
    expect((await failure(loadModelImage(await readFile(path), outside, 8))).code).toBe('bad-input')
  })
})

describe('toModelInput', () => {
  it('puts pictures one after another, in 0…1', () => {
    const input = toModelInput([numbered(2, 1), { width: 2, height: 1, data: new Uint8Array(6).fill(255) }])
    expect([...input]).toEqual([0, 0, 0, Math.fround(1 / 255), 0, 0, 1, 1, 1, 1, 1, 1])
    expect(toModelInput([]).length).toBe(0)
  })

  it('refuses pictures of different sizes', () => {
    expect(() => toModelInput([numbered(2, 1), numbered(1, 2)])).toThrow(/2 × 1.*1 × 2/)
  })
})
