// Which pairs deserve a look first: where two models disagree, where it is open what the person would decide, what is rare.
import { z } from 'zod'
import { id } from './entities'
import { procedure } from './procedure'

/** Decisions of each kind that learning needs. */
export const neededDecisions = 10

export const pairAttentionSchema = z.object({
  pairId: id,
  /** How far apart two models rank the pair among all, 0…1. Every field is null where it was not measured. */
  disagreement: z.number().nullable(),
  /** Under the second model. */
  otherScore: z.number().nullable(),
  /** How likely the pair is to be accepted, as learned from the decisions so far, 0…1. */
  acceptProbability: z.number().nullable(),
  cluster: z.number().int().nullable(),
  /** Pairs in its cluster. */
  clusterSize: z.number().int().nullable(),
  /** 1 for the rarest pair of the project, 0 for the most common. */
  rarity: z.number().nullable(),
})
export type PairAttention = z.infer<typeof pairAttentionSchema>

export const decisionFiguresSchema = z.object({
  decisionCount: z.number(),
  /** Share of held-out decisions that would have been made alike, and what always guessing the more frequent one would reach. */
  agreement: z.number(),
  baseline: z.number(),
  calibrationError: z.number(),
  /** Predicted chances against what was decided, in tenths. */
  bins: z.array(z.object({ predicted: z.number(), observed: z.number(), count: z.number() })),
})
export type DecisionFigures = z.infer<typeof decisionFiguresSchema>

export const attentionStateSchema = z.object({
  /** Null before the first measurement. */
  measuredAtMs: z.number().nullable(),
  modelId: z.string().nullable(),
  otherModelId: z.string().nullable(),
  clusterCount: z.number(),
  /** Pairs that are new or were changed since. */
  unmeasuredCount: z.number(),
  /** Whether it was measured with another model, or with other weights, than the current ones. */
  isOutdated: z.boolean(),
  acceptedCount: z.number(),
  rejectedCount: z.number(),
  /** Null while there are too few decisions of either kind. */
  learned: decisionFiguresSchema.nullable(),
  /** The open job that measures; null when none is. */
  jobId: id.nullable(),
})
export type AttentionState = z.infer<typeof attentionStateSchema>

export const reviewProgressSchema = z.object({
  decidedToday: z.number(),
  remainingCount: z.number(),
  flaggedCount: z.number(),
  /** While deciding, without pauses and acts on many pairs; null before there is enough to tell. */
  pairsPerMinute: z.number().nullable(),
  remainingMs: z.number().nullable(),
  /** Decisions of today in steps of time, oldest first. */
  stepMs: z.number(),
  steps: z.array(z.object({ startMs: z.number(), accepted: z.number(), rejected: z.number() })),
})
export type ReviewProgress = z.infer<typeof reviewProgressSchema>

export const attentionContract = {
  get: procedure('Tells what was measured of the attention that pairs deserve, and what is out of date.', z.object({}), attentionStateSchema),
  refresh: procedure('Starts a job that measures what deserves attention: disagreement with a second model (null for none), clusters, and the chances learned from decisions.',
    z.strictObject({ otherModelId: z.string().nullable().default(null) }), z.object({ jobId: id })),
  list: procedure('Lists what was measured of some pairs.', z.strictObject({ ids: z.array(id).max(500) }), z.array(pairAttentionSchema)),
  getProgress: procedure('Tells how far reviewing has come today, how fast it goes, and how much is left.', z.object({}), reviewProgressSchema),
}
