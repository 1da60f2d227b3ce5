// Text-guided image transformations (FuseLIP, arXiv 2506.03096): families, their texts, group sizes and pick weights, and the
// recipe of each. Drawn scenes and pictures of a project use the same list.
import type { ImageRecipe } from './imageRecipe'

export const transformFamilyNames = ['crop', 'rotate', 'jitter', 'flip', 'grayscale'] as const
export type TransformFamily = (typeof transformFamilyNames)[number]

export type Transform =
  | { family: 'crop'; row: number; column: number }
  /** Positive is clockwise. */
  | { family: 'rotate'; degrees: number }
  | { family: 'jitter'; brightness: number; contrast: number; saturation: number }
  | { family: 'flip'; axis: 'horizontal' | 'vertical' }
  | { family: 'grayscale' }

/** Items of one source picture that share a batch; `weight` is for picking a family by item, not by group. */
export const transformFamilies: Record<TransformFamily, { weight: number; groupSize: number }> = {
  crop: { weight: 2, groupSize: 9 },
  rotate: { weight: 1, groupSize: 3 },
  jitter: { weight: 1, groupSize: 3 },
  flip: { weight: 2, groupSize: 4 },
  grayscale: { weight: 1, groupSize: 2 },
}

/** The part of the pictures that the published training leaves as they are. */
export const publishedPlainShare = 0.9

export const largestCropPx = 256
const cropRows = ['upper', 'center', 'lower'] as const
const cropColumns = ['left', 'center', 'right'] as const

export const cropTransforms: readonly Transform[] = cropRows.flatMap((_, row) =>
  cropColumns.map((_, column) => ({ family: 'crop', row, column }) as const))
export const rotateTransforms: readonly Transform[] = [-1, 1].flatMap((direction) =>
  Array.from({ length: 9 }, (_, index) => ({ family: 'rotate', degrees: direction * 10 * (index + 1) }) as const))

/** Each family in proportion to its weight divided by its group size. */
export const pickShare = (family: TransformFamily): number => transformFamilies[family].weight / transformFamilies[family].groupSize

/** A flip and grayscale also run backward, so that they take half as many transformations as their group has items. */
export const runsBackward = (family: TransformFamily): boolean => family === 'flip' || family === 'grayscale'

export function transformText(transform: Transform): string {
  switch (transform.family) {
    case 'crop': return `crop to ${cropRows[transform.row]} ${cropColumns[transform.column]}`
    case 'rotate':
      return `rotate ${Math.abs(transform.degrees)} degrees ${transform.degrees > 0 ? '' : 'counter'}clockwise`
    case 'flip': return `flip ${transform.axis}ly`
    case 'grayscale': return 'grayscale'
    case 'jitter': return (['brightness', 'contrast', 'saturation'] as const)
      .map((name) => `${transform[name] < 1 ? 'decrease' : 'increase'} ${name} by factor ${transform[name].toFixed(1)}`)
      .join(' and ')
  }
}

/** The instruction of the way back. */
export const backwardText = (transform: Transform): string => (transform.family === 'grayscale' ? 'colorize' : transformText(transform))

/** Where numbers come from; the drawn scenes' `Random` fits. */
export interface WholeNumbers {
  /** Both ends inclusive. */
  integer(from: number, to: number): number
}

/** All transformations of a family, or as many random ones as its group has. */
export function variantsOf(family: TransformFamily, random: WholeNumbers): readonly Transform[] {
  switch (family) {
    case 'crop': return cropTransforms
    case 'rotate': return rotateTransforms
    case 'flip': return [{ family, axis: 'horizontal' }, { family, axis: 'vertical' }]
    case 'grayscale': return [{ family }]
    case 'jitter': return Array.from({ length: transformFamilies.jitter.groupSize }, () => ({
      family,
      brightness: random.integer(3, 20) / 10,
      contrast: random.integer(3, 20) / 10,
      saturation: random.integer(3, 20) / 10,
    }))
  }
}

/** One of nine places: a square of half the width, at most 256 px, enlarged to the size of the whole. */
export function cropSquare(row: number, column: number, { width, height }: { width: number; height: number }): { left: number; top: number; sidePx: number } {
  const sidePx = Math.max(1, Math.floor(Math.min(width / 2, largestCropPx, width, height)))
  return { left: Math.round((column * (width - sidePx)) / 2), top: Math.round((row * (height - sidePx)) / 2), sidePx }
}

const plain: ImageRecipe = { cropBoxPx: null, flip: null, rotateDegrees: 0 }

/** What draws the transformation of a picture of this size. */
export function recipeOf(transform: Transform, source: { width: number; height: number }): ImageRecipe {
  switch (transform.family) {
    case 'crop': {
      const { left, top, sidePx } = cropSquare(transform.row, transform.column, source)
      return { ...plain, cropBoxPx: { left, top, width: sidePx, height: sidePx }, resizePx: { width: source.width, height: source.height } }
    }
    case 'rotate': return { ...plain, rotateDegrees: transform.degrees }
    case 'flip': return { ...plain, flip: transform.axis }
    case 'grayscale': return { ...plain, grayscale: true }
    case 'jitter': return { ...plain, jitter: { brightness: transform.brightness, contrast: transform.contrast, saturation: transform.saturation } }
  }
}
