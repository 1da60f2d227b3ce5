// Signed distances to the outlines of the shapes, in units of the shape's radius: below 0 inside, y downward.
// Built from boxes, circles and polygons; exact near the edge, which is all that antialiasing and borders need.
import type { ShapeKind } from './scene.ts'

export type SignedDistance = (x: number, y: number) => number

const starPoints = 5
const starInnerRadius = 0.46

const triangle = polygon([[0, -0.98], [0.95, 0.72], [-0.95, 0.72]])
const star = polygon(Array.from({ length: 2 * starPoints }, (_, corner) => {
  const radius = corner % 2 === 0 ? 1.04 : starInnerRadius
  const angle = (corner * Math.PI) / starPoints - Math.PI / 2
  return [radius * Math.cos(angle), radius * Math.sin(angle) + 0.06]
}))
const diamond = polygon([[0, -1.02], [0.7, 0], [0, 1.02], [-0.7, 0]])

export const outlines: Record<ShapeKind, SignedDistance> = {
  circle: (x, y) => Math.hypot(x, y) - 0.92,
  square: (x, y) => box(x, y, 0.8, 0.8),
  triangle,
  star,
  ring: (x, y) => Math.abs(Math.hypot(x, y) - 0.7) - 0.24,
  cross: (x, y) => Math.min(box(x, y, 0.96, 0.32), box(x, y, 0.32, 0.96)),
  diamond,
  heart,
}

function box(x: number, y: number, halfWidth: number, halfHeight: number): number {
  const beyondX = Math.abs(x) - halfWidth
  const beyondY = Math.abs(y) - halfHeight
  const outside = Math.hypot(Math.max(beyondX, 0), Math.max(beyondY, 0))
  return outside + Math.min(Math.max(beyondX, beyondY), 0)
}

/** A square standing on a corner, and a circle on the middle of each upper side. */
function heart(x: number, y: number): number {
  const half = 0.56
  const lowered = y - 0.08
  const slant = Math.SQRT1_2
  const square = box(slant * (x + lowered), slant * (lowered - x), half, half)
  const lobe = Math.hypot(Math.abs(x) - half * slant, lowered + half * slant) - half
  return Math.min(square, lobe)
}

/** Least distance to an edge; the sign by counting the edges that a ray to the right crosses. */
function polygon(corners: readonly (readonly number[])[]): SignedDistance {
  const edges = corners.map((corner, index) => {
    const next = corners[(index + 1) % corners.length]!
    const [startX, startY, alongX, alongY] = [corner[0]!, corner[1]!, next[0]! - corner[0]!, next[1]! - corner[1]!]
    return { startX, startY, alongX, alongY, squaredLength: alongX * alongX + alongY * alongY }
  })
  return (x, y) => {
    let least = Infinity
    let isInside = false
    for (const edge of edges) {
      const fromX = x - edge.startX
      const fromY = y - edge.startY
      const share = Math.min(1, Math.max(0, (fromX * edge.alongX + fromY * edge.alongY) / edge.squaredLength))
      const missX = fromX - share * edge.alongX
      const missY = fromY - share * edge.alongY
      least = Math.min(least, missX * missX + missY * missY)
      const crosses = edge.startY > y !== edge.startY + edge.alongY > y
      if (crosses && fromX < (fromY / edge.alongY) * edge.alongX) isInside = !isInside
    }
    return isInside ? -Math.sqrt(least) : Math.sqrt(least)
  }
}
