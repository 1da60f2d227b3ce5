// How a scrolled element of bounded height moves through a list of any height. Browsers cut elements off at some 18 million
// (Firefox) to 33 million pixels (Chromium), less than a million rows need. Near both ends a pixel of the element is one of the
// list; between them it stands for several. Small moves, as of a wheel, go by real pixels everywhere; only jumps of the
// scrollbar go by the scale. Plain numbers, so that the rules can be tested without a page.

export const tallestPx = 8_000_000
/** At either end, where both run side by side, so that the ends are reached by real pixels. */
const endPx = 100_000

export interface TallSizes {
  totalPx: number
  viewPx: number
}

export interface TallPlace {
  /** In the list: what is at the upper edge of the view. */
  offsetPx: number
  /** Of the scrolled element. */
  scrollTopPx: number
}

export const elementHeightPx = ({ totalPx, viewPx }: TallSizes): number => Math.max(viewPx, Math.min(totalPx, tallestPx))

export const isScaled = ({ totalPx }: TallSizes): boolean => totalPx > tallestPx

/** How far the list, and the element, can be scrolled. */
const reachesPx = (sizes: TallSizes): { listPx: number; elementPx: number } =>
  ({ listPx: Math.max(0, sizes.totalPx - sizes.viewPx), elementPx: elementHeightPx(sizes) - sizes.viewPx })

function mapBetween(value: number, fromPx: number, toPx: number): number {
  if (value <= endPx) return value
  if (value >= fromPx - endPx) return toPx - (fromPx - value)
  return endPx + (value - endPx) * (toPx - 2 * endPx) / (fromPx - 2 * endPx)
}

function offsetAt(scrollTopPx: number, sizes: TallSizes): number {
  const { listPx, elementPx } = reachesPx(sizes)
  return isScaled(sizes) ? Math.round(mapBetween(scrollTopPx, elementPx, listPx)) : scrollTopPx
}

/** The place that an offset has when nothing has been scrolled by real pixels since. */
export function placeOf(wantedPx: number, sizes: TallSizes): TallPlace {
  const { listPx, elementPx } = reachesPx(sizes)
  const offsetPx = Math.max(0, Math.min(listPx, Math.round(wantedPx)))
  return { offsetPx, scrollTopPx: isScaled(sizes) ? Math.round(mapBetween(offsetPx, listPx, elementPx)) : offsetPx }
}

/** Where the list is when the element has been scrolled from a place. */
export function scrolledTo(scrollTopPx: number, from: TallPlace, sizes: TallSizes): TallPlace {
  const movedPx = scrollTopPx - from.scrollTopPx
  const isByRealPixels = isScaled(sizes) && Math.abs(movedPx) <= 2 * sizes.viewPx
  const offsetPx = isByRealPixels ? from.offsetPx + movedPx : offsetAt(scrollTopPx, sizes)
  return { offsetPx: Math.max(0, Math.min(reachesPx(sizes).listPx, offsetPx)), scrollTopPx }
}

/** Whether the element has come to an end before the list has. */
export function isStuck({ offsetPx, scrollTopPx }: TallPlace, sizes: TallSizes): boolean {
  const { listPx, elementPx } = reachesPx(sizes)
  return (scrollTopPx <= 0 && offsetPx > 0) || (scrollTopPx >= elementPx && offsetPx < listPx)
}

/** The offset at which a row of the list can be seen, moving no farther than needed. */
export function offsetToShow(topPx: number, rowHeightPx: number, coveredPx: number, offsetPx: number, viewPx: number): number {
  if (topPx - coveredPx < offsetPx) return topPx - coveredPx
  return Math.max(offsetPx, topPx + rowHeightPx - viewPx)
}

/** Both inclusive; `last` is below `first` when there is no row. */
export function rowsInSight({ count, rowHeightPx, paddingStartPx, overscan }: { count: number; rowHeightPx: number; paddingStartPx: number; overscan: number }, offsetPx: number, viewPx: number): { first: number; last: number } {
  const first = Math.floor((offsetPx - paddingStartPx) / rowHeightPx) - overscan
  const last = Math.floor((offsetPx + viewPx - paddingStartPx) / rowHeightPx) + overscan
  return { first: Math.max(0, Math.min(first, count - 1)), last: Math.min(count - 1, last) }
}
