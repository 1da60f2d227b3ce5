import { describe, expect, it } from 'vitest'
import type { FuselipConfig } from '../../../src/main/engine/compute/fuselip/config'
import { CompiledShapes } from '../../../src/main/engine/compute/training/compiledShapes'
import { maskedFeeds } from '../../../src/main/engine/compute/training/feeds'
import { automaticMicroBatchSize, estimateActivationBytes, splitBatch } from '../../../src/main/engine/compute/training/microBatch'
import type { StepBatch, StepSide } from '../../../src/main/engine/compute/training/stepContract'

const small: FuselipConfig = { width: 384, headCount: 6, layerCount: 12, contextLength: 180, codebookSize: 4096, imageTokenCount: 128, hasMask: true }

/** Row r holds 10·r + column; the positions given are masked. */
function side(rows: number, length: number, maskedPositions: number[]): StepSide {
  return {
    length, ids: Int32Array.from({ length: rows * length }, (_, index) => 10 * Math.floor(index / length) + (index % length)),
    endPositions: Int32Array.from({ length: rows }, (_, row) => row % length),
    maskedPositions: Int32Array.from(maskedPositions), maskedLabels: Int32Array.from(maskedPositions, (position) => 1000 + position),
  }
}

const batch: StepBatch = { batchSize: 7, left: side(7, 3, [0, 2, 8, 12, 20]), right: side(7, 2, [13]), cells: new Float32Array(49) }

describe('cutting a batch', () => {
  it('spreads the pairs evenly, in order, and fills the last micro-batch with a pair that counts for nothing', () => {
    const parts = splitBatch(batch, 4)
    expect(parts.map(({ start, pairCount, left }) => [start, pairCount, left.endPositions.length])).toEqual([[0, 4, 4], [4, 3, 4]])
    expect([...parts[1]!.left.ids]).toEqual([40, 41, 42, 50, 51, 52, 60, 61, 62, 60, 61, 62])
    expect([...parts[1]!.right.endPositions]).toEqual([0, 1, 0, 0])
    expect(parts.map(({ left }) => [...left.maskedPositions])).toEqual([[0, 2, 8], [0, 8]])
    expect(parts.map(({ left }) => [...left.maskedLabels])).toEqual([[1000, 1002, 1008], [1012, 1020]])
    // 13 is in the last real row; the row after it repeats the pair without its mask.
    expect(parts.map(({ right }) => [...right.maskedPositions])).toEqual([[], [5]])
  })

  it.each([1, 2, 3, 5, 6, 7, 9])('keeps every pair exactly once in micro-batches of %i', (size) => {
    const parts = splitBatch(batch, size)
    expect(parts.reduce((total, part) => total + part.pairCount, 0)).toBe(7)
    expect(parts.map(({ start }) => start)).toEqual(parts.map((_, index) => parts.slice(0, index).reduce((total, part) => total + part.pairCount, 0)))
    expect(new Set(parts.map(({ left }) => left.endPositions.length)).size).toBe(1)
    expect(Math.max(...parts.map(({ pairCount }) => pairCount))).toBeLessThanOrEqual(size)
    expect(parts.every(({ pairCount }) => pairCount > 0)).toBe(true)
  })

  it('averages the masked positions over the whole batch', () => {
    const counts = { left: 5, right: 1 }
    const weights = splitBatch(batch, 4).map(({ left, right }) => [...(maskedFeeds(left, right, 4, counts)['maskedWeights']!.data)])
    expect(weights).toEqual([[0.2, 0.2, 0.2, 0], [0.2, 0.2, 1, 0]].map((row) => [...Float32Array.from(row)]))
    const [, second] = splitBatch(batch, 4)
    expect([...maskedFeeds(second!.left, second!.right, 4, counts)['maskedRows']!.data]).toEqual([0, 8, 4 * 3 + 5, 0])
  })
})

describe('the size that the engine chooses', () => {
  const shape = (rows: number) => ({ rows, leftLength: 160, rightLength: 160, slots: 32 * rows })

  it('is the whole batch where that fits', () => {
    expect(automaticMicroBatchSize(small, shape(8), { wholeBatchBytes: 8 * 2 ** 30, microBatchBytes: 2 ** 30 })).toBe(8)
  })

  it('is the largest power of two that fits, and never less than a pair', () => {
    const limits = { wholeBatchBytes: 2 ** 30, microBatchBytes: 2 ** 30 }
    const size = automaticMicroBatchSize(small, shape(1024), limits)
    expect(Math.log2(size) % 1).toBe(0)
    expect(estimateActivationBytes(small, shape(size))).toBeLessThanOrEqual(2 ** 30)
    expect(estimateActivationBytes(small, shape(2 * size))).toBeGreaterThan(2 ** 30)
    expect(automaticMicroBatchSize(small, shape(1024), { wholeBatchBytes: 1, microBatchBytes: 1 })).toBe(1)
  })
})

describe('compiled graphs', () => {
  it('are kept by count and by memory; the one unused for longest goes, and one always stays', async () => {
    const disposed: string[] = []
    const shapes = new CompiledShapes<{ name: string; dispose(): Promise<void> }>(3, 10)
    const get = (name: string, bytes: number) => shapes.get(name, bytes, () => Promise.resolve({ name, dispose: async () => { disposed.push(name) } }))
    for (const name of ['a', 'b', 'c']) await get(name, 1)
    expect((await get('a', 1)).name).toBe('a')
    await get('d', 1)
    expect(disposed).toEqual(['b'])
    await get('e', 9)
    expect(disposed).toEqual(['b', 'c', 'a'])
    await get('f', 100)
    expect(disposed).toEqual(['b', 'c', 'a', 'd', 'e'])
    await shapes.dispose()
    expect(disposed.at(-1)).toBe('f')
  })

  it('hold a modest amount however much memory there is, so that many small ones do not add up', async () => {
    let heldBytes = 0
    const shapes = new CompiledShapes<{ dispose(): Promise<void> }>(12, 64 * 2 ** 30)
    const get = (name: string, bytes: number) => shapes.get(name, bytes, async () => {
      heldBytes += bytes
      return { dispose: async () => { heldBytes -= bytes } }
    })
    for (let shape = 0; shape < 12; shape += 1) await get(`nano ${shape}`, 0.4 * 2 ** 30)
    expect(heldBytes / 2 ** 30).toBeCloseTo(2, 5)
    for (let shape = 0; shape < 12; shape += 1) await get(`small ${shape}`, 3 * 2 ** 30)
    expect(heldBytes / 2 ** 30).toBeCloseTo(12, 5)
  })

  it('forget one that could not be compiled', async () => {
    const shapes = new CompiledShapes<{ dispose(): Promise<void> }>(3)
    await expect(shapes.get('a', 0, () => Promise.reject(new Error('once')))).rejects.toThrow('once')
    await expect(shapes.get('a', 0, () => Promise.resolve({ dispose: () => Promise.resolve() }))).resolves.toBeDefined()
  })
})
