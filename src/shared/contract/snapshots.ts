// Frozen versions of the data: named folders inside the project that a run may name, that can be checked, copied and brought back.
import { z } from 'zod'
import { id, splitSchema, statusSchema, taskSchema } from './entities'
import { newFolderSchema } from './exports'
import { pairScopeSchema } from './pairs'
import { recipeSchema } from '../recipe'
import { procedure } from './procedure'

export const snapshotCountsSchema = z.object({
  pairs: z.number(),
  /** Files; derived pictures share that of their source. */
  pictures: z.number(),
  groups: z.number(),
  judgements: z.number(),
  byTask: z.record(taskSchema, z.number()),
  bySplit: z.record(splitSchema, z.number()),
  byStatus: z.record(statusSchema, z.number()),
  /** Pairs with a given task and split; absent where there are none. */
  byTaskAndSplit: z.record(z.string(), z.number()),
})
export type SnapshotCounts = z.infer<typeof snapshotCountsSchema>

export const snapshotSchema = z.object({
  id,
  name: z.string(),
  createdAtMs: z.number(),
  /** SHA-256 of the list of checksums: names the whole content. */
  sha256: z.string(),
  /** What was chosen, in words. */
  scope: z.string(),
  licence: z.string().nullable(),
  notes: z.string(),
  counts: snapshotCountsSchema,
  /** Null until its checksums were looked at. */
  verifiedAtMs: z.number().nullable(),
  /** Files that differed then. */
  differenceCount: z.number().nullable(),
  /** Runs that were started on it. */
  runs: z.array(z.object({ id, name: z.string() })),
})
export type Snapshot = z.infer<typeof snapshotSchema>

export const differenceSchema = z.object({ path: z.string(), kind: z.enum(['missing', 'changed', 'added']) })
export type Difference = z.infer<typeof differenceSchema>

export const verificationSchema = z.object({
  checkedCount: z.number(),
  differenceCount: z.number(),
  /** The first of them. */
  differences: z.array(differenceSchema),
})
export type Verification = z.infer<typeof verificationSchema>

/** A snapshot for the published PyTorch trainer, with the settings of a recipe as its flags. */
export const scaleOutRequestSchema = newFolderSchema.extend({
  snapshotId: id,
  recipe: recipeSchema,
  /** Where the recipe came from, in words, for the README. */
  recipeOrigin: z.string().trim().max(200).default('chosen by hand'),
  /** The model that the training starts from, or whose size it takes; the project's own when left out. */
  baseModelId: z.string().nullable().default(null),
  /** A published size; that of the model where it has one, otherwise small. */
  size: z.enum(['small', 'base', 'large']).nullable().default(null),
  /** Puts the weights of the model into the package; otherwise training starts from random ones. */
  withWeights: z.boolean().default(false),
  precision: z.enum(['amp', 'amp_bf16', 'fp32']).default('amp'),
  gpuCount: z.number().int().min(1).max(64).default(8),
  /** As SkyPilot calls it, such as A100, H100 or L4. */
  gpuKind: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,39}$/, 'Use a name such as A100 or A100-80GB.').default('A100'),
  nodeCount: z.number().int().min(1).max(1024).default(1),
})
export type ScaleOutRequest = z.infer<typeof scaleOutRequestSchema>

export const snapshotsContract = {
  list: procedure('Lists the snapshots of the project, newest first, with the runs that used them.', z.object({}), z.array(snapshotSchema)),
  create: procedure('Starts a job that freezes pairs, pictures, groups and judgements under a name.',
    z.strictObject({ name: z.string().trim().min(1).max(120), scope: pairScopeSchema, licence: z.string().trim().max(200).nullable().default(null), notes: z.string().trim().max(10_000).default('') }),
    z.object({ jobId: id })),
  verify: procedure('Starts a job that compares every file of a snapshot with its checksum: one of the project, or a folder elsewhere.',
    z.union([z.strictObject({ snapshotId: id }), z.strictObject({ folderToken: z.string() })]), z.object({ jobId: id })),
  getVerification: procedure('Gets what a finished verification found.', z.object({ jobId: id }), verificationSchema),
  copy: procedure('Starts a job that copies a snapshot into a new folder, to keep it elsewhere or to pass it on.', newFolderSchema.extend({ snapshotId: id }), z.object({ jobId: id })),
  scaleOut: procedure('Starts a job that writes a snapshot as a package for the published trainer: tables, pictures, torchrun script, SkyPilot task, README.', scaleOutRequestSchema, z.object({ jobId: id })),
  remove: procedure('Deletes a snapshot. Runs that used it keep their own frozen data.', z.object({ snapshotId: id }), z.object({})),
}
