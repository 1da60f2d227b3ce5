// What is wrong with a data set: findings of the last check, decisions about them, and acts that mend many at once. A kind
// is a filter as well (`finding:blurred`), so what bulk acts on pairs can do is done through them.
import { z } from 'zod'
import { findingKindNames } from '../quality/findingKinds'
import { id, pairSchema } from './entities'
import { historySchema } from './pairs'
import { procedure } from './procedure'

export const findingKindSchema = z.enum(findingKindNames)
export const duplicateKindSchema = z.enum(['exact-duplicate', 'near-duplicate'])
export type DuplicateKind = z.infer<typeof duplicateKindSchema>

export const findingCountSchema = z.object({
  kind: findingKindSchema,
  /** Pairs that are found and neither rejected, mended nor dismissed. */
  openCount: z.number(),
  dismissedCount: z.number(),
})

export const histogramSchema = z.object({
  kind: findingKindSchema,
  /** Pairs by value, evenly over the range of the kind (see shared/quality/findingKinds). */
  counts: z.array(z.number()),
})

export const qualitySummarySchema = z.object({
  /** Null before the first check. */
  checkedAtMs: z.number().nullable(),
  /** Pairs that were changed or added since. */
  changedPairCount: z.number(),
  /** Of the last check. */
  pairCount: z.number(),
  pictureCount: z.number(),
  /** Pictures of the project without measures: the next check reads them. */
  unmeasuredPictureCount: z.number(),
  /** Pairs that had a score; without scores agreement and outliers are not checked. */
  scoredPairCount: z.number(),
  /** Main language of the texts, ISO 639-1; null when it cannot be told. */
  language: z.string().nullable(),
  counts: z.array(findingCountSchema),
  thresholds: z.partialRecord(findingKindSchema, z.number()),
  histograms: z.array(histogramSchema),
})
export type QualitySummary = z.infer<typeof qualitySummarySchema>

export const findingSchema = z.object({
  kind: findingKindSchema,
  pair: pairSchema,
  /** What was measured, in the unit of the kind. */
  value: z.number(),
  detail: z.string(),
  /** The pair that it has to do with: the training pair of a leak, the pair whose caption fits better. */
  related: pairSchema.nullable(),
  clusterId: z.number().nullable(),
  isDismissed: z.boolean(),
})
export type Finding = z.infer<typeof findingSchema>

export const pictureFactsSchema = z.object({
  imageId: id, widthPx: z.number(), heightPx: z.number(), byteCount: z.number().nullable(), format: z.string().nullable(), sourceName: z.string(),
  /** Null when the picture was not measured. */
  sharpness: z.number().nullable(),
})
export type PictureFacts = z.infer<typeof pictureFactsSchema>

export const clusterSchema = z.object({
  clusterId: z.number(),
  /** Not rejected; the one that would be kept comes first. */
  pairs: z.array(pairSchema),
  details: z.array(z.string()),
  pictures: z.array(pictureFactsSchema),
})
export type Cluster = z.infer<typeof clusterSchema>

export const keepRuleSchema = z.enum(['largest', 'best-score', 'first'])
export type KeepRule = z.infer<typeof keepRuleSchema>

const window = { offset: z.number().int().min(0).default(0), limit: z.number().int().min(1).max(200).default(50) }
/** These pairs, or null for all open findings of the kind. */
const pairIds = z.array(id).min(1).max(100_000).nullable()
const changed = z.object({ changedCount: z.number(), history: historySchema })
const resolution = { kind: duplicateKindSchema, clusterIds: z.array(z.number().int()).min(1).max(10_000).nullable(), keep: keepRuleSchema, keepPairId: id.nullable().default(null) }

export const qualityContract = {
  check: procedure('Starts a job that measures new pictures, then looks for duplicates, leaks, poor pictures, poor texts and pairs that do not agree. On request pairs without vectors are embedded first.',
    z.strictObject({ embed: z.boolean().default(false) }), z.object({ jobId: id })),
  getSummary: procedure('Sums up the last check: open findings by kind, how values are spread, and what changed since.', z.object({}), qualitySummarySchema),
  listFindings: procedure('Lists findings of one kind, the worst first.',
    z.strictObject({ kind: findingKindSchema, isDismissed: z.boolean().default(false), ...window }), z.object({ findings: z.array(findingSchema), total: z.number() })),
  listClusters: procedure('Lists sets of duplicates with facts of their pictures, those with most pairs first.',
    z.strictObject({ kind: duplicateKindSchema, keep: keepRuleSchema.default('largest'), ...window }), z.object({ clusters: z.array(clusterSchema), total: z.number() })),
  setThreshold: procedure('Changes from which value on a kind is found, and looks for it again in what was measured.',
    z.strictObject({ kind: findingKindSchema, value: z.number() }), qualitySummarySchema),
  dismiss: procedure('Dismisses findings of a kind, or takes that back. Later checks keep the decision.',
    z.strictObject({ kind: findingKindSchema, pairIds, isDismissed: z.boolean().default(true) }), changed),
  countResolution: procedure('Counts what a resolution of duplicates would keep and what it would change.',
    z.strictObject(resolution), z.object({ clusterCount: z.number(), keptCount: z.number(), otherCount: z.number() })),
  resolveDuplicates: procedure('Keeps one picture of each set of duplicates, with all its pairs, and rejects or tags the others, in one undoable act; tags of the others can go over to what is kept.',
    z.strictObject({ ...resolution, act: z.enum(['reject', 'tag']).default('reject'), mergeTags: z.boolean().default(false) }), changed),
  mendTexts: procedure('Trims texts to the context of the current model, or takes them away where the side has a picture as well; others are left as they are.',
    z.strictObject({ kind: z.enum(['long-text', 'other-language', 'file-name', 'no-words', 'boilerplate', 'repeated-text']), pairIds, act: z.enum(['trim', 'clear']) }), changed),
}
