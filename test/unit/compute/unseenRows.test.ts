import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/main/engine/compute/training/random'
import { renewUnseenRows, seenIds } from '../../../src/main/engine/pretraining/unseenRows'

const width = 64

/** Rows 0…19 are spread out; rows 20…219 have run together, as the prediction loss leaves words that never occur. */
function collapsedTable(): { shape: number[]; data: Float32Array } {
  const random = createRandom(5, 1)
  const data = Float32Array.from({ length: 220 * width }, (_, i) => (i < 20 * width ? random.next() - 0.3 : 2 + 0.01 * random.next()))
  return { shape: [220, width], data }
}

function cosine(data: Float32Array, first: number, second: number): number {
  let dot = 0, a = 0, b = 0
  for (let i = 0; i < width; i++) {
    const [x, y] = [data[first * width + i]!, data[second * width + i]!]
    dot += x * y
    a += x * x
    b += y * y
  }
  return dot / Math.sqrt(a * b)
}

describe('rows of unseen ids', () => {
  const seen = seenIds([Int32Array.from({ length: 12 }, (_, i) => i), Int32Array.from({ length: 12 }, (_, i) => i + 8)], 220)

  it('knows which ids occur', () => {
    expect(Array.from(seen).reduce((sum, flag) => sum + flag, 0)).toBe(20)
  })

  it('draws them apart from each other, as long as seen rows, and leaves seen rows alone', () => {
    const table = collapsedTable()
    const before = Float32Array.from(table.data)
    expect(cosine(table.data, 30, 40)).toBeGreaterThan(0.99)
    expect(renewUnseenRows(table, seen, createRandom(1, 2))).toBe(200)
    expect(table.data.subarray(0, 20 * width)).toEqual(before.subarray(0, 20 * width))
    const lengthOf = (row: number): number => Math.hypot(...table.data.subarray(row * width, (row + 1) * width))
    const meanLength = (first: number, last: number): number => Array.from({ length: last - first }, (_, i) => lengthOf(first + i)).reduce((a, b) => a + b) / (last - first)
    expect(meanLength(20, 220) / meanLength(0, 20)).toBeCloseTo(1, 1)
    // Seen rows share a mean, so neither they nor the new ones are orthogonal; but they are alike no more than seen ones are.
    expect(cosine(table.data, 30, 40)).toBeLessThan(0.6)
  })

  it('refuses a table of which nothing was seen', () => {
    expect(() => renewUnseenRows(collapsedTable(), new Uint8Array(220), createRandom(1, 2))).toThrow('at least one id')
  })
})
