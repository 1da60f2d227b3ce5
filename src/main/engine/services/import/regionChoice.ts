// Which regions of a picture become pairs, in the order of the file (see shared/regionBoxes.ts).
import type { CropBox } from '../../../../shared/imageRecipe'
import { greatestOverlap, isLargeEnough, overlapOf } from '../../../../shared/regionBoxes'

/** Greedy, in the order of the file. */
export class RegionChoice {
  readonly #kept: CropBox[] = []

  take(box: CropBox): boolean {
    if (!isLargeEnough(box)) return false
    if (this.#kept.some(kept => overlapOf(kept, box) > greatestOverlap)) return false
    this.#kept.push(box)
    return true
  }
}

/** Whole pixels; a box that starts outside is cut at the edge. Null when nothing is left of it. */
export function toBox(left: number, top: number, width: number, height: number): CropBox | null {
  const from = { left: Math.max(0, Math.round(left)), top: Math.max(0, Math.round(top)) }
  const box = { ...from, width: Math.round(left + width) - from.left, height: Math.round(top + height) - from.top }
  return box.width >= 1 && box.height >= 1 ? box : null
}
