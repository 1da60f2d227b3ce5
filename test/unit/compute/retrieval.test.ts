import { describe, expect, it } from 'vitest'
import { endOfTextId, startOfTextId } from '../../../src/main/engine/compute/fuselip/config'
import { createBestList } from '../../../src/main/engine/compute/retrieval/bestList'
import { embedRows } from '../../../src/main/engine/compute/retrieval/embedRows'
import { findNearest } from '../../../src/main/engine/compute/retrieval/nearest'
import { createRandom } from '../../../src/main/engine/compute/training/random'

describe('the best of a stream', () => {
  it.each([1, 3, 10, 200])('agrees with a stable sort for k = %i', (k) => {
    const random = createRandom(k)
    const scores = Array.from({ length: 100 }, () => random.below(12))
    const list = createBestList(k)
    scores.forEach((score, index) => list.offer(index, score))
    const expected = scores.map((score, index) => ({ score, index })).sort((a, b) => b.score - a.score || a.index - b.index).slice(0, k)
    expect([...list.indices()]).toEqual(expected.map(({ index }) => index))
    expect([...list.scores()]).toEqual(expected.map(({ score }) => score))
  })

  it('passes over what is not a number, and may hold nothing', () => {
    const list = createBestList(2)
    for (const [index, score] of [NaN, 1, NaN, 2, 0].entries()) list.offer(index, score)
    expect([...list.indices()]).toEqual([3, 1])
    const none = createBestList(0)
    none.offer(0, 1)
    expect(none.count).toBe(0)
  })
})

describe('the nearest rows', () => {
  const targets = Float32Array.from([1, 0, 0, 1, 0.6, 0.8, 0, 1])

  it('come best first, equal ones by index', () => {
    const { indices, scores } = findNearest(Float32Array.from([0, 1]), targets, 2, 3)
    expect([...indices]).toEqual([1, 3, 2])
    expect(scores[2]).toBeCloseTo(0.8, 6)
  })

  it('are at most as many as there are', () => {
    expect(findNearest(Float32Array.from([0, 1]), targets, 2, 99).indices).toHaveLength(4)
    expect(findNearest(Float32Array.from([0, 1]), new Float32Array(0), 2, 5).indices).toHaveLength(0)
    expect(() => findNearest(Float32Array.from([0, 1]), new Float32Array(3), 2, 5)).toThrow(/targets of N×2 numbers, got 3/)
  })
})

describe('embedding many rows', () => {
  const row = (length: number, mark: number): Int32Array => {
    const ids = new Int32Array(length).fill(mark)
    ids[0] = startOfTextId
    ids[length - 1] = endOfTextId
    return ids
  }

  it('keeps their order over buckets and batches of few fixed sizes', async () => {
    const rows = Array.from({ length: 45 }, (_, i) => row(i % 3 === 0 ? 20 : 5, i + 1))
    const shapes = new Set<string>()
    const progress: number[] = []
    const embed = (ids: Int32Array, length: number, endPositions: Int32Array): Promise<Float32Array> => {
      shapes.add(`${endPositions.length}×${length}`)
      return Promise.resolve(Float32Array.from([...endPositions].flatMap((end, i) => [ids[i * length + 1]!, end])))
    }
    const vectors = await embedRows(rows, 2, [16, 32], embed, { onProgress: (done) => progress.push(done) })
    rows.forEach((ids, i) => expect([...vectors.subarray(2 * i, 2 * i + 2)]).toEqual([i + 1, ids.length - 1]))
    expect([...shapes].sort()).toEqual(['32×16', '32×32'])
    expect(progress).toEqual([15, 45])
    await embedRows([row(3, 1)], 2, [16, 32], embed)
    expect(shapes).toContain('1×16')
    expect(await embedRows([], 2, [16], embed)).toHaveLength(0)
  })
})
