import { describe, expect, it } from 'vitest'
import { endOfTextId, imageOffset, maskId, startOfTextId } from '../../../src/main/engine/compute/fuselip/config'
import { maskRows } from '../../../src/main/engine/compute/training/masking'
import { createRandom } from '../../../src/main/engine/compute/training/random'

const config = { hasMask: true }
const first = imageOffset(config)
const length = 10
const row = [first, first + 1, first + 2, first, startOfTextId, 77, maskId, endOfTextId, 0, 0]
const rowCount = 200
const padded = {
  ids: Int32Array.from(Array.from({ length: rowCount }, () => row).flat()),
  length,
  endPositions: new Int32Array(rowCount).fill(7),
}

describe('masking', () => {
  it('hides every id that may be hidden at probability 1, and only those', () => {
    const masked = maskRows(padded, 1, createRandom(1), config)
    // The first image code, [MASK], the end and padding stay; the start of text may go.
    const expected = [first, maskId, maskId, first, maskId, maskId, maskId, endOfTextId, 0, 0]
    expect([...masked.ids.subarray(0, length)]).toEqual(expected)
    expect([...masked.maskedPositions.subarray(0, 8)]).toEqual([1, 2, 4, 5, 11, 12, 14, 15])
    expect([...masked.maskedLabels.subarray(0, 4)]).toEqual([first + 1, first + 2, startOfTextId, 77])
  })

  it('tells how many are hardly ever exceeded, so that batches alike have one shape', () => {
    // What may be hidden at all, counted by hiding it.
    const maskable = maskRows(padded, 1, createRandom(1), config).maskedPositions.length
    const counts = Array.from({ length: 200 }, (_, seed) => maskRows(padded, 0.1, createRandom(seed), config))
    expect(counts[0]!.likelyMaskedCount).toBe(Math.ceil(0.1 * maskable + 2 * Math.sqrt(0.09 * maskable)))
    const exceeding = counts.filter(({ maskedPositions, likelyMaskedCount }) => maskedPositions.length > likelyMaskedCount!)
    expect(exceeding.length / counts.length).toBeLessThan(0.06)
    expect(maskRows(padded, 0, createRandom(1), config).likelyMaskedCount).toBe(0)
  })

  it('gives back the original ids from labels and positions, and leaves its input alone', () => {
    const before = padded.ids.slice()
    const masked = maskRows(padded, 0.3, createRandom(2), config)
    expect(padded.ids).toEqual(before)
    const restored = masked.ids.slice()
    masked.maskedPositions.forEach((position, i) => {
      expect(restored[position]).toBe(maskId)
      restored[position] = masked.maskedLabels[i]!
    })
    expect(restored).toEqual(before)
  })

  it('masks about the asked share', () => {
    const share = maskRows(padded, 0.1, createRandom(3), config).maskedPositions.length / (rowCount * 4)
    // Four standard deviations of 800 draws at 0.1.
    expect(Math.abs(share - 0.1)).toBeLessThan(4 * Math.sqrt(0.09 / 800))
  })

  it('is a function of the seed and the stream', () => {
    const positions = (...seed: [number, ...number[]]): number[] => [...maskRows(padded, 0.2, createRandom(...seed), config).maskedPositions]
    expect(positions(7, 2, 5)).toEqual(positions(7, 2, 5))
    expect(positions(7, 2, 5)).not.toEqual(positions(7, 2, 6))
    expect(positions(7, 2, 5)).not.toEqual(positions(7, 3, 5))
    expect(positions(7, 2, 5)).not.toEqual(positions(8, 2, 5))
  })

  it('masks nothing at probability 0 or in a vocabulary without [MASK]', () => {
    expect(maskRows(padded, 0, createRandom(1), config).maskedPositions).toHaveLength(0)
    expect(maskRows(padded, 1, createRandom(1), { hasMask: false }).maskedPositions).toHaveLength(0)
  })
})
