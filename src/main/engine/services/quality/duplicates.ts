// Pairs that repeat others: exactly, or with copies of their pictures. Side answers to side, so an edit is no duplicate of
// the pair that undoes it, and five captions of one picture are five captions.
import type { FindingRow } from '../../store/findingStore'
import type { NearPictures, PictureLink } from './nearPictures'
import { groupRows, type TableRow } from './pairTable'

const row = (pairId: number, clusterId: number, severity: number, detail: string): FindingRow => ({ pairId, value: severity, severity, detail, relatedPairId: null, clusterId, textLength: null })

/** Same pictures, same texts. Clusters are named by their first pair. */
export function exactDuplicates(rows: readonly TableRow[]): FindingRow[] {
  const groups = groupRows(rows, ({ task, leftImageId, rightImageId, textKey }) => `${task} ${leftImageId} ${rightImageId} ${textKey}`)
  return groups.flatMap((members) => members.map(({ pairId }) => row(pairId, members[0]!.pairId, members.length, `one of ${members.length} equal pairs`)))
}

const describe = ({ difference, cropShare }: PictureLink): string =>
  (cropShare === null ? `the same picture, colours differ by ${difference.toFixed(1)} of 255` : `a cut of ${Math.round(cropShare * 100)} % of each side`)

/** Copies of pictures in the same places; captions may differ, the texts of other tasks not. */
export function nearDuplicates(rows: readonly TableRow[], { links, clusterOf }: NearPictures): FindingRow[] {
  const nearest = new Map<number, PictureLink>()
  for (const link of links) {
    for (const imageId of [link.first, link.second]) if (!nearest.has(imageId)) nearest.set(imageId, link)
  }
  const name = (imageId: number): string => (clusterOf.has(imageId) ? `c${clusterOf.get(imageId)}` : `${imageId}`)
  const groups = groupRows(rows, ({ task, leftImageId, rightImageId, textKey }) => {
    if (!clusterOf.has(leftImageId) && !clusterOf.has(rightImageId)) return null
    return `${task} ${name(leftImageId)} ${name(rightImageId)} ${task === 'caption' ? '' : textKey}`
  })
  return groups.flatMap((members) => {
    const pictureSets = new Set(members.map(({ leftImageId, rightImageId }) => `${leftImageId} ${rightImageId}`))
    if (pictureSets.size < 2) return []
    return members.map(({ pairId, leftImageId, rightImageId }) => {
      const link = nearest.get(leftImageId) ?? nearest.get(rightImageId)
      return row(pairId, members[0]!.pairId, -(link?.difference ?? 0), link ? describe(link) : '')
    })
  })
}
