// Which pages of a long list are kept: those nearest to what is in sight, so that memory stays flat however far one scrolls.

/** The first and the last index on screen, both inclusive. */
export interface Sight {
  first: number
  last: number
}

/** The pages that a sight touches, from first to last. */
export function pagesOf({ first, last }: Sight, pageSize: number): number[] {
  const firstPage = Math.floor(first / pageSize)
  return Array.from({ length: Math.floor(last / pageSize) - firstPage + 1 }, (_, step) => firstPage + step)
}

/** Whether no scrolling at a reading pace leads from one sight to the other: more than a page lies between them. */
export const isJump = (from: Sight, to: Sight, pageSize: number): boolean => to.first > from.last + pageSize || to.last < from.first - pageSize

/** Leaves out the pages farthest from the sight when there are more than `most`. */
export function nearestPages<Page>(pages: ReadonlyMap<number, Page>, { first, last }: Sight, pageSize: number, most: number): ReadonlyMap<number, Page> {
  if (pages.size <= most) return pages
  const middle = (first + last) / 2 / pageSize
  const distance = (page: number): number => Math.abs(page + 0.5 - middle)
  return new Map([...pages].sort(([one], [other]) => distance(one) - distance(other)).slice(0, most))
}
