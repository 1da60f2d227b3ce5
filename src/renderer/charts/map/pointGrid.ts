// Finds points by place: a uniform grid over the map, with the points of each cell beside each other in one array. Built in
// one pass, and cheap to search because a layout spreads its points over the whole plane.
import { boundsOf, type Box, isInside } from './polygon'
import type { Spot } from './mapView'

export type Direction = 'left' | 'right' | 'up' | 'down'

/** Where a search asks whether it may take a point: points that are hidden are not found. */
export type Accept = (point: number) => boolean

const all: Accept = () => true
const pointsPerCell = 8

export class PointGrid {
  readonly #cellCount: number
  readonly #box: Box
  readonly #starts: Uint32Array
  readonly #members: Uint32Array

  /** @param places [N, 2] */
  constructor(private readonly places: Float32Array) {
    const count = places.length / 2
    this.#box = count ? boundsOfPlaces(places) : { left: 0, right: 1, bottom: 0, top: 1 }
    this.#cellCount = Math.max(1, Math.min(2048, Math.round(Math.sqrt(count / pointsPerCell))))
    const cellOf = new Uint32Array(count)
    this.#starts = new Uint32Array(this.#cellCount ** 2 + 1)
    for (let point = 0; point < count; point++) {
      cellOf[point] = this.#column(places[point * 2]!) + this.#row(places[point * 2 + 1]!) * this.#cellCount
      this.#starts[cellOf[point]! + 1]! += 1
    }
    for (let cell = 0; cell < this.#cellCount ** 2; cell++) this.#starts[cell + 1]! += this.#starts[cell]!
    const next = this.#starts.slice()
    this.#members = new Uint32Array(count)
    for (let point = 0; point < count; point++) this.#members[next[cellOf[point]!]!++] = point
  }

  /** The nearest point within a distance; null where there is none. */
  nearest({ x, y }: Spot, within: number, accept: Accept = all): number | null {
    let best: number | null = null
    let least = within * within
    this.#visit({ left: x - within, right: x + within, bottom: y - within, top: y + within }, (point) => {
      const distance = (this.places[point * 2]! - x) ** 2 + (this.places[point * 2 + 1]! - y) ** 2
      if (distance <= least && accept(point)) {
        least = distance
        best = point
      }
    })
    return best
  }

  inBox(box: Box, accept: Accept = all): number[] {
    const found: number[] = []
    this.#visit(box, (point) => {
      const x = this.places[point * 2]!
      const y = this.places[point * 2 + 1]!
      if (x >= box.left && x <= box.right && y >= box.bottom && y <= box.top && accept(point)) found.push(point)
    })
    return found
  }

  inPolygon(polygon: readonly Spot[], accept: Accept = all): number[] {
    if (polygon.length < 3) return []
    return this.inBox(boundsOf(polygon), accept).filter((point) => isInside(polygon, this.places[point * 2]!, this.places[point * 2 + 1]!))
  }

  /** The point to go to from another by an arrow key: near, and more in that direction than across it. */
  towards(from: number, direction: Direction, accept: Accept = all): number | null {
    const x = this.places[from * 2]!
    const y = this.places[from * 2 + 1]!
    const cost = (point: number): number => {
      const dx = this.places[point * 2]! - x
      const dy = this.places[point * 2 + 1]! - y
      const [along, across] = direction === 'right' ? [dx, dy] : direction === 'left' ? [-dx, dy] : direction === 'up' ? [dy, dx] : [-dy, dx]
      // Twice across: what lies to the side is a step of the other keys.
      return along > 0 && Math.abs(across) <= along ? along + 2 * Math.abs(across) : Infinity
    }
    const farthest = Math.max(this.#box.right - this.#box.left, this.#box.top - this.#box.bottom) || 1
    // Squares outwards: a point outside a square costs more than half of its side, so what costs less is the best of all.
    for (let within = farthest / this.#cellCount; ; within *= 2) {
      let best: number | null = null
      let least = Infinity
      this.#visit({ left: x - within, right: x + within, bottom: y - within, top: y + within }, (point) => {
        const each = point === from ? Infinity : cost(point)
        if (each < least && accept(point)) {
          least = each
          best = point
        }
      })
      if ((best !== null && least <= within) || within > 2 * farthest) return best
    }
  }

  #visit(box: Box, take: (point: number) => void): void {
    const firstColumn = this.#column(box.left)
    const lastColumn = this.#column(box.right)
    const lastRow = this.#row(box.top)
    for (let row = this.#row(box.bottom); row <= lastRow; row++) {
      const end = this.#starts[row * this.#cellCount + lastColumn + 1]!
      for (let at = this.#starts[row * this.#cellCount + firstColumn]!; at < end; at++) take(this.#members[at]!)
    }
  }

  #column(x: number): number {
    return this.#clamp(((x - this.#box.left) / (this.#box.right - this.#box.left || 1)) * this.#cellCount)
  }

  #row(y: number): number {
    return this.#clamp(((y - this.#box.bottom) / (this.#box.top - this.#box.bottom || 1)) * this.#cellCount)
  }

  #clamp(cell: number): number {
    return Math.min(this.#cellCount - 1, Math.max(0, Math.floor(cell)))
  }
}

function boundsOfPlaces(places: Float32Array): Box {
  const box = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity }
  for (let i = 0; i < places.length; i += 2) {
    box.left = Math.min(box.left, places[i]!)
    box.right = Math.max(box.right, places[i]!)
    box.bottom = Math.min(box.bottom, places[i + 1]!)
    box.top = Math.max(box.top, places[i + 1]!)
  }
  return box
}
