// Ranks as fractions, so that scores of two models compare although each has a scale of its own.

/** [N] 0 for the lowest value, 1 for the highest; equal values share their mean rank. A single value lies in the middle. */
export function fractionalRanks(values: Float32Array): Float32Array {
  const count = values.length
  const ranks = new Float32Array(count)
  if (count === 1) return ranks.fill(0.5)
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!)
  for (let start = 0; start < count;) {
    let end = start + 1
    while (end < count && values[order[end]!] === values[order[start]!]) end++
    const rank = (start + end - 1) / 2 / (count - 1)
    for (let at = start; at < end; at++) ranks[order[at]!] = rank
    start = end
  }
  return ranks
}

/** [N] how far apart two models rank each item, 0…1. */
export function rankDisagreement(first: Float32Array, second: Float32Array): Float32Array {
  const firstRanks = fractionalRanks(first)
  const secondRanks = fractionalRanks(second)
  return firstRanks.map((rank, index) => Math.abs(rank - secondRanks[index]!))
}

export interface ClusterFigures {
  size: number
  meanSquaredDistance: number
}

/**
 * [N] how rare each item is among all, 0…1: items of the sparsest cluster come first, of those the farthest out. The density of
 * a cluster is its members per mean squared distance to its centre.
 */
export function rankRarity(clusters: Uint16Array, squaredDistances: Float32Array): { rarity: Float32Array; figures: ClusterFigures[] } {
  const figures = measureClusters(clusters, squaredDistances)
  const mean = squaredDistances.reduce((sum, distance) => sum + distance, 0) / Math.max(1, squaredDistances.length)
  // A cluster of equal items is not infinitely dense: it is only as tight as a hundredth of the mean spread.
  const density = figures.map(({ size, meanSquaredDistance }) => size / Math.max(meanSquaredDistance, mean / 100, 1e-12))
  const order = Uint32Array.from(clusters.keys()).sort((a, b) => {
    const [first, second] = [clusters[a]!, clusters[b]!]
    return density[first]! - density[second]! || first - second || squaredDistances[b]! - squaredDistances[a]! || a - b
  })
  const rarity = new Float32Array(clusters.length)
  order.forEach((item, place) => { rarity[item] = 1 - place / Math.max(1, clusters.length - 1) })
  return { rarity, figures }
}

function measureClusters(clusters: Uint16Array, squaredDistances: Float32Array): ClusterFigures[] {
  const figures: ClusterFigures[] = []
  clusters.forEach((cluster, item) => {
    while (figures.length <= cluster) figures.push({ size: 0, meanSquaredDistance: 0 })
    figures[cluster]!.size += 1
    figures[cluster]!.meanSquaredDistance += squaredDistances[item]!
  })
  for (const figure of figures) if (figure.size > 0) figure.meanSquaredDistance /= figure.size
  return figures
}
