// Pairs on their way out of the library: which ones, in which form, and where to.
import { z } from 'zod'
import { id } from './entities'
import { pairScopeSchema } from './pairs'
import { procedure } from './procedure'

export const dataFormSchema = z.enum(['csv', 'tsv', 'jsonl', 'parquet', 'webdataset', 'coco'])
export type DataForm = z.infer<typeof dataFormSchema>

export const dataExportOptionsSchema = z.strictObject({
  form: dataFormSchema,
  /** Crops and other derived pictures: drawn as PNG, or their source beside a recipe column. COCO always draws them. */
  derived: z.enum(['render', 'recipe']).default('render'),
  /** Parquet only: pictures inside the table, or files beside it. */
  pictures: z.enum(['bytes', 'files']).default('bytes'),
  /** Of Parquet parts and tar shards, before the next one begins. */
  shardMegabytes: z.number().int().min(1).max(10_000).default(256),
  /** WebDataset only: `.jpg` and `.txt` in place of `.left.jpg` and `.right.txt`. Holds pairs of one picture and one caption only. */
  plainMembers: z.boolean().default(false),
  /** CSV and TSV only: an apostrophe before cells that a spreadsheet would run as a formula. Changes those texts. */
  guardFormulas: z.boolean().default(false),
})
export type DataExportOptions = z.infer<typeof dataExportOptionsSchema>

/** Where a new folder goes: inside a picked one, under a name of one's own. */
export const newFolderSchema = z.strictObject({
  folderToken: z.string(),
  folderName: z.string().trim().min(1).max(120).regex(/^[^/\\\0:*?"<>|]+$/, 'Use a name without / \\ : * ? " < > |.').refine(name => name !== '.' && name !== '..', 'Use a name.'),
  /** Replaces a folder that is there; otherwise it is an error. */
  overwrite: z.boolean().default(false),
})
export type NewFolder = z.infer<typeof newFolderSchema>

export const exportsContract = {
  count: procedure('Counts the pairs that an export would write, and those that its form cannot hold.',
    z.strictObject({ scope: pairScopeSchema, options: dataExportOptionsSchema }), z.object({ pairCount: z.number(), leftOutCount: z.number() })),
  start: procedure('Starts a job that writes pairs and their pictures into a new folder: CSV, TSV, JSON lines, Parquet, WebDataset shards or COCO captions.',
    newFolderSchema.extend({ scope: pairScopeSchema, options: dataExportOptionsSchema }), z.object({ jobId: id })),
}
