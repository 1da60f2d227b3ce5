// Region crops: a picture and a phrase on the left, the part of it around one shape on the right.
import { mentionShape, mentionText } from './captions.ts'
import { domains } from './domain.ts'
import type { SquareBox, ToyImage } from './picture.ts'
import { resampleBox } from './picture.ts'
import type { Random } from './random.ts'
import type { Scene, Shape } from './scene.ts'
import { radiusBySize } from './scene.ts'

export interface Region {
  phrase: string
  shape: Shape
  box: SquareBox
}

/** Wider than the shape by this factor, so that its surroundings show. */
const paddingFactor = 1.25

/** One region for each shape, in random order; the phrase names the shape and no other. */
export function sceneRegions(scene: Scene, sizePx: number, random: Random): Region[] {
  return random.shuffle(scene.shapes).map((shape) => {
    const mention = mentionShape(shape, random.chance(0.3), random.chance(0.3))
    return { phrase: mentionText(mention, domains[scene.domain]), shape, box: boxAround(shape, sizePx) }
  })
}

/** Whole pixels, inside the picture. */
export function boxAround(shape: Shape, sizePx: number): SquareBox {
  const sidePx = Math.min(sizePx, Math.round(2 * radiusBySize[shape.size] * paddingFactor * sizePx))
  const start = (centre: number): number =>
    Math.min(sizePx - sidePx, Math.max(0, Math.round(centre * sizePx - sidePx / 2)))
  return { leftPx: start(shape.x), topPx: start(shape.y), sidePx }
}

export function cropRegion(image: ToyImage, region: Region, sizePx: number): ToyImage {
  return resampleBox(image, region.box, sizePx)
}
