import { z } from 'zod'
import { id } from './entities'
import { pairFilterSchema } from './pairs'
import { procedure } from './procedure'

export const mapSideSchema = z.enum(['pair', 'left', 'right'])
export const mapMethodSchema = z.enum(['pca', 'umap'])
/** What a map may be coloured by. */
export const mapFieldSchema = z.enum(['status', 'split', 'task', 'tag', 'group', 'score', 'leftLength', 'rightLength'])

const mapName = {
  /** Null takes the current model. */
  modelId: z.string().nullable().default(null),
  /** `pair` is the mean of both sides. */
  side: mapSideSchema.default('pair'),
  method: mapMethodSchema.default('umap'),
}

export const pairMapSchema = z.object({
  modelId: z.string(), side: mapSideSchema, method: mapMethodSchema,
  seed: z.number(), neighbourCount: z.number(), madeAtMs: z.number(),
  pairCount: z.number(),
  /** How many points were fitted; the others were placed by their nearest fitted neighbours. */
  sampleCount: z.number(),
  /** Share of the variance that both axes show; null for UMAP. */
  explained: z.number().nullable(),
  /** Pairs that the map does not have, and pairs whose content has changed since. */
  newCount: z.number(), changedCount: z.number(),
  /** Names the points: fetch them at `arrayPath` as Int32 ids [N], then Float32 places [N, 2]; see ../media.ts. */
  pointsId: z.string(),
})
export type PairMap = z.infer<typeof pairMapSchema>

export const mapColourSchema = z.discriminatedUnion('kind', [
  /** Names one Uint8 per point: the index of its category. */
  z.object({ kind: z.literal('category'), valuesId: z.string(), categories: z.array(z.object({ value: z.string(), label: z.string(), count: z.number() })) }),
  /** Names one Float32 per point; NaN where there is no value. */
  z.object({ kind: z.literal('gradient'), valuesId: z.string(), lowest: z.number(), highest: z.number(), missingCount: z.number() }),
])
export type MapColour = z.infer<typeof mapColourSchema>

export const mapsContract = {
  make: procedure('Starts a job that lays the pairs out on a plane by their embeddings under a model; what is not embedded yet is embedded first.',
    z.strictObject({ ...mapName, seed: z.number().int().min(0).max(2 ** 31 - 1).default(1), neighbourCount: z.number().int().min(2).max(100).default(15) }), z.object({ jobId: id })),
  get: procedure('Gets a map that was made, with what has changed since; null where there is none.', z.strictObject(mapName), pairMapSchema.nullable()),
  colour: procedure('Gives a value of one field for every point of a map, in the order of its points.', z.strictObject({ ...mapName, field: mapFieldSchema }), mapColourSchema),
  match: procedure('Tells which points of a map a filter matches: one byte per point, in the order of its points.',
    z.strictObject({ ...mapName, filter: pairFilterSchema.prefault({}) }), z.object({ valuesId: z.string(), matchCount: z.number() })),
}

export type MapSide = z.infer<typeof mapSideSchema>
export type MapMethod = z.infer<typeof mapMethodSchema>
export type MapField = z.infer<typeof mapFieldSchema>
