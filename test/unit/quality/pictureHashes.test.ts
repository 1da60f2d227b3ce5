// Hashes against slow oracles, and what real pictures must bear without becoming others.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { measurePicture } from '../../../src/main/engine/compute/quality/measurePicture'
import { countOnes, frequencyHash, hammingDistance, hashPicture, type Hash64, type PictureHashes } from '../../../src/main/engine/compute/quality/pictureHashes'
import { compareTiles } from '../../../src/main/engine/compute/quality/sameTiles'
import { shrink } from '../../../src/main/engine/compute/quality/shrinkPicture'
import { createRandom } from '../../../src/main/engine/compute/training/random'
import { cropped, scenery } from '../../helpers/scenery'
import { temporaryFolder } from '../../helpers/temporaryFolder'

const folder = temporaryFolder()
let fileCount = 0

async function hashesOf(bytes: Uint8Array): Promise<PictureHashes> {
  const path = join(folder, `${++fileCount}`)
  writeFileSync(path, bytes)
  return (await measurePicture(path, null, 'it')).hashes!
}

const bitsOf = ({ high, low }: Hash64): boolean[] => Array.from({ length: 64 }, (_, bit) => Boolean((bit < 32 ? high >>> bit : low >>> (bit - 32)) & 1))

/** The two-dimensional DCT-II by its definition, four nested sums. */
function slowFrequencyHash(grey: Float32Array): boolean[] {
  const values: number[] = []
  for (let v = 0; v < 8; v++) {
    for (let u = 0; u < 8; u++) {
      let sum = 0
      for (let y = 0; y < 32; y++) for (let x = 0; x < 32; x++) sum += grey[y * 32 + x]! * Math.cos(((2 * x + 1) * u * Math.PI) / 64) * Math.cos(((2 * y + 1) * v * Math.PI) / 64)
      values.push(sum)
    }
  }
  const median = values.slice(1).sort((a, b) => a - b)[31]!
  return values.map((value, index) => index > 0 && value > median)
}

describe('hashes', () => {
  it('equal the transform by its definition', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = createRandom(seed)
      const grey = Float32Array.from({ length: 1024 }, () => random.next() * 255)
      expect(bitsOf(frequencyHash(grey))).toEqual(slowFrequencyHash(grey))
    }
  })

  it('count the ones of every pattern', () => {
    const random = createRandom(3)
    for (const bits of [0, 1, 0x80000000, 0xffffffff, ...Array.from({ length: 200 }, () => Math.floor(random.next() * 2 ** 32))]) {
      expect(countOnes(bits)).toBe((bits >>> 0).toString(2).replaceAll('0', '').length)
    }
    expect(hammingDistance({ high: 0b1011, low: 1 }, { high: 0b0001, low: 0 })).toBe(3)
  })

  it('take the inside without the margins', async () => {
    const { data, info } = await sharp(await scenery(4, 200, 160)).raw().toBuffer({ resolveWithObject: true })
    const image = { width: info.width, height: info.height, data: new Uint8Array(data) }
    const inside = await sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } }).extract({ left: 10, top: 8, width: 180, height: 144 }).raw().toBuffer()
    expect(hashPicture(image).inside).toEqual(hashPicture({ width: 180, height: 144, data: new Uint8Array(inside) }).whole)
  })
})

describe('shrinking', () => {
  it('gives means of areas, pixel by pixel of a finer grid', () => {
    const random = createRandom(9)
    const [width, height, columns, rows] = [7, 5, 3, 4]
    const values = Float32Array.from({ length: width * height * 2 }, () => random.next())
    const result = shrink(values, width, height, 2, columns, rows)
    // Each pixel split into as many parts as fields, so that every field is a whole number of parts.
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        for (let channel = 0; channel < 2; channel++) {
          let sum = 0
          for (let y = row * height; y < (row + 1) * height; y++) {
            for (let x = column * width; x < (column + 1) * width; x++) sum += values[(Math.floor(y / rows) * width + Math.floor(x / columns)) * 2 + channel]!
          }
          expect(result[(row * columns + column) * 2 + channel]).toBeCloseTo(sum / (width * height), 5)
        }
      }
    }
  })

  it('enlarges as well', () => {
    expect([...shrink([10, 20], 2, 1, 1, 4, 2)]).toEqual([10, 10, 20, 20, 10, 10, 20, 20])
  })
})

describe('copies of a picture', () => {
  const changes: Record<string, (bytes: Buffer) => Promise<Buffer>> = {
    'JPEG of quality 40': bytes => sharp(bytes).jpeg({ quality: 40 }).toBuffer(),
    'WebP of quality 60': bytes => sharp(bytes).webp({ quality: 60 }).toBuffer(),
    'less than half the size': bytes => sharp(bytes).resize(200).jpeg().toBuffer(),
    'another shape': bytes => sharp(bytes).resize(300, 300, { fit: 'fill' }).jpeg().toBuffer(),
    'blurred': bytes => sharp(bytes).blur(3).jpeg().toBuffer(),
    'a twentieth cut off on every side': bytes => cropped(bytes, 0.05, 0.05, 0.05, 0.05),
  }

  it.each(Object.keys(changes))('are found: %s', async (name) => {
    for (let seed = 1; seed <= 8; seed++) {
      const original = await scenery(seed)
      const [before, after] = [await hashesOf(original), await hashesOf(await changes[name]!(original))]
      const bits = Math.min(hammingDistance(before.whole, after.whole), hammingDistance(before.inside, after.whole), hammingDistance(before.whole, after.inside))
      expect(bits, `seed ${seed}`).toBeLessThanOrEqual(7)
      expect(compareTiles(before.tiles, after.tiles).isSame, `seed ${seed}`).toBe(true)
      expect(compareTiles(after.tiles, before.tiles).isSame, `seed ${seed}`).toBe(true)
    }
  })

  it('are told from other pictures', async () => {
    const all = await Promise.all(Array.from({ length: 16 }, async (_, seed) => hashesOf(await scenery(seed + 1))))
    for (const [index, first] of all.entries()) {
      for (const second of all.slice(index + 1)) {
        expect(hammingDistance(first.whole, second.whole)).toBeGreaterThan(12)
        expect(compareTiles(first.tiles, second.tiles).isSame).toBe(false)
      }
    }
  })

  it('are told from a picture in which one thing changed', async () => {
    const original = await scenery(2)
    const spot = { input: Buffer.from('<svg width="60" height="60"><circle cx="30" cy="30" r="30" fill="#ff2010"/></svg>'), left: 200, top: 150 }
    const [before, after] = [await hashesOf(original), await hashesOf(await sharp(original).composite([spot]).jpeg().toBuffer())]
    expect(compareTiles(before.tiles, after.tiles).isSame).toBe(false)
  })

  it('say how they were cut', async () => {
    const original = await scenery(5)
    const [before, after] = [await hashesOf(original), await hashesOf(await cropped(original, 0.1, 0, 0, 0.1))]
    expect(compareTiles(before.tiles, after.tiles)).toMatchObject({ isSame: true, cropShare: 0.9 })
    expect(compareTiles(before.tiles, before.tiles)).toEqual({ isSame: true, cropShare: null, meanDifference: 0 })
  })
})
