// Draws a scene as RGB bytes. Edges come from signed distances, so they are smooth without supersampling.
import type { Fill, Look, Texture } from './domain.ts'
import { domains } from './domain.ts'
import { outlines } from './outlines.ts'
import { Random } from './random.ts'
import type { Scene, Shape } from './scene.ts'
import { radiusBySize } from './scene.ts'

const shadowOffset = 0.016
const shadowSoftness = 0.03

/** Square picture of `sizePx` rows, RGB interleaved. The same scene and size give the same bytes. */
export function drawScene(scene: Scene, sizePx: number): Uint8Array {
  const { look } = domains[scene.domain]
  const canvas = drawGround(scene, sizePx, new Random(scene.lookSeed).next())
  for (const shape of scene.shapes) drawShape(canvas, sizePx, shape, look)
  return toBytes(canvas, look.noise, scene.lookSeed)
}

function drawGround(scene: Scene, sizePx: number, phase: number): Float32Array {
  const ground = domains[scene.domain].look.grounds[scene.ground]!
  const canvas = new Float32Array(sizePx * sizePx * 3)
  let offset = 0
  for (let row = 0; row < sizePx; row++) {
    const y = (row + 0.5) / sizePx
    for (let column = 0; column < sizePx; column++) {
      const share = textureLevels[ground.texture]((column + 0.5) / sizePx, y, phase)
      for (let channel = 0; channel < 3; channel++) {
        canvas[offset++] = ground.base[channel]! + (ground.accent[channel]! - ground.base[channel]!) * share
      }
    }
  }
  return canvas
}

/** How much of the accent is mixed in at a point, 0…1. `phase` shifts the pattern from scene to scene. */
const textureLevels: Record<Texture, (x: number, y: number, phase: number) => number> = {
  none: () => 0,
  slope: (x, y, phase) => (phase < 0.5 ? 0.35 * x : 0.35 * (1 - x)) + 0.65 * y,
  weave: (x, y, phase) => 0.5 + 0.5 * Math.sin(40 * x + 6 * phase) * Math.sin(40 * y),
  dots: (x, y, phase) => smoothStep(0.34, 0.2, Math.hypot(wrap(8 * x + phase) - 0.5, wrap(8 * y + phase) - 0.5)),
  waves: (x, y, phase) => 0.5 + 0.5 * Math.sin(34 * y + 2.4 * Math.sin(7 * x + 6 * phase)),
  stripes: (x, y, phase) => smoothStep(-0.25, 0.25, Math.sin(30 * (x + y) + 6 * phase)),
  grid: (x, y, phase) => Math.max(gridLine(x, phase), gridLine(y, phase)),
}

function gridLine(fraction: number, phase: number): number {
  return smoothStep(0.09, 0.03, Math.abs(wrap(7 * fraction + phase) - 0.5))
}

/** Where a shape's fill shows its second colour, 0…1, by position in units of the radius and by signed distance. */
const fillLevels: Record<Fill, (x: number, y: number, distance: number) => number> = {
  flat: () => 0,
  gradient: (_x, y) => 0.42 * smoothStep(-1, 1.1, y),
  striped: (x, y) => 0.42 * smoothStep(-0.35, 0.35, Math.sin(8.5 * (x + y))),
  outlined: (_x, _y, distance) => 0.5 * smoothStep(-0.14, -0.24, distance),
  dotted: (x, y) => 0.45 * smoothStep(0.32, 0.2, Math.hypot(wrap(2.2 * x) - 0.5, wrap(2.2 * y) - 0.5)),
}

function drawShape(canvas: Float32Array, sizePx: number, shape: Shape, look: Look): void {
  const radius = radiusBySize[shape.size]
  const tilt = (shape.tiltDegrees * Math.PI) / 180
  const cosine = Math.cos(tilt) / radius
  const sine = Math.sin(tilt) / radius
  const outline = outlines[shape.kind]
  const fillLevel = fillLevels[look.fills[shape.fill]!]
  const colour = look.colours[shape.colour].map((value, channel) => value + look.hueJitter * shape.hueShift[channel]!)

  // Shapes reach a little past their radius; the shadow reaches further.
  const reach = radius * 1.12 + (look.shadow > 0 ? shadowOffset + shadowSoftness : 0)
  const [top, bottom] = pixelRange(shape.y, reach, sizePx)
  const [left, right] = pixelRange(shape.x, reach, sizePx)
  for (let row = top; row <= bottom; row++) {
    const y = (row + 0.5) / sizePx - shape.y
    for (let column = left; column <= right; column++) {
      const x = (column + 0.5) / sizePx - shape.x
      const offset = (row * sizePx + column) * 3
      if (look.shadow > 0) {
        const [shiftedX, shiftedY] = [x - shadowOffset, y - shadowOffset]
        const shadow = outline(cosine * shiftedX + sine * shiftedY, cosine * shiftedY - sine * shiftedX)
        const light = 1 - look.shadow * smoothStep(shadowSoftness, -shadowSoftness, radius * shadow)
        for (let channel = 0; channel < 3; channel++) canvas[offset + channel]! *= light
      }
      const ownX = cosine * x + sine * y
      const ownY = cosine * y - sine * x
      const distance = outline(ownX, ownY)
      const coverage = Math.min(1, Math.max(0, 0.5 - distance * radius * sizePx))
      if (coverage === 0) continue
      const shade = fillLevel(ownX, ownY, distance)
      for (let channel = 0; channel < 3; channel++) {
        const paint = colour[channel]! + (look.fillShade[channel]! - colour[channel]!) * shade
        canvas[offset + channel]! += (paint - canvas[offset + channel]!) * coverage
      }
    }
  }
}

function pixelRange(centre: number, reach: number, sizePx: number): [first: number, last: number] {
  const first = Math.floor((centre - reach) * sizePx)
  const last = Math.ceil((centre + reach) * sizePx)
  return [Math.max(0, first), Math.min(sizePx - 1, last)]
}

function toBytes(canvas: Float32Array, noise: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(canvas.length)
  let state = seed | 1
  for (let pixel = 0; pixel < canvas.length; pixel += 3) {
    // Grey noise from a linear congruential generator: quality does not matter here, speed does.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    const grain = noise * (state / 2_147_483_648) + 0.5
    for (let channel = 0; channel < 3; channel++) {
      bytes[pixel + channel] = Math.min(255, Math.max(0, canvas[pixel + channel]! + grain))
    }
  }
  return bytes
}

/** 0 at `from`, 1 at `to`, smooth between; `from` may be the larger. */
function smoothStep(from: number, to: number, value: number): number {
  const share = Math.min(1, Math.max(0, (value - from) / (to - from)))
  return share * share * (3 - 2 * share)
}

function wrap(value: number): number {
  return value - Math.floor(value)
}
