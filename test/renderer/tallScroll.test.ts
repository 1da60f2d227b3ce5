// A scrollbar of bounded length over a list of any height.
import { describe, expect, it } from 'vitest'
import { elementHeightPx, isStuck, offsetToShow, placeOf, rowsInSight, scrolledTo, tallestPx } from '@renderer/lib/tallScroll'

const short = { totalPx: 50_000, viewPx: 800 }
const tall = { totalPx: 44_000_000, viewPx: 800 }
const endOf = ({ totalPx, viewPx }: typeof tall): number => totalPx - viewPx

describe('the scrolled element', () => {
  it('is as high as the list where browsers allow it, and never higher than they do', () => {
    expect(elementHeightPx(short)).toBe(50_000)
    expect(elementHeightPx(tall)).toBe(tallestPx)
    expect(placeOf(1234, short)).toEqual({ offsetPx: 1234, scrollTopPx: 1234 })
  })

  it('meets the list at both ends and keeps to whole pixels between them', () => {
    expect(placeOf(-5, tall)).toEqual({ offsetPx: 0, scrollTopPx: 0 })
    expect(placeOf(1e9, tall)).toEqual({ offsetPx: endOf(tall), scrollTopPx: tallestPx - 800 })
    expect(placeOf(22_000_000 - 400, tall)).toEqual({ offsetPx: 21_999_600, scrollTopPx: 3_999_600 })
    expect(placeOf(5000, tall).scrollTopPx).toBe(5000)
    expect(placeOf(endOf(tall) - 5000, tall).scrollTopPx).toBe(tallestPx - 800 - 5000)
  })

  it('brings every row of a million to exactly where it is wanted', () => {
    for (const row of [0, 1, 2272, 2273, 499_999, 500_000, 760_001, 999_980, 999_981]) expect(placeOf(row * 44, tall).offsetPx).toBe(row * 44)
  })
})

describe('scrolling', () => {
  it('goes by real pixels in small moves, wherever the list is', () => {
    let place = placeOf(30_000_000, tall)
    for (let step = 0; step < 50; step += 1) place = scrolledTo(place.scrollTopPx + 100, place, tall)
    expect(place.offsetPx).toBe(30_005_000)
    expect(scrolledTo(place.scrollTopPx - 100, place, tall).offsetPx).toBe(30_004_900)
  })

  it('goes by the scale in jumps of the scrollbar', () => {
    const start = placeOf(0, tall)
    expect(scrolledTo(3_999_600, start, tall).offsetPx).toBe(21_999_600)
    expect(scrolledTo(tallestPx - 800, start, tall).offsetPx).toBe(endOf(tall))
    expect(scrolledTo(0, placeOf(20_000_000, tall), tall).offsetPx).toBe(0)
  })

  it('gives the same place back that it was put to', () => {
    for (const offset of [0, 99_999, 100_001, 12_345_678, 43_899_000, endOf(tall)]) {
      const { offsetPx, scrollTopPx } = placeOf(offset, tall)
      expect(Math.abs(scrolledTo(scrollTopPx, placeOf(offset > 20_000_000 ? 0 : 40_000_000, tall), tall).offsetPx - offsetPx)).toBeLessThan(6)
    }
  })

  it('tells when the element has ended before the list', () => {
    expect(isStuck({ offsetPx: 500, scrollTopPx: 0 }, tall)).toBe(true)
    expect(isStuck({ offsetPx: 0, scrollTopPx: 0 }, tall)).toBe(false)
    expect(isStuck({ offsetPx: endOf(tall), scrollTopPx: tallestPx - 800 }, tall)).toBe(false)
    expect(isStuck({ offsetPx: 40_000_000, scrollTopPx: tallestPx - 800 }, tall)).toBe(true)
  })
})

it('moves no farther than a row needs to be seen, below what covers the top', () => {
  expect(offsetToShow(1000, 44, 32, 500, 800)).toBe(500)
  expect(offsetToShow(520, 44, 32, 500, 800)).toBe(488)
  expect(offsetToShow(1300, 44, 32, 500, 800)).toBe(544)
})

it('counts the rows in sight, with some beyond each edge, inside the list', () => {
  const layout = { count: 1_000_000, rowHeightPx: 44, paddingStartPx: 32, overscan: 6 }
  expect(rowsInSight(layout, 0, 800)).toEqual({ first: 0, last: 23 })
  expect(rowsInSight(layout, 44_000_000 - 800, 800)).toEqual({ first: 999_975, last: 999_999 })
  expect(rowsInSight({ ...layout, count: 0 }, 0, 800).last).toBeLessThan(0)
})
