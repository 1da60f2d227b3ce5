import { expect, it } from 'vitest'
import type { FuselipConfig } from '../../../src/main/engine/compute/fuselip/config'
import { batchLengths, finestLengths, lengthClasses } from '../../../src/main/engine/compute/training/batchLengths'
import { estimateActivationBytes } from '../../../src/main/engine/compute/training/microBatch'

const config: FuselipConfig = { width: 384, headCount: 6, layerCount: 12, contextLength: 180, codebookSize: 4096, imageTokenCount: 128, hasMask: true }
const row = (length: number): Int32Array => new Int32Array(length)
/** Pictures alone, and captions of the lengths given, 64 of each. */
const rowsOf = (captions: number[]) => {
  const right = captions.flatMap((length) => Array.from({ length: 64 }, () => row(length)))
  return { left: right.map(() => row(130)), right }
}
const request = (captions: number[], maxBytes: number) => batchLengths({ config, rows: rowsOf(captions), batchSize: 32, maskProbability: 0.1, maxBytes })
const bytes = estimateActivationBytes(config, { rows: 32, leftLength: 130, rightLength: 32, slots: 32 * 162 * 0.1 })

it('have short steps where captions are, and a length of its own for a picture alone', () => {
  expect(finestLengths(config)).toEqual([8, 16, 24, 32, 40, 48, 64, 80, 96, 112, 128, 130, 144, 160, 176, 180])
  expect(finestLengths({ ...config, contextLength: 20 })).toEqual([8, 16, 20])
})

it('classify pairs by both sides', () => {
  const lengths = finestLengths(config)
  const [first, second, third, last] = lengthClasses({ left: [130, 131, 130, 130].map(row), right: [9, 9, 17, 16].map(row) }, lengths)
  expect(new Set([first, second, third]).size).toBe(3)
  expect(last).toBe(first)
})

it('are the finest whose graphs fit into memory together', () => {
  const finest = finestLengths(config)
  // Three lengths of captions, the longest of which is that of mixed batches too.
  expect(request([14, 20, 30], 3.2 * bytes)).toEqual(finest)
  expect(request([14, 20, 30, 30], 2.5 * bytes), 'of 14 and 20, equally many, the first').toEqual(finest.filter((length) => length !== 16))
  expect(request([14, 14, 20, 30, 30], 2.5 * bytes), 'fewer have 20').toEqual(finest.filter((length) => length !== 24))
  expect(request([14, 20, 30], 1.2 * bytes)).toEqual(finest.filter((length) => length !== 16 && length !== 24))
})

it('are the finest where not even one batch fits, because that is cut into micro-batches', () => {
  expect(request([14, 20, 30], 0.1 * bytes)).toEqual(finestLengths(config))
})

it('keep a modest amount of memory however much there is', () => {
  // A dozen shapes, of which no more than four may be kept.
  const captions = [4, 12, 20, 30, 40, 60, 70, 90, 100, 120, 140, 150]
  const lengths = request(captions, Infinity)
  expect(new Set(captions.map((caption) => lengths.find((length) => length >= caption))).size).toBeLessThan(8)
  expect(lengths.at(-1)).toBe(180)
})
