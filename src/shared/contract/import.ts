import { z } from 'zod'
import { procedure } from './procedure'
import { id, splitSchema, statusSchema, taskSchema } from './entities'

/** The forms that data may have; the engine has one reader for each. */
export const importSourceKindSchema = z.enum([
  'snapshot', 'folder', 'csv', 'tsv', 'jsonl', 'json', 'parquet', 'webdataset', 'coco', 'genome-regions', 'genome-questions', 'vqa', 'sugarcrepe', 'crop-choice', 'mmeb',
])
export type SourceKind = z.infer<typeof importSourceKindSchema>

/** Which column feeds which part of a pair; null leaves that part empty. Used for tables, archives and Parquet. */
export const columnMappingSchema = z.strictObject({
  leftImage: z.string().nullable().default(null),
  leftText: z.string().nullable().default(null),
  rightImage: z.string().nullable().default(null),
  rightText: z.string().nullable().default(null),
  // Left out: a column of that name, where there is one. Null: none.
  task: z.string().nullable().optional(),
  split: z.string().nullable().optional(),
  status: z.string().nullable().optional(),
  group: z.string().nullable().optional(),
  tags: z.string().nullable().optional(),
})
export type ColumnMapping = z.infer<typeof columnMappingSchema>

export const importPreviewSchema = z.object({
  sourceName: z.string(),
  kind: importSourceKindSchema,
  /** All forms that the source may have, the suggested one among them, with the words for people. */
  forms: z.array(z.object({ kind: importSourceKindSchema, label: z.string() })),
  /** Whether columns are chosen; other forms know their own sides. */
  usesMapping: z.boolean(),
  /** What the form teaches; null where it is chosen. */
  task: taskSchema.nullable(),
  columns: z.array(z.string()),
  sampleRows: z.array(z.record(z.string(), z.string())),
  suggestedMapping: columnMappingSchema,
  /** Null when counting would need the whole file. */
  rowCount: z.number().nullable(),
  /** What is wrong with the first rows, with where they stand. */
  sampleProblems: z.array(z.string()),
  /** Rows that an import that was broken off has done: the next one goes on behind them. Null when there is none. */
  resumesAfterRow: z.number().nullable(),
})
export type ImportPreview = z.infer<typeof importPreviewSchema>

const previewSideSchema = z.object({
  /** A drawing, by URL; null where there is no picture, or none that can be read. */
  drawingId: z.string().nullable(),
  text: z.string().nullable(),
})
/** A row as it would become a pair, or why it cannot. */
export const previewPairSchema = z.object({
  location: z.string(),
  left: previewSideSchema, right: previewSideSchema,
  task: taskSchema, split: splitSchema, status: statusSchema, tags: z.array(z.string()), group: z.string().nullable(),
  /** Null where nothing is wrong; what is noted stands here too. */
  problem: z.string().nullable(),
  /** Whether it would be imported. */
  isUsable: z.boolean(),
})
export type PreviewPair = z.infer<typeof previewPairSchema>

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

/** Files of a data set on the hub that are fetched and imported together. */
export const hubPartSchema = z.object({
  /** “config/split”. */
  id: z.string(),
  config: z.string(),
  split: z.string(),
  form: z.enum(['parquet', 'webdataset', 'table', 'folder']),
  fileCount: z.number(),
  totalBytes: z.number(),
  /** Of them, what an earlier download brought. */
  presentBytes: z.number(),
})
export type HubPart = z.infer<typeof hubPartSchema>

export const hubDatasetSchema = z.object({
  repository: z.string(),
  commit: z.string(),
  /** Null when it is not stated. */
  licence: z.string().nullable(),
  /** The hub made Parquet files of it; its own files are of no form that is read here. */
  isConverted: z.boolean(),
  parts: z.array(hubPartSchema),
})
export type HubDatasetOffer = z.infer<typeof hubDatasetSchema>

/** A whole part in the data folder; it needs no network any more. */
export const hubSourceSchema = z.object({
  repository: z.string(), commit: z.string(), licence: z.string().nullable(), partId: z.string(), config: z.string(), split: z.string(),
  sizeBytes: z.number(), fetchedAtMs: z.number(),
  /** What is imported: one folder, or each table. */
  sources: z.array(z.object({ token: z.string(), name: z.string() })),
  /** The split of the project that its name means; null where it means none. */
  projectSplit: splitSchema.nullable(),
})
export type HubSource = z.infer<typeof hubSourceSchema>

const hubRepository = { repository: z.string().trim().min(1).max(300), revision: z.string().trim().min(1).max(100).default('main') }

export const importContract = {
  inspect: procedure('Looks at a source without importing: its form, columns, first rows and a suggested mapping.',
    z.strictObject({ sourceToken: z.string(), kind: importSourceKindSchema.nullable().default(null) }), importPreviewSchema),
  previewPairs: procedure('Shows the first rows as the pairs that they would become, pictures included; nothing is written.',
    z.strictObject({ sourceToken: z.string(), kind: importSourceKindSchema.nullable().default(null), mapping: columnMappingSchema.nullable().default(null), task: taskSchema.default('caption'), split: splitSchema.default('train') }),
    z.array(previewPairSchema)),
  start: procedure('Starts an import job. Pairs that the project already holds are left as they are; an import of the same source that was broken off goes on.',
    z.strictObject({ sourceToken: z.string(), kind: importSourceKindSchema.nullable().default(null), startOver: z.boolean().default(false), mapping: columnMappingSchema.nullable().default(null), task: taskSchema.default('caption'), split: splitSchema.default('train') }),
    z.object({ jobId: id })),
  lookUpHub: procedure('Asks the hub what a data set offers: configurations and splits with their sizes, and the licence. Nothing is downloaded.',
    z.strictObject(hubRepository), hubDatasetSchema),
  fetchHub: procedure('Starts a job that downloads parts of a data set into the data folder; one that broke off goes on where it stopped.',
    z.strictObject({ ...hubRepository, partIds: z.array(z.string()).min(1).max(200) }), z.object({ jobId: id })),
  listHubSources: procedure('Lists the parts of data sets that are whole in the data folder, newest first; works without a network.', z.object({}), z.array(hubSourceSchema)),
  removeHubSource: procedure('Deletes a downloaded part of a data set from the data folder. Pairs that were imported from it stay.',
    z.strictObject({ repository: z.string(), commit: z.string(), partId: z.string() }), z.array(hubSourceSchema)),
  list: procedure('Lists past imports, newest first.', z.object({}), z.array(importRecordSchema)),
  listProblems: procedure('Lists the rows and files of one import that could not be used, with the reason.',
    z.object({ importId: id, offset: z.number().int().min(0).default(0), limit: z.number().int().min(1).max(500).default(100) }),
    z.object({ problems: z.array(importProblemSchema), total: z.number() })),
}
