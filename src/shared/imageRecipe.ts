// A derived image: a source picture and what is done to it. Never stored as pixels; it is drawn again when it is needed.
// The steps run in the order in which they stand here.
import { z } from 'zod'

/** A blend with what has none of it: 0 leaves nothing, 1 changes nothing, more adds. */
const factor = z.number().min(0).max(10)

export const imageRecipeSchema = z.strictObject({
  /** In source pixels after EXIF rotation; null keeps the whole picture. */
  cropBoxPx: z.strictObject({ left: z.number().int().min(0), top: z.number().int().min(0), width: z.number().int().min(1), height: z.number().int().min(1) }).nullable().default(null),
  /** Bicubic with antialiasing, of what was cropped; absent keeps its size. */
  resizePx: z.strictObject({ width: z.number().int().min(1).max(20_000), height: z.number().int().min(1).max(20_000) }).optional(),
  flip: z.enum(['horizontal', 'vertical']).nullable().default(null),
  /** Clockwise, any angle; corners are filled with black. */
  rotateDegrees: z.number().min(-360).max(360).default(0),
  /** Brightness first, then contrast, then saturation; absent changes no colour. */
  jitter: z.strictObject({ brightness: factor, contrast: factor, saturation: factor }).optional(),
  grayscale: z.literal(true).optional(),
})

export type ImageRecipe = z.infer<typeof imageRecipeSchema>
export type CropBox = NonNullable<ImageRecipe['cropBoxPx']>

/**
 * Names a recipe: equal recipes give equal text, in whatever order their keys were written. The first three keys always
 * stand in it and the others only where they are used, so that recipes from before keep their names.
 */
export function recipeKey({ cropBoxPx, flip, rotateDegrees, resizePx, jitter, grayscale }: ImageRecipe): string {
  return JSON.stringify({
    cropBoxPx: cropBoxPx && { left: cropBoxPx.left, top: cropBoxPx.top, width: cropBoxPx.width, height: cropBoxPx.height },
    flip, rotateDegrees,
    resizePx: resizePx && { width: resizePx.width, height: resizePx.height },
    jitter: jitter && { brightness: jitter.brightness, contrast: jitter.contrast, saturation: jitter.saturation },
    grayscale,
  })
}

/** The size of a derived picture, from that of its source. */
export function sizeAfter(recipe: ImageRecipe, source: { width: number; height: number }): { width: number; height: number } {
  const { width, height } = recipe.resizePx ?? recipe.cropBoxPx ?? source
  const isTurned = Math.abs(recipe.rotateDegrees % 180) === 90
  return isTurned ? { width: height, height: width } : { width, height }
}
