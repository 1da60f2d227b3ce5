// Which split each pair goes to, by shares, so that nothing leaks: pairs that share a picture, the source of a derived
// picture or a data group go together. Union-find over typed arrays, because there may be millions.
import { Random } from '../../toybox/random'

export const splitCount = 3
export const taskCount = 6

/** Columns of all pairs of a project, in the order of their ids. */
export interface SplitColumns {
  pairIds: Int32Array
  /** Index among the tasks and splits of the contract. */
  tasks: Uint8Array
  splits: Uint8Array
  /** 1 for pairs that are to be split; the others stay where they are and hold what is tied to them. */
  isInScope: Uint8Array
  /** [pair, other] by index: each says that both stay together. */
  ties: { first: Int32Array; second: Int32Array; count: number }
}

export interface SplitPlan {
  /** By index; pairs outside of the scope keep theirs. */
  splits: Uint8Array
  /** Sets of pairs that stay together. */
  setCount: number
  largestSetSize: number
  /** Pairs that go where a pair outside of the scope holds them. */
  heldCount: number
}

class Sets {
  readonly parents: Int32Array
  constructor(size: number) {
    this.parents = Int32Array.from({ length: size }, (_, index) => index)
  }

  root(index: number): number {
    const { parents } = this
    let at = index
    while (parents[at] !== at) {
      parents[at] = parents[parents[at]!]!
      at = parents[at]!
    }
    return at
  }

  /** The lower root stays, so that the outcome depends on nothing but the ties. */
  join(first: number, second: number): void {
    const [a, b] = [this.root(first), this.root(second)]
    if (a < b) this.parents[b] = a
    else this.parents[a] = b
  }
}

/** The set of each pair, by the index of its first pair. */
export function joinTied({ pairIds, ties }: Pick<SplitColumns, 'pairIds' | 'ties'>): Int32Array {
  const sets = new Sets(pairIds.length)
  for (let tie = 0; tie < ties.count; tie++) sets.join(ties.first[tie]!, ties.second[tie]!)
  return Int32Array.from({ length: pairIds.length }, (_, index) => sets.root(index))
}

/** Sets that lie in more than one split, and the pairs in them. */
export function findLeaks(roots: Int32Array, splits: Uint8Array): { setCount: number; pairCount: number } {
  const masks = new Uint8Array(roots.length)
  const sizes = new Int32Array(roots.length)
  roots.forEach((root, index) => {
    masks[root]! |= 1 << splits[index]!
    sizes[root]!++
  })
  let setCount = 0
  let pairCount = 0
  masks.forEach((mask, root) => {
    if ((mask & (mask - 1)) === 0) return
    setCount++
    pairCount += sizes[root]!
  })
  return { setCount, pairCount }
}

export interface SplitOptions {
  /** Shares of train, validation and test; at least one above zero. */
  shares: readonly number[]
  /** Off: every pair goes alone. */
  keepTogether: boolean
  /** Shares hold for each task, not only for the whole. */
  isStratified: boolean
  seed: number
}

/** How much a split grows away from its share when it takes so many: grows with what it has beyond it, and with large sets. */
const strain = (taken: number, has: number, wanted: number): number => (wanted === 0 ? (taken === 0 ? 0 : Infinity) : taken * (taken / wanted + 2 * (has / wanted - 1)))

export function planSplits(columns: SplitColumns, roots: Int32Array, { shares, keepTogether, isStratified, seed }: SplitOptions): SplitPlan {
  const { pairIds, tasks, isInScope } = columns
  const count = pairIds.length
  const setOf = keepTogether ? roots : Int32Array.from({ length: count }, (_, index) => index)
  const strata = isStratified ? taskCount : 1
  const stratumOf = (index: number): number => (isStratified ? tasks[index]! : 0)

  const sizes = new Int32Array(count)
  /** Per set: pairs by stratum, and by the split of those outside of the scope. */
  const members = new Int32Array(count * strata)
  const outside = new Int32Array(count * splitCount)
  const wanted = new Float64Array(strata * splitCount)
  const total = shares.reduce((sum, share) => sum + share, 0)
  for (let index = 0; index < count; index++) {
    const set = setOf[index]!
    if (isInScope[index] === 0) {
      outside[set * splitCount + columns.splits[index]!]!++
      continue
    }
    sizes[set]!++
    members[set * strata + stratumOf(index)]!++
    for (let split = 0; split < splitCount; split++) wanted[stratumOf(index) * splitCount + split]! += shares[split]! / total
  }

  const has = new Float64Array(strata * splitCount)
  const chosen = new Uint8Array(count)
  const place = (set: number, split: number): void => {
    chosen[set] = split
    for (let stratum = 0; stratum < strata; stratum++) has[stratum * splitCount + split]! += members[set * strata + stratum]!
  }
  const free: number[] = []
  let setCount = 0
  let largestSetSize = 0
  let heldCount = 0
  for (let set = 0; set < count; set++) {
    if (sizes[set] === 0) continue
    setCount++
    largestSetSize = Math.max(largestSetSize, sizes[set]!)
    const holding = outside.subarray(set * splitCount, (set + 1) * splitCount)
    const most = Math.max(...holding)
    if (most === 0) free.push(set)
    else {
      heldCount += sizes[set]!
      place(set, holding.indexOf(most))
    }
  }
  // Large sets first, while every split has room for them; equal ones in random order.
  const order = new Random(`split/${seed}`).shuffle(free).sort((a, b) => sizes[b]! - sizes[a]!)
  for (const set of order) {
    let best = 0
    let least = Infinity
    for (let split = 0; split < splitCount; split++) {
      let sum = shares[split]! > 0 ? 0 : Infinity
      for (let stratum = 0; stratum < strata; stratum++) {
        const taken = members[set * strata + stratum]!
        if (taken > 0) sum += strain(taken, has[stratum * splitCount + split]!, wanted[stratum * splitCount + split]!)
      }
      if (sum < least) [best, least] = [split, sum]
    }
    place(set, best)
  }
  const splits = Uint8Array.from({ length: count }, (_, index) => (isInScope[index] === 1 ? chosen[setOf[index]!]! : columns.splits[index]!))
  return { splits, setCount, largestSetSize, heldCount }
}
