// Moving and resizing a box within a picture, by keys and by pointer. All in whole pixels of the picture.
import type { CropBox } from '@shared/imageRecipe'

export interface SizePx {
  width: number
  height: number
}

const clamp = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most)

/** A box within the picture, at least one pixel large. */
export function fitBox(box: CropBox, picture: SizePx): CropBox {
  const width = clamp(Math.round(box.width), 1, picture.width)
  const height = clamp(Math.round(box.height), 1, picture.height)
  return { left: clamp(Math.round(box.left), 0, picture.width - width), top: clamp(Math.round(box.top), 0, picture.height - height), width, height }
}

/** Where a new box begins: a third of the picture, in its middle. */
export function middleBox(picture: SizePx): CropBox {
  const [width, height] = [Math.max(1, Math.round(picture.width / 3)), Math.max(1, Math.round(picture.height / 3))]
  return fitBox({ left: (picture.width - width) / 2, top: (picture.height - height) / 2, width, height }, picture)
}

/** Between two corners, in any order. */
export function boxBetween(a: { x: number; y: number }, b: { x: number; y: number }, picture: SizePx): CropBox {
  const left = clamp(Math.round(Math.min(a.x, b.x)), 0, picture.width - 1)
  const top = clamp(Math.round(Math.min(a.y, b.y)), 0, picture.height - 1)
  const right = clamp(Math.round(Math.max(a.x, b.x)), left + 1, picture.width)
  const bottom = clamp(Math.round(Math.max(a.y, b.y)), top + 1, picture.height)
  return { left, top, width: right - left, height: bottom - top }
}

const directions: Readonly<Record<string, readonly [x: number, y: number]>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

/** One step of a key: about a fiftieth of the picture, with Alt a single pixel. */
export const stepPx = (picture: SizePx, isFine: boolean): number => (isFine ? 1 : Math.max(1, Math.round(Math.min(picture.width, picture.height) / 50)))

/** Arrows move, with Shift they resize at the lower right corner. Null for other keys. */
export function pressBox(box: CropBox, press: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'altKey'>, picture: SizePx): CropBox | null {
  const direction = directions[press.key]
  if (direction === undefined) return null
  const step = stepPx(picture, press.altKey)
  const [x, y] = [direction[0] * step, direction[1] * step]
  if (!press.shiftKey) return fitBox({ ...box, left: box.left + x, top: box.top + y }, picture)
  return {
    ...box, width: clamp(box.width + x, 1, picture.width - box.left), height: clamp(box.height + y, 1, picture.height - box.top),
  }
}
