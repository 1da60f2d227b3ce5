// Which part of a map is on screen: the middle in map coordinates (y up) and how many pixels one unit is. Values are never
// mutated, so that a frame draws one state.

export interface MapView {
  centreX: number
  centreY: number
  /** Pixels for one unit of the map, which spans −1…1. */
  scale: number
}

export interface Size {
  widthPx: number
  heightPx: number
}

export interface Spot {
  x: number
  y: number
}

/** A single point may be looked at from close by; numbers of 32 bits tell no more apart beyond this. */
const closest = 400_000
const farthest = 20
/** Room around a map that fits. */
const marginPx = 28

export function fitView({ widthPx, heightPx }: Size, box = { left: -1, right: 1, bottom: -1, top: 1 }): MapView {
  const width = Math.max(box.right - box.left, 1e-4)
  const height = Math.max(box.top - box.bottom, 1e-4)
  const scale = Math.min((widthPx - 2 * marginPx) / width, (heightPx - 2 * marginPx) / height)
  return { centreX: (box.left + box.right) / 2, centreY: (box.top + box.bottom) / 2, scale: clampScale(scale) }
}

export const toScreen = (view: MapView, { widthPx, heightPx }: Size, { x, y }: Spot): Spot =>
  ({ x: widthPx / 2 + (x - view.centreX) * view.scale, y: heightPx / 2 - (y - view.centreY) * view.scale })

export const toMap = (view: MapView, { widthPx, heightPx }: Size, { x, y }: Spot): Spot =>
  ({ x: view.centreX + (x - widthPx / 2) / view.scale, y: view.centreY - (y - heightPx / 2) / view.scale })

export const panBy = (view: MapView, dxPx: number, dyPx: number): MapView =>
  ({ ...view, centreX: view.centreX - dxPx / view.scale, centreY: view.centreY + dyPx / view.scale })

/** What lies under `at` stays there. */
export function zoomAt(view: MapView, size: Size, at: Spot, factor: number): MapView {
  const scale = clampScale(view.scale * factor)
  const held = toMap(view, size, at)
  return { scale, centreX: held.x - (at.x - size.widthPx / 2) / scale, centreY: held.y + (at.y - size.heightPx / 2) / scale }
}

/** Moves as little as brings a spot into sight, and not at all where it is. */
export function showSpot(view: MapView, size: Size, spot: Spot): MapView {
  const { x, y } = toScreen(view, size, spot)
  const overshoot = (value: number, length: number): number => (value < marginPx ? value - marginPx : value > length - marginPx ? value - length + marginPx : 0)
  return panBy(view, -overshoot(x, size.widthPx), -overshoot(y, size.heightPx))
}

const clampScale = (scale: number): number => Math.min(closest, Math.max(farthest, scale))
