import { z } from 'zod'
import { procedure } from './procedure'
import { id, splitSchema, taskSchema } from './entities'

export const importSourceKindSchema = z.enum(['folder', 'csv', 'tsv', 'jsonl'])

/** Which column feeds which part of a pair; null leaves that part empty. Not used for folders with sidecar captions. */
export const columnMappingSchema = z.strictObject({
  leftImage: z.string().nullable().default(null),
  leftText: z.string().nullable().default(null),
  rightImage: z.string().nullable().default(null),
  rightText: z.string().nullable().default(null),
})
export type ColumnMapping = z.infer<typeof columnMappingSchema>

export const importPreviewSchema = z.object({
  sourceName: z.string(),
  kind: importSourceKindSchema,
  columns: z.array(z.string()),
  sampleRows: z.array(z.record(z.string(), z.string())),
  suggestedMapping: columnMappingSchema,
  /** Null when counting would need the whole file. */
  rowCount: z.number().nullable(),
})
export type ImportPreview = z.infer<typeof importPreviewSchema>

export const importProblemSchema = z.object({ id, importId: id, location: z.string(), code: z.string(), reason: z.string() })
export type ImportProblem = z.infer<typeof importProblemSchema>

export const importRecordSchema = z.object({
  id,
  sourceName: z.string(),
  startedAtMs: z.number(),
  finishedAtMs: z.number().nullable(),
  addedPairCount: z.number(),
  knownPairCount: z.number(),
  problemCount: z.number(),
})
export type ImportRecord = z.infer<typeof importRecordSchema>

export const importContract = {
  inspect: procedure('Looks at a folder or table without importing: columns, sample rows and a suggested mapping.',
    z.object({ sourceToken: z.string() }), importPreviewSchema),
  start: procedure('Starts an import job. Pairs that the project already holds are left as they are.',
    z.strictObject({ sourceToken: z.string(), mapping: columnMappingSchema.nullable().default(null), task: taskSchema.default('caption'), split: splitSchema.default('train') }),
    z.object({ jobId: id })),
  list: procedure('Lists past imports, newest first.', z.object({}), z.array(importRecordSchema)),
  listProblems: procedure('Lists the rows and files of one import that could not be used, with the reason.',
    z.object({ importId: id, offset: z.number().int().min(0).default(0), limit: z.number().int().min(1).max(500).default(100) }),
    z.object({ problems: z.array(importProblemSchema), total: z.number() })),
}
