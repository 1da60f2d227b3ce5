// What every import on the command line does: read the columns, run the job, tell what could not be used.
import { readFile } from 'node:fs/promises'
import { AppError } from '@shared/errors'
import type { JobState, Split, Task } from '@shared/contract/entities'
import { columnMappingSchema, type ColumnMapping, type ImportPreview, type ImportProblem, type ImportRecord, type SourceKind } from '@shared/contract/import'
import { followJob } from '../followJob'
import type { EngineSession } from '../session'
import { type CommandContext, following } from './context'

export interface ImportOptions {
  task: Task
  split: Split
  leftImage?: string
  leftText?: string
  rightImage?: string
  rightText?: string
  mapping?: string
  format?: SourceKind
  startOver?: boolean
  dryRun?: boolean
  /** Parts of a data set on the hub, “config/split”. */
  part: string[]
}

async function readMapping(options: ImportOptions): Promise<ColumnMapping | null> {
  const { leftImage = null, leftText = null, rightImage = null, rightText = null } = options
  if (options.mapping === undefined) {
    const columns = { leftImage, leftText, rightImage, rightText }
    return Object.values(columns).some((column) => column !== null) ? columns : null
  }
  const parsed = columnMappingSchema.safeParse(JSON.parse(await readFile(options.mapping, 'utf8')))
  if (!parsed.success) throw new AppError('bad-input', `${options.mapping} is not a column mapping.`, 'Give an object with leftImage, leftText, rightImage and rightText, and if wanted task, split, status, group and tags, each a column name or null.')
  return parsed.data
}

/** What an import would read: its form, its columns and the first rows. */
export function describePreview(preview: ImportPreview): string {
  const form = preview.forms.find(({ kind }) => kind === preview.kind)?.label ?? preview.kind
  const others = preview.forms.filter(({ kind }) => kind !== preview.kind).map(({ kind }) => kind)
  const mapped = Object.entries(preview.suggestedMapping).filter(([, column]) => column !== null)
  return [
    `${preview.sourceName}: ${form} (--format ${preview.kind})${preview.rowCount === null ? '' : `, ${preview.rowCount.toLocaleString('en')} rows`}`,
    ...(others.length > 0 ? [`could also be read as: ${others.join(', ')}`] : []),
    ...(preview.usesMapping ? [`columns: ${preview.columns.join(', ')}`, ...mapped.map(([part, column]) => `  ${part}: ${column ?? ''}`)] : []),
    ...(preview.resumesAfterRow === null ? [] : [`goes on behind row ${preview.resumesAfterRow.toLocaleString('en')}, where an earlier import was broken off`]),
    ...preview.sampleRows.slice(0, 5).map((row) => `  ${Object.values(row).map((cell) => (cell.length > 40 ? `${cell.slice(0, 39)}…` : cell)).join(' | ')}`),
    ...preview.sampleProblems.map((problem) => `  problem: ${problem}`),
  ].join('\n')
}

export interface ImportOutcome { state: JobState; summary: string | null; import: ImportRecord | null; problems: ImportProblem[] }

/** Imports what a token stands for, to its end. */
export async function importToken(session: EngineSession, context: CommandContext, sourceToken: string, preview: ImportPreview, options: ImportOptions): Promise<ImportOutcome> {
  const { client } = session
  const mapping = (await readMapping(options)) ?? (preview.usesMapping ? preview.suggestedMapping : null)
  const { jobId } = await client.import.start({ sourceToken, kind: preview.kind, startOver: options.startOver === true, mapping, task: options.task, split: options.split })
  const job = await followJob(jobId, following(context, session))
  const record = (await client.import.list({})).find((entry) => entry.sourceName === preview.sourceName) ?? null
  const problems = record === null ? [] : (await client.import.listProblems({ importId: record.id, offset: 0, limit: 500 })).problems
  return { state: job.state, summary: job.summary, import: record, problems }
}

export const describeOutcome = (name: string, { state, summary, import: record, problems }: ImportOutcome): string =>
  [
    summary ?? `${name}: ${state}.`,
    ...problems.slice(0, 20).map((problem) => `  ${problem.location}: ${problem.reason}`),
    ...(record && record.problemCount > 20 ? [`  … and ${record.problemCount - 20} more; see the import list in the studio.`] : []),
  ].join('\n')
