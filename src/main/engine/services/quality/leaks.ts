// What the training split knows of the others: the same picture, a copy of it, the picture that both are cut from, the same
// texts where there are no pictures, or a group that is split in two.
import type { FindingRow } from '../../store/findingStore'
import type { NearPictures } from './nearPictures'
import type { TableRow } from './pairTable'

interface Leak {
  pairId: number
  trainPairId: number
  reason: keyof typeof reasons
}

const reasons = {
  'same picture': 1,
  'same texts': 0.9,
  'copy of a picture': 0.8,
  'cut from the same picture': 0.7,
  'group shared with training': 0.5,
} as const

export interface LeakSources {
  rows: readonly TableRow[]
  near: NearPictures
  /** Derived picture to the picture it is made from. */
  sourceOf: ReadonlyMap<number, number>
  groupLeaks: readonly { pairId: number; trainPairId: number }[]
}

const imagesOf = ({ leftImageId, rightImageId }: TableRow): number[] => [leftImageId, rightImageId].filter((imageId) => imageId > 0)

/** One finding for each pair that is held out, with its strongest reason. */
export function findLeaks({ rows, near, sourceOf, groupLeaks }: LeakSources): FindingRow[] {
  const training = rows.filter(({ isTraining }) => isTraining)
  const root = (imageId: number): number => sourceOf.get(imageId) ?? imageId
  const pairOfImage = new Map<number, number>()
  const pairOfRoot = new Map<number, number>()
  const pairOfCluster = new Map<number, number>()
  const pairOfTexts = new Map<number, number>()
  const remember = (map: Map<number, number>, key: number | undefined, pairId: number): void => { if (key !== undefined && !map.has(key)) map.set(key, pairId) }
  for (const row of training) {
    const images = imagesOf(row)
    if (images.length === 0) remember(pairOfTexts, row.textKey, row.pairId)
    for (const imageId of images) {
      remember(pairOfImage, imageId, row.pairId)
      remember(pairOfRoot, root(imageId), row.pairId)
      remember(pairOfCluster, near.clusterOf.get(imageId), row.pairId)
      remember(pairOfCluster, near.clusterOf.get(root(imageId)), row.pairId)
    }
  }

  const strongest = new Map<number, Leak>()
  const offer = (pairId: number, trainPairId: number | undefined, reason: Leak['reason']): void => {
    const known = strongest.get(pairId)
    if (trainPairId !== undefined && (known === undefined || reasons[known.reason] < reasons[reason])) strongest.set(pairId, { pairId, trainPairId, reason })
  }
  for (const row of rows) {
    if (row.isTraining) continue
    const images = imagesOf(row)
    if (images.length === 0) offer(row.pairId, pairOfTexts.get(row.textKey), 'same texts')
    for (const imageId of images) {
      offer(row.pairId, pairOfImage.get(imageId), 'same picture')
      for (const own of [imageId, root(imageId)]) {
        const cluster = near.clusterOf.get(own)
        if (cluster !== undefined) offer(row.pairId, pairOfCluster.get(cluster), 'copy of a picture')
      }
      offer(row.pairId, pairOfRoot.get(root(imageId)), 'cut from the same picture')
    }
  }
  for (const { pairId, trainPairId } of groupLeaks) offer(pairId, trainPairId, 'group shared with training')
  return [...strongest.values()].sort((a, b) => a.pairId - b.pairId).map(({ pairId, trainPairId, reason }) => (
    { pairId, value: reasons[reason], severity: reasons[reason], detail: reason, relatedPairId: trainPairId, clusterId: null, textLength: null }))
}
