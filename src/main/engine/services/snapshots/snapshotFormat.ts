// What a snapshot's folder holds. Version 1; a reader refuses what it does not know. Lines of JSON, so that any tool reads
// them row by row, and one list of SHA-256 sums in the format of `sha256sum`.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { splitSchema, statusSchema, taskSchema, verdictSchema } from '../../../../shared/contract/entities'
import { snapshotCountsSchema } from '../../../../shared/contract/snapshots'
import { AppError } from '../../../../shared/errors'
import { imageRecipeSchema } from '../../../../shared/imageRecipe'
import { readLines } from '../import/jsonlRows'
import { readTextBlocks } from '../import/textEncoding'

export const fileNames = {
  manifest: 'snapshot.json', pairs: 'pairs.jsonl', groups: 'groups.jsonl', judgements: 'judgements.jsonl', card: 'README.md', checksums: 'checksums.sha256',
} as const

export const manifestSchema = z.object({
  format: z.literal('fuselip-snapshot'),
  version: z.literal(1),
  /** Names this snapshot among all others, so that its pairs are known when it is brought back a second time. */
  uid: z.string(),
  name: z.string(),
  createdAtMs: z.number(),
  createdBy: z.string(),
  projectName: z.string(),
  scope: z.string(),
  licence: z.string().nullable(),
  notes: z.string(),
  counts: snapshotCountsSchema,
  /** The imports that brought its pairs; the others were made by hand, or came before imports were noted. */
  sources: z.array(z.object({ name: z.string(), pairCount: z.number(), startedAtMs: z.number() })),
  /** The model that measured the scores. */
  modelId: z.string(),
})
export type Manifest = z.infer<typeof manifestSchema>

const sideShape = { image: z.string().nullable(), recipe: imageRecipeSchema.nullable(), text: z.string().nullable() }
export const snapshotRowSchema = z.object({
  id: z.number().int(),
  left_image: sideShape.image, left_recipe: sideShape.recipe, left_text: sideShape.text,
  right_image: sideShape.image, right_recipe: sideShape.recipe, right_text: sideShape.text,
  task: taskSchema, split: splitSchema, status: statusSchema, tags: z.array(z.string()),
  /** Ids in groups.jsonl. */
  groups: z.array(z.number().int()),
  import_key: z.string().nullable(),
})
export type SnapshotRow = z.infer<typeof snapshotRowSchema>

export const groupRowSchema = z.object({ id: z.number().int(), origin: z.enum(['data', 'mined']), key: z.string().nullable(), pairs: z.array(z.number().int()) })
export type GroupRow = z.infer<typeof groupRowSchema>
export const judgementRowSchema = z.object({ pair: z.number().int(), other: z.number().int(), verdict: verdictSchema, judged_at_ms: z.number() })
export type JudgementRow = z.infer<typeof judgementRowSchema>

const broken = (folder: string, reason: string, cause?: unknown): AppError =>
  new AppError('unreadable-file', `The snapshot in “${folder}” cannot be read: ${reason}.`, 'Verify it to see what differs, and get the missing files again.', { cause })

/** @throws AppError 'unreadable-file', 'newer-project' */
export async function readManifest(folder: string): Promise<Manifest> {
  let json: unknown
  try {
    json = JSON.parse(await readFile(join(folder, fileNames.manifest), 'utf8'))
  } catch (cause) {
    throw broken(folder, (cause as Error).message, cause)
  }
  const version = (json as { version?: unknown } | null)?.version
  if (typeof version === 'number' && version > 1) throw new AppError('newer-project', `This snapshot has version ${version}; this FuseLIP Studio reads version 1.`, 'Open it with the newer FuseLIP Studio that wrote it, or update this one.')
  const parsed = manifestSchema.safeParse(json)
  if (!parsed.success) throw broken(folder, `${fileNames.manifest} is not as expected (${parsed.error.issues[0]?.path.join('.') ?? ''}: ${parsed.error.issues[0]?.message ?? ''})`)
  return parsed.data
}

/** Row by row. @throws AppError 'unreadable-file' with the line */
export async function* readRows<Row>(folder: string, name: string, schema: z.ZodType<Row>): AsyncGenerator<Row> {
  let number = 0
  for await (const line of readLines(readTextBlocks(join(folder, name), 'utf-8'))) {
    number++
    if (line === '') continue
    let row: ReturnType<typeof schema.safeParse>
    try {
      row = schema.safeParse(JSON.parse(line))
    } catch (cause) {
      throw broken(folder, `line ${number} of ${name} is not JSON`, cause)
    }
    if (!row.success) throw broken(folder, `line ${number} of ${name} is not as expected`)
    yield row.data
  }
}

export const toLine = (row: SnapshotRow | GroupRow | JudgementRow): string => `${JSON.stringify(row)}\n`
