import { z } from 'zod'
import { id } from './entities'
import { procedure } from './procedure'
import { queryImageSchema } from './search'

export const nearSideSchema = z.enum(['any', 'left', 'right'])

export const nearSchema = z.object({
  /** What the filter calls it: `near:3`. */
  id,
  modelId: z.string(), text: z.string().nullable(), image: queryImageSchema.nullable(),
  /** `any` takes the nearer side of each pair. */
  side: nearSideSchema,
  madeAtMs: z.number(),
  matchCount: z.number(),
  /** Similarities of the farthest and the nearest pair; null when there is none. */
  lowest: z.number().nullable(), highest: z.number().nullable(),
})
export type Near = z.infer<typeof nearSchema>

export const nearContract = {
  find: procedure('Finds the pairs nearest to a text, a picture or both under the current model, and keeps them so that a filter can name them. Pairs that are not embedded are left out.',
    z.strictObject({
      text: z.string().max(10_000).default(''), image: queryImageSchema.nullable().default(null), side: nearSideSchema.default('any'),
      most: z.number().int().min(1).max(10_000).default(200),
      /** Pairs less similar than this are left out too; null leaves out none. */
      minimum: z.number().min(-1).max(1).nullable().default(null),
    }),
    z.object({ near: nearSchema, candidateCount: z.number(), leftOutCount: z.number() })),
  list: procedure('Lists the neighbourhoods that a filter names; those that are gone are left out.', z.strictObject({ nearIds: z.array(id).max(100) }), z.array(nearSchema)),
}
