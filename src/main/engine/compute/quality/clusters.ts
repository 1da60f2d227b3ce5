// Joins what was found in pairs into clusters (union by size with path halving, Tarjan and van Leeuwen 1984). A cluster
// takes no more members than a person can look at: a chain of near copies would otherwise swallow a whole data set.

export const largestCluster = 64

/** @param links pairs of indices, the surest first: later ones are left out where a cluster would grow too large */
export function joinClusters(count: number, links: Iterable<readonly [number, number]>, limit: number = largestCluster): number[][] {
  const parent = Uint32Array.from({ length: count }, (_, index) => index)
  const size = new Uint32Array(count).fill(1)
  const rootOf = (index: number): number => {
    let at = index
    while (parent[at] !== at) at = parent[at] = parent[parent[at]!]!
    return at
  }
  for (const [first, second] of links) {
    const [a, b] = [rootOf(first), rootOf(second)]
    if (a === b || size[a]! + size[b]! > limit) continue
    const [large, small] = size[a]! >= size[b]! ? [a, b] : [b, a]
    parent[small] = large
    size[large]! += size[small]!
  }
  const members = new Map<number, number[]>()
  for (let index = 0; index < count; index++) {
    const root = rootOf(index)
    if (size[root]! < 2) continue
    const cluster = members.get(root)
    if (cluster) cluster.push(index)
    else members.set(root, [index])
  }
  return [...members.values()]
}
