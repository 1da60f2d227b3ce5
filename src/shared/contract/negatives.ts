import { z } from 'zod'
import { procedure } from './procedure'
import { historySchema } from './pairs'
import { id, pairSchema, splitSchema, verdictSchema } from './entities'

export const candidateSchema = z.object({
  id,
  /** The anchor, whose left side was the query. */
  pair: pairSchema,
  /** Its right side is close to the anchor's left side although it belongs to another pair. */
  other: pairSchema,
  /** Cosine of anchor left and other right. */
  score: z.number(),
  /** Cosine of the anchor's own two sides. */
  positiveScore: z.number(),
  rank: z.number().int(),
  verdict: verdictSchema.nullable(),
})
export type Candidate = z.infer<typeof candidateSchema>

export const miningSummarySchema = z.object({
  minedAtMs: z.number().nullable(),
  modelId: z.string().nullable(),
  candidateCount: z.number(),
  groupCount: z.number(),
  judgedCount: z.number(),
  /** Candidates dropped because they scored above the true pair by the margin. */
  droppedByGuardCount: z.number(),
  /** Candidates dropped because they are the same image or the same text. */
  droppedByIdentityCount: z.number(),
  /** True when pairs or the model changed after the mining. */
  isStale: z.boolean(),
})
export type MiningSummary = z.infer<typeof miningSummarySchema>

export const negativesContract = {
  mine: procedure('Starts a mining job: exact nearest neighbours under a model, guarded against likely matches.',
    z.strictObject({
      modelId: z.string().nullable().default(null),
      perPair: z.number().int().min(1).max(50).default(5),
      margin: z.number().min(-1).max(1).default(0),
      split: splitSchema.default('train'),
    }),
    z.object({ jobId: id })),
  getSummary: procedure('Sums up the last mining.', z.object({}), miningSummarySchema),
  listCandidates: procedure('Lists mined candidates beside their true pairs, hardest first.',
    z.strictObject({ judged: z.enum(['all', 'open', 'judged']).default('open'), offset: z.number().int().min(0).default(0), limit: z.number().int().min(1).max(200).default(50) }),
    z.object({ candidates: z.array(candidateSchema), total: z.number() })),
  judge: procedure('Judges two pairs: hard negative, also a match, or ignore; null takes the judgement away.',
    z.strictObject({ pairId: id, otherPairId: id, verdict: verdictSchema.nullable() }),
    z.object({ history: historySchema })),
}
