// From mined candidates to groups of pairs that share a batch. Greedy: the hardest link first, two groups become one as
// long as the result is not too large. Judged negatives are linked before everything else, whatever the size.
import type { MinedCandidate } from '../thread/protocol'

export interface Link {
  anchor: number
  other: number
}

/**
 * @param maximumSize members of a group; only judged negatives may make one larger
 * @returns groups of two and more, disjoint, members ascending, ordered by their first member
 */
export function groupsFromCandidates(candidates: readonly MinedCandidate[], negatives: readonly Link[], pairCount: number, maximumSize: number): number[][] {
  const parent = Int32Array.from({ length: pairCount }, (_, index) => index)
  const sizes = new Int32Array(pairCount).fill(1)
  const rootOf = (index: number): number => {
    let root = index
    while (parent[root] !== root) root = parent[root]!
    while (parent[index] !== root) {
      const next = parent[index]!
      parent[index] = root
      index = next
    }
    return root
  }
  const join = ({ anchor, other }: Link, limit: number): void => {
    const a = rootOf(anchor)
    const b = rootOf(other)
    if (a === b || sizes[a]! + sizes[b]! > limit) return
    parent[b] = a
    sizes[a]! += sizes[b]!
  }
  for (const link of negatives) join(link, Infinity)
  // Hardness is how close a candidate comes to the true pair; the sort is stable, so ties keep the mined order.
  const byHardness = [...candidates].sort((a, b) => b.score - b.positiveScore - (a.score - a.positiveScore))
  for (const link of byHardness) join(link, maximumSize)

  const members = new Map<number, number[]>()
  for (let index = 0; index < pairCount; index++) {
    const root = rootOf(index)
    const found = members.get(root)
    if (found) found.push(index)
    else members.set(root, [index])
  }
  return [...members.values()].filter((group) => group.length > 1)
}
