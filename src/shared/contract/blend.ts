// The forgetting slider: blends of a model and its fine-tuned child, (1 − amount)·base + amount·tuned, measured on what the
// fine-tuning was for and on what the base knew before.
import { z } from 'zod'
import { id, recallSchema, splitSchema } from './entities'
import { procedure } from './procedure'

/** What stands for “what the base knew before”. The person chooses; `name` and `description` of the set say what it is. */
export const probeSchema = z.discriminatedUnion('kind', [
  /** Scenes of coloured shapes that are drawn for the purpose, in the style the bundled models were trained on. */
  z.strictObject({ kind: z.literal('toybox') }),
  /** Pairs of this project that were not rejected; null takes every split, every tag. */
  z.strictObject({ kind: z.literal('pairs'), split: splitSchema.nullable().default(null), tag: z.string().min(1).max(60).nullable().default(null) }),
  /** Pairs of another project, which is only read. */
  z.strictObject({ kind: z.literal('project'), projectToken: z.string(), split: splitSchema.nullable().default(null) }),
])
export type Probe = z.infer<typeof probeSchema>

export const probeChoiceSchema = z.object({
  probe: probeSchema,
  name: z.string(),
  description: z.string(),
  /** Null while it is not drawn yet. */
  pairCount: z.number().nullable(),
})
export type ProbeChoice = z.infer<typeof probeChoiceSchema>

export const measuredSetSchema = z.object({
  name: z.string(),
  /** Where its pairs come from, in a sentence. */
  description: z.string(),
  pairCount: z.number(),
  /** How many of them the tuned model was trained on, as far as runs of this project tell; null where they cannot tell. */
  trainedPairCount: z.number().nullable(),
})
export type MeasuredSet = z.infer<typeof measuredSetSchema>

/** As in an evaluation; null where the set has no such pairs. */
export const taskRecallsSchema = z.object({ textToImage: recallSchema.nullable(), imageToText: recallSchema.nullable(), composedToImage: recallSchema.nullable() })
export type TaskRecalls = z.infer<typeof taskRecallsSchema>

export const blendPointSchema = z.object({
  /** 0 is base, 1 is tuned. */
  amount: z.number(),
  /** Null until measured, and where there is no such set. */
  project: taskRecallsSchema.nullable(),
  probe: taskRecallsSchema.nullable(),
})
export type BlendPoint = z.infer<typeof blendPointSchema>

export const blendSchema = z.object({
  /** The test split of the project; null where it is empty. */
  project: measuredSetSchema.nullable(),
  probe: measuredSetSchema.nullable(),
  /** Every position, ascending; those not measured yet hold null. */
  points: z.array(blendPointSchema),
  /** Whether runs of this project led from the base to the tuned model; a blend of strangers is rarely good at anything. */
  isDescendant: z.boolean(),
  /** The job that measures it now; null when none does. */
  jobId: id.nullable(),
})
export type Blend = z.infer<typeof blendSchema>

const amount = z.number().min(0).max(1)
const parents = { baseModelId: z.string(), tunedModelId: z.string() }
const measured = { ...parents, probe: probeSchema.nullable().default(null), positionCount: z.number().int().min(2).max(101).default(11) }

export const blendContract = {
  listProbes: procedure('Lists the sets that can stand for what a model knew before it was fine-tuned, the most general first.',
    z.strictObject({ baseModelId: z.string() }), z.array(probeChoiceSchema)),
  get: procedure('Gets what was measured along the line between two models: recall on the test split and on a probe set.', z.strictObject(measured), blendSchema),
  measure: procedure('Starts a job that measures recall at evenly spaced blends of two models, nearest to the focus first. What was measured before is kept.',
    z.strictObject({ ...measured, focus: amount.default(1) }), z.object({ jobId: id })),
  focus: procedure('Tells a measuring job which blend is looked at, so that the positions near it come next.',
    z.strictObject({ jobId: id, amount }), z.object({})),
  save: procedure('Starts a job that saves a blend of two models as a model of its own, with both parents in its card.',
    z.strictObject({ ...parents, amount, name: z.string().trim().min(1).max(120), probe: probeSchema.nullable().default(null) }), z.object({ jobId: id })),
}
