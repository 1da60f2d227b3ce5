// Is a spot inside a drawn outline? Even-odd rule: a ray to the right crosses the outline an odd number of times.
import type { Spot } from './mapView'

export function isInside(polygon: readonly Spot[], x: number, y: number): boolean {
  let inside = false
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const a = polygon[i]!
    const b = polygon[j]!
    // Half-open in y, so that a corner counts for one of its two edges.
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) inside = !inside
  }
  return inside
}

export interface Box {
  left: number
  right: number
  bottom: number
  top: number
}

export function boundsOf(spots: readonly Spot[]): Box {
  const box = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity }
  for (const { x, y } of spots) {
    box.left = Math.min(box.left, x)
    box.right = Math.max(box.right, x)
    box.bottom = Math.min(box.bottom, y)
    box.top = Math.max(box.top, y)
  }
  return box
}

/** Leaves out corners nearer than `least` to the one before: a lasso drawn slowly has thousands. */
export function thin(polygon: readonly Spot[], least: number): Spot[] {
  const kept: Spot[] = []
  for (const spot of polygon) {
    const last = kept.at(-1)
    if (!last || Math.hypot(spot.x - last.x, spot.y - last.y) >= least) kept.push(spot)
  }
  return kept
}
