// Which regions of a picture become pairs: larger than 32 px both ways, and not covering one kept before. Regions that
// lie on each other are right answers for each other's phrase, so they would teach and measure the wrong thing.
import type { CropBox } from './imageSource'

const smallestSidePx = 32
const greatestOverlap = 0.3

/** Intersection over union of two boxes. */
export function overlapOf(a: CropBox, b: CropBox): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left)
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top)
  if (width <= 0 || height <= 0) return 0
  const common = width * height
  return common / (a.width * a.height + b.width * b.height - common)
}

/** Greedy, in the order of the file. */
export class RegionChoice {
  readonly #kept: CropBox[] = []

  take(box: CropBox): boolean {
    if (box.width <= smallestSidePx || box.height <= smallestSidePx) return false
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
