import { z } from 'zod'
import { procedure } from './procedure'
import { id, pairSchema, recallSchema, splitSchema } from './entities'

export const queryImageSchema = z.discriminatedUnion('kind', [
  /** A picture of the project. */
  z.strictObject({ kind: z.literal('project'), imageId: id }),
  /** A picture uploaded or named by path; see ../media.ts. */
  z.strictObject({ kind: z.literal('query'), queryImageId: z.string() }),
])
export type QueryImage = z.infer<typeof queryImageSchema>

export const hitSchema = z.object({ pair: pairSchema, side: z.enum(['left', 'right']), score: z.number() })
export type Hit = z.infer<typeof hitSchema>

export const searchColumnSchema = z.object({ modelId: z.string(), hits: z.array(hitSchema), candidateCount: z.number(), elapsedMs: z.number() })
export type SearchColumn = z.infer<typeof searchColumnSchema>

export const evaluationSchema = z.object({
  modelId: z.string(), split: splitSchema,
  /** Text finds image, image finds text, and image + text find image; null where the split has no such pairs. */
  textToImage: recallSchema.nullable(), imageToText: recallSchema.nullable(), composedToImage: recallSchema.nullable(),
  evaluatedAtMs: z.number(),
})
export type Evaluation = z.infer<typeof evaluationSchema>

export const searchContract = {
  query: procedure('Finds the sides nearest to a text, an image, or both, under one or two models.',
    z.strictObject({
      text: z.string().max(10_000).default(''),
      image: queryImageSchema.nullable().default(null),
      modelIds: z.array(z.string()).min(1).max(2),
      target: z.enum(['images', 'texts', 'any']).default('images'),
      split: splitSchema.nullable().default(null),
      limit: z.number().int().min(1).max(200).default(24),
    }),
    z.object({ columns: z.array(searchColumnSchema) })),
  useImagePath: procedure('Takes a picture from a path that the person typed, for a search by image.', z.strictObject({ path: z.string().min(1).max(4096) }), z.object({ queryImageId: z.string() })),
  saveHit: procedure('Keeps a hit as a new pair (positive), or as a hard negative of the pair that the query came from.',
    z.strictObject({
      text: z.string().max(10_000).default(''), image: queryImageSchema.nullable().default(null),
      hitPairId: id, hitSide: z.enum(['left', 'right']), verdict: z.enum(['positive', 'negative']),
    }),
    z.object({ pair: pairSchema })),
}

export const evaluationContract = {
  start: procedure('Starts a job that measures retrieval of a model on a split.', z.strictObject({ modelId: z.string(), split: splitSchema.default('test') }), z.object({ jobId: id })),
  list: procedure('Lists the measured results.', z.object({}), z.array(evaluationSchema)),
}
