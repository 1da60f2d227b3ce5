// Boxes on one picture, and which of them may stand beside each other as regions (FuseLIP, arXiv 2506.03096, VG-Crop): wider
// and higher than 32 px, and not covering one kept before. Regions that lie on each other are right answers for each
// other's phrase, so they would teach and measure the wrong thing.
import type { CropBox } from './imageRecipe'

/** A region must be larger than this both ways. */
export const smallestRegionPx = 32
export const greatestOverlap = 0.3
/** Regions, or questions, of one picture that share a batch; a batch could not hold all fifty of one picture and anything else. */
export const siblingGroupSize = 4

/** Intersection over union of two boxes. */
export function overlapOf(a: CropBox, b: CropBox): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left)
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top)
  if (width <= 0 || height <= 0) return 0
  const common = width * height
  return common / (a.width * a.height + b.width * b.height - common)
}

export const isLargeEnough = (box: CropBox): boolean => box.width > smallestRegionPx && box.height > smallestRegionPx

/** The greatest overlap of a box with others, and with which; null without others. */
export function worstOverlap(box: CropBox, others: readonly CropBox[]): { index: number; overlap: number } | null {
  let worst: { index: number; overlap: number } | null = null
  others.forEach((other, index) => {
    const overlap = overlapOf(box, other)
    if (worst === null || overlap > worst.overlap) worst = { index, overlap }
  })
  return worst
}
