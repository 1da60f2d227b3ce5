// The parts of the map that draw nothing: what lies where, what an outline holds, what is drawn how, and its colours.
import { describe, expect, it } from 'vitest'
import { fitView, type MapView, panBy, showSpot, toMap, toScreen, zoomAt } from '@renderer/charts/map/mapView'
import { categoryColour, darkPalette, gradientColour, gradientTable, lightPalette, missingIndex, type MapPalette, type Rgb, toGradientIndices, toRgb } from '@renderer/charts/map/mapPalette'
import { type Direction, PointGrid } from '@renderer/charts/map/pointGrid'
import { findStates, orderByState } from '@renderer/charts/map/pointStates'
import { isInside, thin } from '@renderer/charts/map/polygon'

/** Repeatable numbers in 0…1 (a linear congruential generator). */
function numbers(seed: number): () => number {
  let state = seed
  return () => (state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296) / 4_294_967_296
}
const size = { widthPx: 800, heightPx: 600 }
const next = numbers(7)
const places = Float32Array.from({ length: 3000 * 2 }, () => next() * 2 - 1)
const points = Array.from({ length: 3000 }, (_, point) => point)
const spotOf = (point: number) => ({ x: places[point * 2]!, y: places[point * 2 + 1]! })
const grid = new PointGrid(places)

/** The slow way: the angles under which the corners are seen add up to a full turn inside and to nothing outside. */
function windsAround(polygon: readonly { x: number; y: number }[], x: number, y: number): boolean {
  let turn = 0
  polygon.forEach((corner, i) => {
    const after = polygon[(i + 1) % polygon.length]!
    let angle = Math.atan2(after.y - y, after.x - x) - Math.atan2(corner.y - y, corner.x - x)
    if (angle > Math.PI) angle -= 2 * Math.PI
    if (angle < -Math.PI) angle += 2 * Math.PI
    turn += angle
  })
  return Math.abs(turn) > Math.PI
}

describe('an outline', () => {
  const star = Array.from({ length: 14 }, (_, i) => ({ x: Math.cos((i * Math.PI) / 7) * (i % 2 ? 0.35 : 0.9), y: Math.sin((i * Math.PI) / 7) * (i % 2 ? 0.35 : 0.9) }))

  it('holds what the slow way says it holds, dents included', () => {
    const held = points.filter((point) => isInside(star, spotOf(point).x, spotOf(point).y))
    expect(held).toEqual(points.filter((point) => windsAround(star, spotOf(point).x, spotOf(point).y)))
    expect(held.length).toBeGreaterThan(200)
    expect([...grid.inPolygon(star)].sort((a, b) => a - b)).toEqual(held)
  })

  it('of fewer than three corners holds nothing', () => {
    expect(grid.inPolygon(star.slice(0, 2))).toEqual([])
  })

  it('loses corners that lie beside each other, not its shape', () => {
    expect(thin([{ x: 0, y: 0 }, { x: 0.5, y: 0 }, { x: 3, y: 0 }, { x: 3, y: 1 }, { x: 3, y: 4 }], 2)).toEqual([{ x: 0, y: 0 }, { x: 3, y: 0 }, { x: 3, y: 4 }])
  })
})

describe('finding points', () => {
  it('gives the nearest one within reach, as looking at all of them does', () => {
    const random = numbers(3)
    for (let round = 0; round < 200; round++) {
      const at = { x: random() * 2.4 - 1.2, y: random() * 2.4 - 1.2 }
      const within = random() * 0.1
      const byDistance = points.map((point) => Math.hypot(spotOf(point).x - at.x, spotOf(point).y - at.y))
      const least = Math.min(...byDistance)
      expect(grid.nearest(at, within)).toBe(least <= within ? byDistance.indexOf(least) : null)
    }
  })

  it('passes over points that it may not take', () => {
    const nearest = grid.nearest({ x: 0, y: 0 }, 1)!
    expect(grid.nearest({ x: 0, y: 0 }, 1, (point) => point !== nearest)).not.toBe(nearest)
    expect(grid.nearest({ x: 0, y: 0 }, 1, () => false)).toBeNull()
  })

  it.each(['left', 'right', 'up', 'down'] as const)('goes %s to the point that costs least, as looking at all of them does', (direction: Direction) => {
    const [alongX, alongY] = { left: [-1, 0], right: [1, 0], up: [0, 1], down: [0, -1] }[direction] as [number, number]
    for (let from = 0; from < 300; from++) {
      const costs = points.map((point) => {
        const dx = spotOf(point).x - spotOf(from).x
        const dy = spotOf(point).y - spotOf(from).y
        const along = dx * alongX + dy * alongY
        const across = Math.abs(dx * alongY) + Math.abs(dy * alongX)
        return along > 0 && across <= along ? along + 2 * across : Infinity
      })
      const least = Math.min(...costs)
      expect(grid.towards(from, direction)).toBe(least === Infinity ? null : costs.indexOf(least))
    }
  })

  it('works with no point, with one, and with all on one spot', () => {
    expect(new PointGrid(new Float32Array(0)).nearest({ x: 0, y: 0 }, 1)).toBeNull()
    expect(new PointGrid(Float32Array.from([0.5, 0.5])).towards(0, 'left')).toBeNull()
    expect(new PointGrid(new Float32Array(40)).inBox({ left: -1, right: 1, bottom: -1, top: 1 })).toHaveLength(20)
  })
})

describe('what is in sight', () => {
  const view: MapView = { centreX: 0.2, centreY: -0.1, scale: 500 }

  it('goes to the screen and back', () => {
    const back = toMap(view, size, toScreen(view, size, { x: 0.31, y: 0.42 }))
    expect(back.x).toBeCloseTo(0.31, 10)
    expect(back.y).toBeCloseTo(0.42, 10)
  })

  it('shows the whole map when it fits', () => {
    for (const corner of [{ x: -1, y: -1 }, { x: 1, y: 1 }]) {
      const { x, y } = toScreen(fitView(size), size, corner)
      expect(x).toBeGreaterThan(0)
      expect(x).toBeLessThan(size.widthPx)
      expect(y).toBeGreaterThan(0)
      expect(y).toBeLessThan(size.heightPx)
    }
  })

  it('keeps what is under the pointer while it zooms, within bounds', () => {
    const at = { x: 650, y: 120 }
    const before = toMap(view, size, at)
    const after = toMap(zoomAt(view, size, at, 3), size, at)
    expect(after.x).toBeCloseTo(before.x, 10)
    expect(after.y).toBeCloseTo(before.y, 10)
    expect(zoomAt(view, size, at, 1e9).scale).toBeLessThan(1e6)
    expect(zoomAt(view, size, at, 1e-9).scale).toBeGreaterThan(1)
  })

  it('moves with the pointer, and no more than a spot needs to be seen', () => {
    expect(toScreen(panBy(view, 30, -20), size, { x: 0, y: 0 }).x - toScreen(view, size, { x: 0, y: 0 }).x).toBeCloseTo(30, 8)
    expect(showSpot(view, size, { x: 0.2, y: 0 })).toEqual(view)
    const shown = toScreen(showSpot(view, size, { x: 3, y: 0 }), size, { x: 3, y: 0 })
    expect(shown.x).toBeCloseTo(size.widthPx - 28, 8)
  })
})

describe('how points are drawn', () => {
  const question = { pointCount: 4, colours: Uint8Array.from([0, 1, 0, 1]), hiddenColours: new Set<number>(), matches: null, isSelected: null }

  it('plainly, unless something is meant', () => {
    expect([...findStates(question)]).toEqual([2, 2, 2, 2])
  })
  it('faint where the filter does not match or others are selected', () => {
    expect([...findStates({ ...question, matches: Uint8Array.from([1, 0, 1, 0]) })]).toEqual([2, 1, 2, 1])
    expect([...findStates({ ...question, isSelected: (point: number) => point === 1 })]).toEqual([1, 3, 1, 1])
    expect([...findStates({ ...question, matches: Uint8Array.from([1, 0, 0, 0]), isSelected: (point: number) => point === 1 })]).toEqual([1, 3, 1, 1])
  })
  it('not at all where the legend hides their colour', () => {
    expect([...findStates({ ...question, hiddenColours: new Set([1]), isSelected: (point: number) => point === 1 })]).toEqual([1, 0, 1, 0])
  })
  it('faint ones first and selected ones last', () => {
    const { order, plain, selected, end } = orderByState(Uint8Array.from([3, 1, 0, 2, 1]))
    expect([[...order], plain, selected, end]).toEqual([[1, 4, 3, 0], 2, 3, 4])
  })
})

// Linear light, then OKLab (Ottosson 2020); protanopia and deuteranopia as Machado, Oliveira and Fernandes (2009) model them.
const linear = (value: number): number => ((value /= 255) <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
const times = (matrix: readonly number[][], [a, b, c]: readonly number[]): number[] => matrix.map((row) => row[0]! * a! + row[1]! * b! + row[2]! * c!)
const seen: Record<string, number[][]> = {
  usual: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]],
  deuteranopia: [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_82, 0.042_94, 0.968_881]],
}
function toOklab(rgb: Rgb, eye: number[][]): number[] {
  const light = times(eye, rgb.map(linear)).map((value) => Math.max(0, value))
  const cones = times([[0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9], [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6], [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5]], light).map(Math.cbrt)
  return times([[0.210_454_255_3, 0.793_617_785, -0.004_072_046_8], [1.977_998_495_1, -2.428_592_205, 0.450_593_709_9], [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766]], cones)
}
const luminance = (rgb: Rgb): number => times([[0.2126, 0.7152, 0.0722]], rgb.map(linear))[0]!
const contrast = (a: Rgb, b: Rgb): number => (Math.max(luminance(a), luminance(b)) + 0.05) / (Math.min(luminance(a), luminance(b)) + 0.05)
const themes: [string, MapPalette, string][] = [['dark', darkPalette, '#0d0e11'], ['light', lightPalette, '#f1f2f4']]

describe.each(themes)('colours on %s', (_theme, palette, window) => {
  it.each(Object.keys(seen))('stay apart for %s sight', (eye) => {
    const colours = palette.categories.map((hex) => toOklab(toRgb(hex), seen[eye]!))
    const apart = colours.flatMap((a, i) => colours.slice(i + 1).map((b, j) => ({ distance: Math.hypot(...a.map((value, k) => value - b[k]!)), pair: [i, i + 1 + j] })))
    expect(apart.filter(({ distance }) => distance < 0.08)).toEqual([])
  })

  it('stand out from the window', () => {
    for (const hex of [...palette.categories, palette.other]) expect(contrast(toRgb(hex), toRgb(window)), hex).toBeGreaterThan(3)
  })

  it.each(Object.keys(seen))('rise in lightness along the gradient for %s sight', (eye) => {
    const lightness = Array.from({ length: 21 }, (_, i) => toOklab(gradientColour(palette, i / 20), seen[eye]!)[0]!)
    lightness.forEach((value, i) => { if (i) expect(value).toBeGreaterThan(lightness[i - 1]!) })
  })

  it('give what was decided its usual colours, and have one for no number', () => {
    expect(categoryColour(palette, 'accepted', 0)).toBe(palette.categories[2])
    expect(categoryColour(palette, 'none', 3)).toBe(palette.none)
    expect([...toGradientIndices(Float32Array.from([0, 5, 10, NaN]), 0, 10)]).toEqual([0, 127, 254, missingIndex])
    expect([...gradientTable(palette).slice(missingIndex * 4, missingIndex * 4 + 3)]).toEqual([...toRgb(palette.none)])
  })
})
