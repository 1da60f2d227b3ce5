// Text-guided image transformations of drawn scenes: groups of one family, and their pixels. Families, texts and weights are
// those of shared/imageTransforms.ts.
import {
  cropSquare, pickShare, runsBackward, transformFamilies, transformFamilyNames, transformText, backwardText, variantsOf, type Transform, type TransformFamily,
} from '../../../shared/imageTransforms.ts'
import type { ToyImage } from './picture.ts'
import { meanDifference, resampleBox, samplePoint } from './picture.ts'
import type { Random } from './random.ts'

export interface TransformItem {
  before: ToyImage
  text: string
  after: ToyImage
}

/** Results closer than this (of 255) look alike, so that neither could be told to be the answer. */
const leastDifference = 2
/** A crop with fewer pixels than this share away from its mean colour shows nothing but ground. */
const leastShownShare = 0.01
const shownDeviation = 45

/** Each family in proportion to its weight divided by its group size. */
export function pickTransformFamily(random: Random): TransformFamily {
  const entries = transformFamilyNames.map((family) => [family, pickShare(family)])
  return random.weighted(Object.fromEntries(entries) as Record<TransformFamily, number>)
}

/**
 * The group of one source picture, less results that show nothing or look alike. Flips and grayscale also run backward
 * (`colorize`).
 */
export function transformGroup(family: TransformFamily, source: ToyImage, random: Random): TransformItem[] {
  const transforms = random.shuffle(variantsOf(family, random)).slice(0, transformFamilies[family].groupSize)
  const forward: (TransformItem & { transform: Transform })[] = []
  for (const transform of transforms) {
    const after = applyTransform(source, transform)
    const others = [source, ...forward.map((item) => item.after)]
    const isLikeAnother = others.some((other) => meanDifference(other, after) < leastDifference)
    const isEmpty = family === 'crop' && isBareGround(after)
    if (!isLikeAnother && !isEmpty) forward.push({ transform, before: source, text: transformText(transform), after })
  }
  const items = forward.map(({ before, text, after }) => ({ before, text, after }))
  if (!runsBackward(family)) return items
  return forward.flatMap(({ transform, before, after }, index) => [items[index]!, { before: after, text: backwardText(transform), after: before }])
}

/** The result has the size of the source. */
export function applyTransform(image: ToyImage, transform: Transform): ToyImage {
  switch (transform.family) {
    case 'crop': return crop(image, transform.row, transform.column)
    case 'rotate': return rotate(image, transform.degrees)
    case 'jitter': return jitter(image, transform)
    case 'flip': return flip(image, transform.axis)
    case 'grayscale': return blendPixels(image, (_, grey) => grey)
  }
}

function crop(image: ToyImage, row: number, column: number): ToyImage {
  const { left, top, sidePx } = cropSquare(row, column, { width: image.sizePx, height: image.sizePx })
  return resampleBox(image, { leftPx: left, topPx: top, sidePx }, image.sizePx)
}

/** About the centre; what comes from outside the picture is black. */
function rotate(image: ToyImage, degrees: number): ToyImage {
  const { sizePx } = image
  const angle = (degrees * Math.PI) / 180
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)]
  const middle = sizePx / 2
  const pixels = new Uint8Array(image.pixels.length)
  const point: [number, number, number] = [0, 0, 0]
  for (let row = 0; row < sizePx; row++) {
    for (let column = 0; column < sizePx; column++) {
      const across = column + 0.5 - middle
      const down = row + 0.5 - middle
      const x = middle + cosine * across + sine * down
      const y = middle - sine * across + cosine * down
      if (x < 0 || y < 0 || x > sizePx || y > sizePx) continue
      samplePoint(image, x, y, point)
      const offset = (row * sizePx + column) * 3
      for (let channel = 0; channel < 3; channel++) pixels[offset + channel] = point[channel]! + 0.5
    }
  }
  return { pixels, sizePx }
}

/** In this order: brightness scales, contrast blends with the picture's mean grey, saturation with each pixel's. */
function jitter(image: ToyImage, factors: { brightness: number; contrast: number; saturation: number }): ToyImage {
  const bright = blendPixels(image, (value) => value * factors.brightness)
  const mean = meanGrey(bright)
  const contrasted = blendPixels(bright, (value) => mean + (value - mean) * factors.contrast)
  return blendPixels(contrasted, (value, grey) => grey + (value - grey) * factors.saturation)
}

function flip(image: ToyImage, axis: 'horizontal' | 'vertical'): ToyImage {
  const { sizePx } = image
  const pixels = new Uint8Array(image.pixels.length)
  for (let row = 0; row < sizePx; row++) {
    for (let column = 0; column < sizePx; column++) {
      const fromRow = axis === 'vertical' ? sizePx - 1 - row : row
      const fromColumn = axis === 'horizontal' ? sizePx - 1 - column : column
      const from = (fromRow * sizePx + fromColumn) * 3
      pixels.set(image.pixels.subarray(from, from + 3), (row * sizePx + column) * 3)
    }
  }
  return { pixels, sizePx }
}

function blendPixels(image: ToyImage, change: (value: number, grey: number) => number): ToyImage {
  const pixels = new Uint8Array(image.pixels.length)
  for (let offset = 0; offset < pixels.length; offset += 3) {
    const grey = greyAt(image.pixels, offset)
    for (let channel = 0; channel < 3; channel++) {
      pixels[offset + channel] = Math.min(255, Math.max(0, Math.round(change(image.pixels[offset + channel]!, grey))))
    }
  }
  return { pixels, sizePx: image.sizePx }
}

function meanGrey(image: ToyImage): number {
  let sum = 0
  for (let offset = 0; offset < image.pixels.length; offset += 3) sum += greyAt(image.pixels, offset)
  return sum / (image.pixels.length / 3)
}

function isBareGround({ pixels }: ToyImage): boolean {
  const mean = [0, 0, 0]
  for (let index = 0; index < pixels.length; index++) mean[index % 3]! += (pixels[index]! * 3) / pixels.length
  let shown = 0
  for (let offset = 0; offset < pixels.length; offset += 3) {
    if (mean.some((value, channel) => Math.abs(pixels[offset + channel]! - value) > shownDeviation)) shown++
  }
  return shown < (pixels.length / 3) * leastShownShare
}

/** Luma of ITU-R BT.601. */
function greyAt(pixels: Uint8Array, offset: number): number {
  return 0.299 * pixels[offset]! + 0.587 * pixels[offset + 1]! + 0.114 * pixels[offset + 2]!
}
