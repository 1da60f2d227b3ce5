// Splits by shares: properties over random projects, against a slow search for what hangs together.
import { describe, expect, it } from 'vitest'
import { findLeaks, joinTied, planSplits, splitCount, taskCount, type SplitColumns } from '../../../src/main/engine/services/making/splitPlan'
import { Random } from '../../../src/main/engine/toybox/random'

interface Made extends SplitColumns {
  tieList: [number, number][]
}

function project(seed: number, count: number, { tieShare = 0.4, scopeShare = 1 } = {}): Made {
  const random = new Random(seed)
  const tieList = Array.from({ length: Math.floor(count * tieShare) }, (): [number, number] => {
    const first = random.integer(0, count - 1)
    return [first, Math.min(count - 1, Math.max(0, first + random.integer(-3, 3)))]
  })
  return {
    pairIds: Int32Array.from({ length: count }, (_, index) => 3 * index + 1),
    tasks: Uint8Array.from({ length: count }, () => random.integer(0, taskCount - 1)),
    splits: Uint8Array.from({ length: count }, () => random.integer(0, 2)),
    isInScope: Uint8Array.from({ length: count }, () => Number(random.chance(scopeShare))),
    ties: { first: Int32Array.from(tieList, ([first]) => first), second: Int32Array.from(tieList, ([, second]) => second), count: tieList.length },
    tieList,
  }
}

/** Walks the ties from every pair. */
function slowSets({ pairIds, tieList }: Made): number[] {
  const setOf = new Array<number>(pairIds.length).fill(-1)
  for (let start = 0; start < pairIds.length; start++) {
    if (setOf[start] !== -1) continue
    const open = [start]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (setOf[at] !== -1) continue
      setOf[at] = start
      for (const [first, second] of tieList) {
        if (first === at) open.push(second)
        if (second === at) open.push(first)
      }
    }
  }
  return setOf
}

const options = { shares: [80, 10, 10], keepTogether: true, isStratified: true, seed: 1 }

describe.each([1, 2, 3, 4, 5, 6])('project %i', (seed) => {
  const columns = project(seed, 400, { tieShare: seed / 8, scopeShare: seed % 2 === 0 ? 0.7 : 1 })
  const roots = joinTied(columns)

  it('finds the sets that a slow search finds', () => expect([...roots]).toEqual(slowSets(columns)))

  it('tears no set apart that lies in the scope, and moves nothing outside', () => {
    const plan = planSplits(columns, roots, options)
    const splitsOf = new Map<number, Set<number>>()
    plan.splits.forEach((split, index) => {
      if (columns.isInScope[index] === 0) expect(split).toBe(columns.splits[index])
      else splitsOf.set(roots[index]!, (splitsOf.get(roots[index]!) ?? new Set()).add(split))
    })
    for (const splits of splitsOf.values()) expect(splits.size).toBe(1)
    expect(plan.setCount).toBe(splitsOf.size)
    if (columns.isInScope.every((value) => value === 1)) expect(findLeaks(roots, plan.splits)).toEqual({ setCount: 0, pairCount: 0 })
  })

  it('follows the pairs outside of the scope', () => {
    const plan = planSplits(columns, roots, options)
    let held = 0
    plan.splits.forEach((split, index) => {
      const outside = [...roots.keys()].filter((other) => roots[other] === roots[index] && columns.isInScope[other] === 0).map((other) => columns.splits[other]!)
      if (columns.isInScope[index] === 0 || outside.length === 0) return
      held++
      const counts = [0, 1, 2].map((value) => outside.filter((one) => one === value).length)
      expect(counts[split]).toBe(Math.max(...counts))
    })
    expect(plan.heldCount).toBe(held)
  })

  it('gives the same for the same seed, and another split for another', () => {
    expect(planSplits(columns, roots, options).splits).toEqual(planSplits(columns, roots, options).splits)
    expect(planSplits(columns, roots, { ...options, seed: 2 }).splits).not.toEqual(planSplits(columns, roots, options).splits)
  })
})

it('meets the shares for every task, to less than the largest set', () => {
  const columns = project(11, 3000, { tieShare: 0.3 })
  const roots = joinTied(columns)
  const plan = planSplits(columns, roots, { ...options, shares: [70, 20, 10] })
  for (let task = 0; task < taskCount; task++) {
    const ofTask = [...plan.splits].filter((_, index) => columns.tasks[index] === task)
    for (const [split, share] of [0.7, 0.2, 0.1].entries()) {
      expect(Math.abs(ofTask.filter((value) => value === split).length - ofTask.length * share)).toBeLessThan(Math.max(plan.largestSetSize, 10))
    }
  }
})

it('sends nothing to a split without a share, and splits single pairs exactly', () => {
  const columns = project(12, 1000, { tieShare: 0 })
  const plan = planSplits(columns, joinTied(columns), { shares: [3, 0, 1], keepTogether: true, isStratified: false, seed: 9 })
  const counts = Array.from({ length: splitCount }, (_, split) => plan.splits.filter((value) => value === split).length)
  expect(counts).toEqual([750, 0, 250])
})

it('takes pairs one by one when they need not stay together', () => {
  const columns = project(13, 500, { tieShare: 2 })
  const roots = joinTied(columns)
  const plan = planSplits(columns, roots, { ...options, keepTogether: false })
  expect(plan.setCount).toBe(500)
  expect(findLeaks(roots, plan.splits).setCount).toBeGreaterThan(0)
})
