// Which pairs of a cluster of duplicates stay: those that show the pictures of the best one. The others go, in one act.
import type { Pair } from '../../../../shared/contract/entities'
import type { KeepRule } from '../../../../shared/contract/quality'
import type { StoredImage } from '../../store/imageStore'

export interface SplitCluster {
  /** The best first. */
  kept: Pair[]
  others: Pair[]
}

const areaOf = (pair: Pair, images: ReadonlyMap<number, StoredImage>): number =>
  [pair.left.imageId, pair.right.imageId].reduce<number>((sum, imageId) => {
    const image = imageId === null ? undefined : images.get(imageId)
    return sum + (image ? image.widthPx * image.heightPx : 0)
  }, 0)

const bytesOf = (pair: Pair, images: ReadonlyMap<number, StoredImage>): number =>
  [pair.left.imageId, pair.right.imageId].reduce<number>((sum, imageId) => sum + ((imageId === null ? undefined : images.get(imageId))?.byteCount ?? 0), 0)

/** Accepted pairs go first: a person has looked at them. Ties go to the larger file, then to the older pair. */
function compare(rule: KeepRule, images: ReadonlyMap<number, StoredImage>): (a: Pair, b: Pair) => number {
  const accepted = (pair: Pair): number => (pair.status === 'accepted' ? 1 : 0)
  return (a, b) => {
    if (rule === 'first') return a.id - b.id
    const byRule = rule === 'largest' ? areaOf(b, images) - areaOf(a, images) : (b.score ?? -2) - (a.score ?? -2)
    return byRule || accepted(b) - accepted(a) || bytesOf(b, images) - bytesOf(a, images) || a.id - b.id
  }
}

const picturesOf = (pair: Pair): string => `${pair.left.imageId} ${pair.right.imageId}`

/** @param keepPairId of this cluster, or null to let the rule choose */
export function splitCluster(pairs: readonly Pair[], rule: KeepRule, images: ReadonlyMap<number, StoredImage>, keepPairId: number | null, isExact: boolean): SplitCluster {
  const sorted = [...pairs].sort(compare(rule, images))
  const best = sorted.find((pair) => pair.id === keepPairId) ?? sorted[0]
  if (best === undefined) return { kept: [], others: [] }
  // Equal pairs show the same pictures, so of them only one stays.
  const kept = isExact ? [best] : [best, ...sorted.filter((pair) => pair !== best && picturesOf(pair) === picturesOf(best))]
  return { kept, others: sorted.filter((pair) => !kept.includes(pair)) }
}
