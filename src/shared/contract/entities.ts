// The things that people work with, as they cross the contract. Ids, never paths; pictures are named by `imageId` and
// fetched by URL (see ../media.ts).
import { z } from 'zod'

export const id = z.number().int().positive()

export const taskSchema = z.enum(['caption', 'vqa', 'edit', 'transform', 'region', 'compose'])
export const splitSchema = z.enum(['train', 'validation', 'test'])
export const statusSchema = z.enum(['unreviewed', 'accepted', 'rejected'])
export const verdictSchema = z.enum(['negative', 'match', 'ignore'])

export const sideSchema = z.object({
  imageId: id.nullable(),
  /** Null when the side has no text; never the empty string. */
  text: z.string().nullable(),
})

export const pairSchema = z.object({
  id,
  left: sideSchema,
  right: sideSchema,
  task: taskSchema,
  split: splitSchema,
  status: statusSchema,
  tags: z.array(z.string()),
  /** “Look again”: set and taken back by a person. */
  isFlagged: z.boolean(),
  /** Cosine similarity of the two sides under the current model; null until embedded. */
  score: z.number().nullable(),
  groupId: id.nullable(),
  /** Raised by every edit, so that a stale edit can be told apart. */
  revision: z.number().int(),
  updatedAtMs: z.number(),
})

export const jobKindSchema = z.enum(['import', 'tokenize', 'embed', 'mine', 'train', 'evaluate', 'measure', 'pull', 'addModel', 'export', 'inspect', 'attend', 'make', 'map', 'check'])
export const jobStateSchema = z.enum(['queued', 'running', 'done', 'failed', 'cancelled'])
export const errorSchema = z.object({ code: z.string(), message: z.string(), advice: z.string().nullable() })

export const jobSchema = z.object({
  id,
  kind: jobKindSchema,
  title: z.string(),
  state: jobStateSchema,
  /** What the job is doing now, for example “tokenizing pictures”. */
  phase: z.string(),
  done: z.number(),
  /** Null while the amount of work is unknown. */
  total: z.number().nullable(),
  startedAtMs: z.number().nullable(),
  endedAtMs: z.number().nullable(),
  error: errorSchema.nullable(),
  /** One line that sums up a finished job; null before. */
  summary: z.string().nullable(),
  /** The run that a training job drives; null for other kinds. */
  runId: id.nullable(),
})

export const recallSchema = z.object({ r1: z.number(), r5: z.number(), r10: z.number(), meanRank: z.number(), medianRank: z.number(), count: z.number() })

export const modelSchema = z.object({
  /** `bundled:nano`, `imported:fuselip-s`, `run:3:best`, … */
  id: z.string(),
  name: z.string(),
  kind: z.enum(['bundled', 'tuned', 'imported']),
  runId: id.nullable(),
  step: z.number().nullable(),
  parameterCount: z.number(),
  widthCount: z.number(),
  layerCount: z.number(),
  imageTokenizerId: z.string(),
  createdAtMs: z.number(),
  /** Markdown; null when there is none. */
  card: z.string().nullable(),
  /** Null when it is not known. */
  licence: z.string().nullable().optional(),
  /** Of the weights on disk. */
  sizeBytes: z.number().optional(),
  /** Where an imported model came from, in words; null for others. */
  source: z.string().nullable().optional(),
})

export const runStateSchema = z.enum(['queued', 'running', 'paused', 'stopped', 'finished', 'failed'])

export const metricSchema = z.object({
  step: z.number(),
  total: z.number(),
  contrastive: z.number(),
  mmm: z.number(),
  learningRate: z.number(),
  gradientNorm: z.number(),
  /** The multiplier exp(logit_scale), 1…100. */
  logitScale: z.number(),
  logitBias: z.number(),
  samplesPerSecond: z.number(),
  elapsedMs: z.number(),
})

export const validationSchema = z.object({
  step: z.number(),
  leftToRight: recallSchema,
  rightToLeft: recallSchema,
})

export type Task = z.infer<typeof taskSchema>
export type Split = z.infer<typeof splitSchema>
export type Status = z.infer<typeof statusSchema>
export type Verdict = z.infer<typeof verdictSchema>
export type Side = z.infer<typeof sideSchema>
export type Pair = z.infer<typeof pairSchema>
export type JobKind = z.infer<typeof jobKindSchema>
export type JobState = z.infer<typeof jobStateSchema>
export type Job = z.infer<typeof jobSchema>
export type Model = z.infer<typeof modelSchema>
export type Recall = z.infer<typeof recallSchema>
export type RunState = z.infer<typeof runStateSchema>
export type Metric = z.infer<typeof metricSchema>
export type Validation = z.infer<typeof validationSchema>
