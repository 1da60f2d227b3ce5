// Scenes and their pictures: the same seed gives the same bytes, and shapes are where and what the scene says.
import { describe, expect, it } from 'vitest'
import { domains } from '../../src/main/engine/toybox/domain.ts'
import { drawScene } from '../../src/main/engine/toybox/draw.ts'
import { outlines } from '../../src/main/engine/toybox/outlines.ts'
import { Random } from '../../src/main/engine/toybox/random.ts'
import type { Scene, Shape } from '../../src/main/engine/toybox/scene.ts'
import { generateScene, placeOf, radiusBySize, relationHolds, shapeKinds } from '../../src/main/engine/toybox/scene.ts'

const domainNames = ['plain', 'shifted'] as const

function oneShape(changes: Partial<Shape>): Scene {
  const shape: Shape = {
    kind: 'circle', colour: 'red', size: 'large', x: 0.5, y: 0.5, tiltDegrees: 0, fill: 0, hueShift: [0, 0, 0],
    ...changes,
  }
  return { domain: 'plain', shapes: [shape], ground: 0, lookSeed: 7 }
}

function pixelAt(pixels: Uint8Array, sizePx: number, x: number, y: number): number[] {
  const offset = (Math.floor(y * sizePx) * sizePx + Math.floor(x * sizePx)) * 3
  return [...pixels.subarray(offset, offset + 3)]
}

describe('Random', () => {
  it('repeats itself for one seed and differs for another', () => {
    const draw = (seed: string): number[] =>
      Array.from({ length: 20 }, (_, index) => new Random(seed).fork(index).next())
    expect(draw('a')).toEqual(draw('a'))
    expect(draw('a')).not.toEqual(draw('b'))
  })

  it('forks by name alone, whatever was drawn before', () => {
    const used = new Random(3)
    used.next()
    expect(used.fork('x').next()).toBe(new Random(3).fork('x').next())
    expect(used.fork('x').next()).not.toBe(used.fork('y').next())
  })

  it('is uniform and normal enough', () => {
    const random = new Random('moments')
    const counts = new Array<number>(10).fill(0)
    for (let draw = 0; draw < 20_000; draw++) counts[random.integer(0, 9)]!++
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(220)
    const normal = Array.from({ length: 20_000 }, () => random.gaussian(2, 3))
    const mean = normal.reduce((sum, value) => sum + value, 0) / normal.length
    const variance = normal.reduce((sum, value) => sum + (value - mean) ** 2, 0) / normal.length
    expect(mean).toBeCloseTo(2, 0)
    expect(Math.sqrt(variance)).toBeCloseTo(3, 0)
  })

  it('shuffles without loss and picks by weight', () => {
    const random = new Random(1)
    expect(random.shuffle([1, 2, 3, 4, 5]).sort()).toEqual([1, 2, 3, 4, 5])
    const picks = Array.from({ length: 4000 }, () => random.weighted({ often: 3, seldom: 1, never: 0 }))
    expect(picks).not.toContain('never')
    expect(picks.filter((pick) => pick === 'often').length / 4000).toBeCloseTo(0.75, 1)
    expect(() => random.pick([])).toThrow(RangeError)
    expect(() => random.weighted({ none: 0 })).toThrow(RangeError)
  })
})

describe('generateScene', () => {
  it.each(domainNames)('keeps shapes apart, inside and unlike one another (%s)', (domain) => {
    const counts = new Set<number>()
    for (let seed = 0; seed < 400; seed++) {
      const scene = generateScene(new Random(seed), { domain })
      expect(generateScene(new Random(seed), { domain })).toEqual(scene)
      counts.add(scene.shapes.length)
      expect(new Set(scene.shapes.map(({ colour, kind }) => `${colour} ${kind}`)).size).toBe(scene.shapes.length)
      scene.shapes.forEach((shape, index) => {
        const radius = radiusBySize[shape.size]
        expect(Math.min(shape.x, shape.y, 1 - shape.x, 1 - shape.y)).toBeGreaterThan(radius)
        for (const other of scene.shapes.slice(index + 1)) {
          const distance = Math.hypot(shape.x - other.x, shape.y - other.y)
          expect(distance).toBeGreaterThan(radius + radiusBySize[other.size])
        }
      })
    }
    expect([...counts].sort()).toEqual([1, 2, 3, 4])
  })

  it('names places and relations by the picture, y downward', () => {
    expect(placeOf({ x: 0.1, y: 0.1 })).toBe('upperLeft')
    expect(placeOf({ x: 0.5, y: 0.9 })).toBe('lower')
    const [left, right] = [oneShape({ x: 0.2, y: 0.5 }).shapes[0]!, oneShape({ x: 0.8, y: 0.45 }).shapes[0]!]
    expect(relationHolds(left, 'leftOf', right)).toBe(true)
    expect(relationHolds(right, 'leftOf', left)).toBe(false)
    expect(relationHolds(right, 'above', left)).toBe(false) // 0.05 is too close to call
  })
})

describe('drawScene', () => {
  it('paints the shape its colour and leaves the ground', () => {
    const pixels = drawScene(oneShape({}), 64)
    expect(pixels.length).toBe(64 * 64 * 3)
    expect(pixelAt(pixels, 64, 0.5, 0.5)).toEqual([...domains.plain.look.colours.red])
    expect(pixelAt(pixels, 64, 0.02, 0.02)).toEqual([...domains.plain.look.grounds[0]!.base])
  })

  it.each(shapeKinds)('covers the same share at any size (%s)', (kind) => {
    const share = (sizePx: number): number => {
      const pixels = drawScene(oneShape({ kind, colour: 'neutral' }), sizePx)
      let dark = 0
      for (let offset = 0; offset < pixels.length; offset += 3) dark += (248 - pixels[offset]!) / (248 - 18)
      return dark / (sizePx * sizePx)
    }
    // Antialiasing keeps the area; a jagged edge would be off by several percent at 32 pixels.
    expect(share(32) / share(256)).toBeGreaterThan(0.97)
    expect(share(32) / share(256)).toBeLessThan(1.03)
    expect(share(256)).toBeGreaterThan(0.02)
  })

  it('leaves a hole in the ring and none in the circle', () => {
    const white = [...domains.plain.look.grounds[0]!.base]
    expect(pixelAt(drawScene(oneShape({ kind: 'ring' }), 128), 128, 0.5, 0.5)).toEqual(white)
    expect(pixelAt(drawScene(oneShape({ kind: 'heart' }), 128), 128, 0.5, 0.35)).toEqual(white)
    expect(outlines.star(0, 0)).toBeLessThan(0)
    expect(outlines.triangle(0.8, -0.8)).toBeGreaterThan(0)
  })

  it('draws no two kinds, colours or sizes alike', () => {
    const seen = new Set<string>()
    for (const domain of domainNames) {
      for (const kind of shapeKinds) {
        for (const size of ['small', 'large'] as const) {
          seen.add(Buffer.from(drawScene({ ...oneShape({ kind, size }), domain }, 32)).toString('base64'))
        }
      }
    }
    expect(seen.size).toBe(2 * shapeKinds.length * 2)
  })

  it('repeats the same bytes, and changes only near the shape that changed', () => {
    const scene = generateScene(new Random('four'), { domain: 'shifted', minimumShapes: 4 })
    expect(drawScene(scene, 64)).toEqual(drawScene(structuredClone(scene), 64))
    const [gone, ...rest] = scene.shapes as [Shape, ...Shape[]]
    const before = drawScene(scene, 64)
    const after = drawScene({ ...scene, shapes: rest }, 64)
    const reach = radiusBySize[gone.size] * 1.12 + 0.08
    for (let pixel = 0; pixel < 64 * 64; pixel++) {
      if ([0, 1, 2].every((channel) => before[pixel * 3 + channel] === after[pixel * 3 + channel])) continue
      expect(Math.abs(((pixel % 64) + 0.5) / 64 - gone.x)).toBeLessThan(reach)
      expect(Math.abs((Math.floor(pixel / 64) + 0.5) / 64 - gone.y)).toBeLessThan(reach)
    }
  })

  it('tells how fast it draws', () => {
    for (const domain of domainNames) {
      const scenes = Array.from({ length: 200 }, (_, seed) => generateScene(new Random(seed), { domain }))
      scenes.forEach((scene) => drawScene(scene, 64))
      const startMs = performance.now()
      scenes.forEach((scene) => drawScene(scene, 64))
      console.info(`${domain}: ${((performance.now() - startMs) / scenes.length).toFixed(2)} ms per 64 px scene`)
    }
  })
})
