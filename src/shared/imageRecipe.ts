// A derived image: a source picture and what is done to it. Never stored as pixels; it is drawn again when it is needed.
import { z } from 'zod'

export const imageRecipeSchema = z.strictObject({
  /** In source pixels after EXIF rotation; null keeps the whole picture. */
  cropBoxPx: z.strictObject({ left: z.number().int().min(0), top: z.number().int().min(0), width: z.number().int().min(1), height: z.number().int().min(1) }).nullable().default(null),
  flip: z.enum(['horizontal', 'vertical']).nullable().default(null),
  /** Clockwise, any angle; corners are filled with black. */
  rotateDegrees: z.number().min(-360).max(360).default(0),
})

export type ImageRecipe = z.infer<typeof imageRecipeSchema>
