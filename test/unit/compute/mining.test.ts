import { describe, expect, it } from 'vitest'
import { createCompiledScorer, createPlainScorer } from '../../../src/main/engine/compute/mining/blockScores'
import { groupsFromCandidates } from '../../../src/main/engine/compute/mining/groups'
import { mineNegatives, type MiningRequest } from '../../../src/main/engine/compute/mining/mine'
import { createRandom } from '../../../src/main/engine/compute/training/random'
import type { MinedCandidate } from '../../../src/main/engine/compute/thread/protocol'

const width = 6
const count = 41

/** Small whole numbers: sums are exact and ties are common. */
function wholeNumbers(seed: number): Float32Array {
  const random = createRandom(seed)
  return Float32Array.from({ length: count * width }, () => random.below(4) - 1)
}

const keys = (prefix: string, distinct: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i % distinct}`)

const request: MiningRequest = {
  left: wholeNumbers(1), right: wholeNumbers(2), width, perPair: 4, margin: 1,
  leftKeys: keys('l', 38), rightKeys: keys('r', 39),
  judgements: [
    { anchor: 0, other: 5, verdict: 'match' }, { anchor: 7, other: 3, verdict: 'ignore' },
    { anchor: 9, other: 12, verdict: 'negative' }, { anchor: 12, other: 30, verdict: 'negative' },
  ],
}

/** Obvious and slow: score everything, drop, sort, cut. */
function oracle({ left, right, leftKeys, rightKeys, perPair, margin, judgements }: MiningRequest): { candidates: MinedCandidate[]; guard: number; identity: number } {
  const dot = (i: number, j: number): number => {
    let sum = 0
    for (let d = 0; d < width; d++) sum += left[i * width + d]! * right[j * width + d]!
    return sum
  }
  const candidates: MinedCandidate[] = []
  let guard = 0
  let identity = 0
  for (let anchor = 0; anchor < count; anchor++) {
    const positiveScore = dot(anchor, anchor)
    const scored: { other: number; score: number }[] = []
    for (let other = 0; other < count; other++) {
      if (other === anchor) continue
      if (leftKeys[anchor] === leftKeys[other] || rightKeys[anchor] === rightKeys[other]) { identity++; continue }
      const isExcluded = judgements.some((j) => j.verdict !== 'negative' && ((j.anchor === anchor && j.other === other) || (j.anchor === other && j.other === anchor)))
      if (isExcluded) continue
      const isNegative = judgements.some((j) => j.verdict === 'negative' && j.anchor === anchor && j.other === other)
      const score = dot(anchor, other)
      if (score > positiveScore + margin && !isNegative) { guard++; continue }
      scored.push({ other, score })
    }
    scored.sort((a, b) => b.score - a.score || a.other - b.other)
    scored.slice(0, perPair).forEach(({ other, score }, i) => candidates.push({ anchor, other, score, positiveScore, rank: i + 1 }))
  }
  return { candidates, guard, identity }
}

describe('mining', () => {
  it.each([[1, 1], [5, 7], [8, 64], [41, 41], [64, 256]])('agrees with the full sort for blocks of %i × %i', async (anchorBlock, targetBlock) => {
    const expected = oracle(request)
    const result = await mineNegatives(request, { scorer: createPlainScorer(width, anchorBlock, targetBlock) })
    expect(result.candidates).toEqual(expected.candidates)
    expect(result.droppedByGuardCount).toBe(expected.guard)
    expect(result.droppedByIdentityCount).toBe(expected.identity)
    expect(expected.guard).toBeGreaterThan(0)
    expect(expected.identity).toBeGreaterThan(0)
  })

  it.each([[8, 16], [41, 41], [64, 256]])('agrees with it by compiled products in blocks of %i × %i', async (anchorBlock, targetBlock) => {
    // Small whole numbers have no rounding in float32 either.
    const scorer = await createCompiledScorer(width, { deviceId: 'cpu', threadCount: 1 }, anchorBlock, targetBlock)
    const expected = oracle(request)
    const result = await mineNegatives(request, { scorer })
    await scorer.dispose()
    expect(result.candidates).toEqual(expected.candidates)
    expect([result.droppedByGuardCount, result.droppedByIdentityCount]).toEqual([expected.guard, expected.identity])
  })

  it('drops what scores above the true pair plus the margin, and keeps what scores exactly that', async () => {
    // Pair 0 scores 1 with itself, 2 with pair 1, 3 with pair 2.
    const small: MiningRequest = {
      left: Float32Array.from([1, 0, 0]), right: Float32Array.from([1, 2, 3]), width: 1, perPair: 3, margin: 1,
      leftKeys: ['a', 'b', 'c'], rightKeys: ['A', 'B', 'C'], judgements: [],
    }
    const others = async (change: Partial<MiningRequest>): Promise<number[]> =>
      (await mineNegatives({ ...small, ...change })).candidates.filter(({ anchor }) => anchor === 0).map(({ other }) => other)
    expect(await others({})).toEqual([1])
    expect(await others({ margin: 2 })).toEqual([2, 1])
    expect(await others({ margin: -0.5 })).toEqual([])
    expect(await others({ judgements: [{ anchor: 0, other: 2, verdict: 'negative' }] })).toEqual([2, 1])
    expect(await others({ judgements: [{ anchor: 1, other: 0, verdict: 'ignore' }] })).toEqual([])
  })

  it('always groups judged negatives', async () => {
    const { groups } = await mineNegatives(request)
    expect(groups.some((group) => [9, 12, 30].every((index) => group.includes(index)))).toBe(true)
    const all = groups.flat()
    expect(new Set(all).size).toBe(all.length)
  })

  it('reports progress, stops when aborted and names sizes that do not fit', async () => {
    const seen: number[] = []
    await mineNegatives(request, { scorer: createPlainScorer(width, 16), onProgress: (done) => seen.push(done) })
    expect(seen).toEqual([16, 32, 41])
    const controller = new AbortController()
    const stopped = mineNegatives(request, { scorer: createPlainScorer(width, 16), signal: controller.signal, onProgress: () => controller.abort() })
    await expect(stopped).rejects.toThrow(/abort/)
    await expect(mineNegatives({ ...request, leftKeys: ['only one'] })).rejects.toThrow(/Expected 41 right embeddings and keys .* got 41, 1 and 41/)
    await expect(mineNegatives({ ...request, judgements: [{ anchor: 0, other: 41, verdict: 'match' }] })).rejects.toThrow(/below 41/)
  })
})

describe('groups', () => {
  const link = (anchor: number, other: number, score: number): MinedCandidate => ({ anchor, other, score, positiveScore: 1, rank: 1 })

  it('joins the hardest links first and respects the size', () => {
    const candidates = [link(0, 1, 0.5), link(2, 1, 0.9), link(3, 4, 0.8), link(1, 3, 0.7)]
    expect(groupsFromCandidates(candidates, [], 6, 3)).toEqual([[0, 1, 2], [3, 4]])
    expect(groupsFromCandidates(candidates, [], 6, 5)).toEqual([[0, 1, 2, 3, 4]])
    expect(groupsFromCandidates([], [], 6, 3)).toEqual([])
  })

  it('measures hardness against the true pair', () => {
    const easy = { ...link(0, 1, 0.9), positiveScore: 1 }
    const hard = { ...link(2, 1, 0.5), positiveScore: 0.5 }
    expect(groupsFromCandidates([easy, hard], [], 3, 2)).toEqual([[1, 2]])
  })

  it('lets judged negatives exceed the size', () => {
    const negatives = [1, 2, 3].map((other) => ({ anchor: 0, other }))
    expect(groupsFromCandidates([link(4, 0, 0.9)], negatives, 5, 2)).toEqual([[0, 1, 2, 3]])
  })
})
