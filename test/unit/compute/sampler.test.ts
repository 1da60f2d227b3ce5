import { describe, expect, it } from 'vitest'
import { contrastiveCells, judgedCells } from '../../../src/main/engine/compute/training/cells'
import { effectiveBatchSize, planEpoch, stepsPerEpoch } from '../../../src/main/engine/compute/training/sampler'

const base = { pairCount: 103, batchSize: 16, groups: [] as number[][], seed: 5, epoch: 0 }
const someGroups = [[0, 1, 2, 3], [10, 20, 30], [40, 41], [50, 60, 70, 80, 90], [2, 99, 98], [7]]

function positionsOf(batches: Int32Array[], index: number): [number, number][] {
  return batches.flatMap((batch, b) => [...batch].flatMap((member, i) => (member === index ? [[b, i] as [number, number]] : [])))
}

describe('the plan of an epoch', () => {
  it.each([[103, 16], [64, 16], [17, 16], [5, 16], [2, 2], [100, 7]])('shows each of %i pairs, in full batches of %i', (pairCount, batchSize) => {
    const groups = someGroups.map((group) => group.filter((index) => index < pairCount))
    const batches = planEpoch({ ...base, pairCount, batchSize, groups })
    expect(batches).toHaveLength(stepsPerEpoch(pairCount, batchSize))
    for (const batch of batches) {
      expect(batch).toHaveLength(effectiveBatchSize(pairCount, batchSize))
      expect(new Set(batch).size).toBe(batch.length)
    }
    const seen = new Set(batches.flatMap((batch) => [...batch]))
    expect(seen.size).toBe(pairCount)
    // What fills the last batch is shown twice, nothing else is.
    const repeated = [...seen].filter((index) => positionsOf(batches, index).length > 1)
    expect(repeated.length).toBeLessThan(effectiveBatchSize(pairCount, batchSize))
  })

  it('keeps groups adjacent within one batch; a pair stays in the first group that names it', () => {
    for (let epoch = 0; epoch < 20; epoch++) {
      const batches = planEpoch({ ...base, groups: someGroups, epoch })
      for (const group of [[0, 1, 2, 3], [10, 20, 30], [40, 41], [50, 60, 70, 80, 90], [99, 98]]) {
        const runs = batches.filter((batch) => {
          const places = [...batch].flatMap((member, i) => (group.includes(member) ? [i] : []))
          return places.length === group.length && places.at(-1)! - places[0]! === group.length - 1
        })
        expect(runs).not.toHaveLength(0)
      }
    }
  })

  it('splits a group that no batch can hold, and still shows every pair once', () => {
    const group = Array.from({ length: 40 }, (_, i) => i)
    const batches = planEpoch({ ...base, groups: [group] })
    expect(positionsOf(batches, 0).length).toBeGreaterThan(0)
    const groupsOfThree = Array.from({ length: 4 }, (_, i) => [3 * i, 3 * i + 1, 3 * i + 2])
    const tight = planEpoch({ ...base, pairCount: 12, batchSize: 4, groups: groupsOfThree })
    expect(tight).toHaveLength(3)
    expect(new Set(tight.flatMap((batch) => [...batch])).size).toBe(12)
  })

  it('gives each length class batches of its own, and mixes only what is left over', () => {
    const lengthClasses = Array.from({ length: base.pairCount }, (_, index) => index % 3)
    for (let epoch = 0; epoch < 10; epoch++) {
      const batches = planEpoch({ ...base, lengthClasses, epoch })
      const pure = batches.filter((batch) => new Set([...batch].map((index) => lengthClasses[index])).size === 1)
      expect(pure.length).toBeGreaterThanOrEqual(6) // 35, 34 and 34 pairs: two full batches of 16 each
      expect(new Set(batches.flatMap((batch) => [...batch])).size).toBe(base.pairCount)
    }
  })

  it('is a function of seed and epoch', () => {
    expect(planEpoch(base)).toEqual(planEpoch(base))
    expect(planEpoch(base)).not.toEqual(planEpoch({ ...base, epoch: 1 }))
    expect(planEpoch(base)).not.toEqual(planEpoch({ ...base, seed: 6 }))
  })

  it('does not always put the same groups together', () => {
    const groups = Array.from({ length: 25 }, (_, i) => [4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3])
    const partners = new Set<number>()
    for (let epoch = 0; epoch < 30; epoch++) {
      const batch = planEpoch({ ...base, groups, epoch }).find((candidate) => candidate.includes(0))!
      for (const member of batch) partners.add(Math.floor(member / 4))
    }
    expect(partners.size).toBeGreaterThan(20)
  })

  it('names what is wrong with its input', () => {
    expect(() => planEpoch({ ...base, pairCount: 1 })).toThrow(/at least 2 training pairs, got 1/)
    expect(() => planEpoch({ ...base, groups: [[0, 103]] })).toThrow(/below 103, got 103/)
  })
})

describe('the cells of the contrastive loss', () => {
  const pairs = [
    { leftKey: 'a', rightKey: 'A' },
    { leftKey: 'b', rightKey: 'B' },
    { leftKey: 'c', rightKey: 'A' },
    { leftKey: 'b', rightKey: 'D' },
  ]
  const batch = Int32Array.from([0, 1, 2, 3])
  const cells = (judgements: Parameters<typeof judgedCells>[0]): number[][] => {
    const flat = contrastiveCells(batch, pairs, judgedCells(judgements, pairs.length))
    return [0, 1, 2, 3].map((row) => [...flat.subarray(row * 4, row * 4 + 4)])
  }

  it('has +1 on the diagonal, −1 elsewhere, 0 where a side is shared', () => {
    expect(cells([])).toEqual([[1, -1, 0, -1], [-1, 1, -1, 0], [0, -1, 1, -1], [-1, 0, -1, 1]])
  })

  it('follows judgements, mirrored for match and ignore', () => {
    expect(cells([{ anchor: 0, other: 1, verdict: 'match' }, { anchor: 3, other: 2, verdict: 'ignore' }, { anchor: 0, other: 3, verdict: 'negative' }]))
      .toEqual([[1, 1, 0, -1], [1, 1, -1, 0], [0, -1, 1, 0], [-1, 0, 0, 1]])
  })

  it('lets a judgement of the mirrored cell itself win, in either order', () => {
    const match = { anchor: 0, other: 1, verdict: 'match' } as const
    const negative = { anchor: 1, other: 0, verdict: 'negative' } as const
    for (const judgements of [[match, negative], [negative, match]]) {
      const table = cells(judgements)
      expect([table[0]![1], table[1]![0]]).toEqual([1, -1])
    }
  })

  it('lets match override a shared side, and negative not', () => {
    expect(cells([{ anchor: 0, other: 2, verdict: 'match' }])[0]![2]).toBe(1)
    expect(cells([{ anchor: 0, other: 2, verdict: 'negative' }])[0]![2]).toBe(0)
  })

  it('follows the order of the batch', () => {
    const flat = contrastiveCells(Int32Array.from([3, 0]), pairs, judgedCells([{ anchor: 0, other: 3, verdict: 'ignore' }], 4))
    expect([...flat]).toEqual([1, 0, 0, 1])
    const negative = contrastiveCells(Int32Array.from([3, 0]), pairs, judgedCells([], 4))
    expect([...negative]).toEqual([1, -1, -1, 1])
  })
})
