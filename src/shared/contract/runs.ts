import { z } from 'zod'
import { recipeSchema } from '../recipe'
import { procedure } from './procedure'
import { id, metricSchema, runStateSchema, validationSchema } from './entities'

export const runSchema = z.object({
  id,
  name: z.string(),
  state: runStateSchema,
  baseModelId: z.string(),
  recipe: recipeSchema,
  device: z.string(),
  step: z.number(),
  totalSteps: z.number(),
  pairCount: z.number(),
  createdAtMs: z.number(),
  endedAtMs: z.number().nullable(),
  /** Time left at the present speed; null while unknown. */
  etaMs: z.number().nullable(),
  lastMetric: metricSchema.nullable(),
  lastValidation: validationSchema.nullable(),
  /** Steps of the checkpoints on disk, ascending. */
  checkpointSteps: z.array(z.number()),
  error: z.object({ code: z.string(), message: z.string(), advice: z.string().nullable() }).nullable(),
  jobId: id.nullable(),
})
export type Run = z.infer<typeof runSchema>

/** From one micro-batch that was computed on the chosen device, so times and memory are estimates. */
export const measuredPlanSchema = z.object({
  deviceName: z.string(),
  /** Pairs that the run would compute at a time. */
  microBatchSize: z.number(),
  /** Most pairs at a time that fit into the memory now available, at most the batch; 0 where not even one does. */
  largestMicroBatchSize: z.number(),
  availableMemoryBytes: z.number(),
  peakMemoryBytes: z.number(),
  stepMs: z.number(),
  epochMs: z.number(),
  totalMs: z.number(),
  samplesPerSecond: z.number(),
})
export type MeasuredPlan = z.infer<typeof measuredPlanSchema>

export const runPlanSchema = z.object({
  trainPairCount: z.number(), validationPairCount: z.number(), stepsPerEpoch: z.number(), totalSteps: z.number(),
  /** Pairs of its batch that an anchor is really told apart from, on average: equal sides, matches and ignored ones left out. */
  negativesPerAnchor: z.number(),
  /** Null until it was asked for with `measure`; kept for the model, the device and the data. */
  measured: measuredPlanSchema.nullable(),
  /** Why the run cannot start; null when it can. */
  obstacle: z.string().nullable(),
})
export type RunPlan = z.infer<typeof runPlanSchema>

export const presetSchema = z.object({ id: z.string(), name: z.string(), description: z.string(), recipe: recipeSchema })
export type Preset = z.infer<typeof presetSchema>

export const runsContract = {
  listPresets: procedure('Lists the training presets.', z.object({}), z.array(presetSchema)),
  plan: procedure('Tells what a recipe would mean on the open project, without starting it; measures one micro-batch only when asked to.',
    z.strictObject({ recipe: recipeSchema, baseModelId: z.string().nullable().default(null), measure: z.boolean().default(false) }), runPlanSchema),
  start: procedure('Starts a fine-tuning run on the accepted pairs of the training split: those of the project as it is now, or of a snapshot.',
    z.strictObject({ name: z.string().trim().max(120).default(''), baseModelId: z.string().nullable().default(null), recipe: recipeSchema, snapshotId: id.nullable().default(null) }),
    z.object({ runId: id, jobId: id })),
  pause: procedure('Pauses a run after the current step and saves a checkpoint.', z.object({ runId: id }), runSchema),
  resume: procedure('Continues a paused, stopped or failed run from its last checkpoint, on the named device or that of the settings.',
    z.object({ runId: id, deviceId: z.string().nullable().default(null) }), z.object({ runId: id, jobId: id })),
  stop: procedure('Ends a run after the current step and keeps what it has learned.', z.object({ runId: id }), runSchema),
  list: procedure('Lists the runs of the project, newest first.', z.object({}), z.array(runSchema)),
  get: procedure('Gets one run.', z.object({ runId: id }), runSchema),
  rename: procedure('Renames a run.', z.strictObject({ runId: id, name: z.string().trim().min(1).max(120) }), runSchema),
  remove: procedure('Deletes a run with its checkpoints. Refused while it is running.', z.object({ runId: id }), z.object({})),
  listMetrics: procedure('Lists the metrics of a run after a step (exclusive), for charts.',
    z.strictObject({ runId: id, afterStep: z.number().int().min(0).default(0) }),
    z.object({ metrics: z.array(metricSchema), validations: z.array(validationSchema) })),
}
