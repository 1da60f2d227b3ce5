import { describe, expect, it } from 'vitest'
import { measureRecall, rankOfBest, relevantByKeys, summariseRanks } from '../../../src/main/engine/compute/evaluation/recall'
import { createRandom } from '../../../src/main/engine/compute/training/random'

/** Mean position of the first relevant target over every order of the targets that respects the scores. */
function meanRankOverOrders(scores: number[], relevant: number): number {
  const ranks: number[] = []
  const visit = (order: number[], left: number[]): void => {
    if (left.length === 0) {
      if (order.every((target, i) => i === 0 || scores[order[i - 1]!]! >= scores[target]!)) ranks.push(order.indexOf(relevant) + 1)
      return
    }
    for (const target of left) visit([...order, target], left.filter((other) => other !== target))
  }
  visit([], scores.map((_, i) => i))
  return ranks.reduce((sum, rank) => sum + rank, 0) / ranks.length
}

describe('the rank of a query', () => {
  it('is the mean over all orders of tied targets', () => {
    const random = createRandom(4)
    for (let round = 0; round < 20; round++) {
      const scores = Array.from({ length: 5 }, () => random.below(3))
      for (let relevant = 0; relevant < 5; relevant++) {
        expect(rankOfBest(Float64Array.from(scores), [relevant])).toBeCloseTo(meanRankOverOrders(scores, relevant), 9)
      }
    }
  })

  it.each([
    [[3, 2, 1], [2], 3],
    [[3, 2, 1], [2, 0], 1],
    [[3, 2, 1], [1, 1, 2], 2],
    [[1, 1, 1, 1], [0], 2.5],
    [[1, 1, 1, 1], [0, 1], 2],
    [[5, 1, 1], [1], 2.5],
  ])('for scores %j and relevant %j is %f', (scores, relevant, expected) => {
    expect(rankOfBest(Float64Array.from(scores), relevant)).toBe(expected)
  })
})

describe('recall', () => {
  it('has queries as rows', () => {
    // The example at the head of recall.ts: scores [[0.9, 0.1], [0.8, 0.3]].
    const queries = Float32Array.from([0.9, 0.1, 0.8, 0.3])
    const targets = Float32Array.from([1, 0, 0, 1])
    const relevant = [[0], [1]]
    expect(measureRecall({ queries, targets, width: 2, relevant })).toMatchObject({ r1: 0.5, r5: 1, meanRank: 1.5, medianRank: 1.5, count: 2 })
    expect(measureRecall({ queries: targets, targets: queries, width: 2, relevant })).toMatchObject({ r1: 1, meanRank: 1 })
  })

  it('agrees with a slow sort', () => {
    const random = createRandom(9)
    const width = 5
    const make = (rows: number): Float32Array => Float32Array.from({ length: rows * width }, () => random.next() - 0.5)
    const queries = make(30)
    const targets = make(47)
    const relevant = Array.from({ length: 30 }, (_, i) => (i % 4 === 0 ? [] : Array.from({ length: 1 + (i % 3) }, () => random.below(47))))
    const ranks = relevant.flatMap((own, query) => {
      if (own.length === 0) return []
      const score = (target: number): number => Array.from({ length: width }, (_, d) => queries[query * width + d]! * targets[target * width + d]!).reduce((a, b) => a + b)
      const order = Array.from({ length: 47 }, (_, target) => target).sort((a, b) => score(b) - score(a))
      return [order.findIndex((target) => own.includes(target)) + 1]
    })
    const share = (limit: number): number => ranks.filter((rank) => rank <= limit).length / ranks.length
    const result = measureRecall({ queries, targets, width, relevant })
    expect(result.count).toBe(ranks.length)
    expect([result.r1, result.r5, result.r10]).toEqual([share(1), share(5), share(10)])
    expect(result.meanRank).toBeCloseTo(ranks.reduce((a, b) => a + b) / ranks.length, 9)
  })

  it('gives a model that scores everything alike the middle rank', () => {
    const same = new Float32Array(20).fill(0.5)
    const result = measureRecall({ queries: same, targets: same, width: 2, relevant: Array.from({ length: 10 }, (_, i) => [i]) })
    expect(result).toMatchObject({ r1: 0, r5: 0, r10: 1, meanRank: 5.5, medianRank: 5.5 })
  })

  it('refuses embeddings that are not numbers, and indices outside', () => {
    const one = Float32Array.from([1, 0])
    expect(() => measureRecall({ queries: Float32Array.from([NaN, 0]), targets: one, width: 2, relevant: [[0]] })).toThrow(/finite/)
    expect(() => measureRecall({ queries: one, targets: one, width: 2, relevant: [[1]] })).toThrow(/below 1, got 1/)
    expect(() => measureRecall({ queries: one, targets: one, width: 2, relevant: [] })).toThrow(/1 queries, got 0/)
    expect(summariseRanks([])).toMatchObject({ count: 0, r1: 0 })
  })

  it('takes a shared left or right key as right', () => {
    const pairs = [{ leftKey: 'a', rightKey: 'A' }, { leftKey: 'b', rightKey: 'A' }, { leftKey: 'b', rightKey: 'C' }, { leftKey: 'd', rightKey: 'D' }]
    expect(relevantByKeys(pairs).map((own) => own.sort())).toEqual([[0, 1], [0, 1, 2], [1, 2], [3]])
  })
})
