// Commands that bring data in and prepare it: import, tokenize, mine.
import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { AppError } from '@shared/errors'
import { columnMappingSchema, type ColumnMapping, type ImportPreview, type ImportProblem, type SourceKind } from '@shared/contract/import'
import { followJob } from '../followJob'
import { type CommandContext, following, report, withEngine } from './context'
import type { Split, Task } from '@shared/contract/entities'

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
}

async function readMapping(options: ImportOptions): Promise<ColumnMapping | null> {
  const { leftImage = null, leftText = null, rightImage = null, rightText = null } = options
  if (options.mapping === undefined) {
    const columns = { leftImage, leftText, rightImage, rightText }
    return Object.values(columns).some((column) => column !== null) ? columns : null
  }
  const parsed = columnMappingSchema.safeParse(JSON.parse(await readFile(options.mapping, 'utf8')))
  if (!parsed.success) throw new AppError('bad-input', `${options.mapping} is not a column mapping.`, 'Give an object with leftImage, leftText, rightImage and rightText, each a column name or null.')
  return parsed.data
}

/** What an import would read: its form, its columns and the first rows. */
function describePreview(preview: ImportPreview): string {
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

export const importPairs = (context: CommandContext, source: string, options: ImportOptions): Promise<void> =>
  withEngine(context, async (session) => {
    const { client } = session
    const sourceToken = session.tokenForPath(resolve(source))
    const preview = await client.import.inspect({ sourceToken, kind: options.format ?? null })
    if (options.dryRun === true) {
      report(context.terminal, { preview }, () => describePreview(preview))
      return
    }
    const mapping = (await readMapping(options)) ?? (preview.usesMapping ? preview.suggestedMapping : null)
    const { jobId } = await client.import.start({ sourceToken, kind: preview.kind, startOver: options.startOver === true, mapping, task: options.task, split: options.split })
    const job = await followJob(jobId, following(context, session))
    const record = (await client.import.list({})).find((entry) => entry.sourceName === preview.sourceName)
    const problems: ImportProblem[] = record ? (await client.import.listProblems({ importId: record.id, offset: 0, limit: 500 })).problems : []
    report(context.terminal, { state: job.state, import: record ?? null, problems }, () =>
      [
        job.summary ?? `${basename(source)}: ${job.state}.`,
        ...problems.slice(0, 20).map((problem) => `  ${problem.location}: ${problem.reason}`),
        ...(record && record.problemCount > 20 ? [`  … and ${record.problemCount - 20} more; see the import list in the studio.`] : []),
      ].join('\n'))
  }, { createIfMissing: true })

export const tokenize = (context: CommandContext): Promise<void> =>
  withEngine(context, async (session) => {
    const { jobId } = await session.client.tokens.start({})
    const job = await followJob(jobId, following(context, session))
    const project = await session.client.project.get({})
    report(context.terminal, { state: job.state, tokenizedImageCount: project.tokenizedImageCount, imageCount: project.imageCount }, () => job.summary ?? `${project.tokenizedImageCount} of ${project.imageCount} pictures have tokens.`)
  })

export const mine = (context: CommandContext, options: { model?: string; perPair: number; margin: number; split: Split }): Promise<void> =>
  withEngine(context, async (session) => {
    const { jobId } = await session.client.negatives.mine({ modelId: options.model ?? null, perPair: options.perPair, margin: options.margin, split: options.split })
    const job = await followJob(jobId, following(context, session))
    const summary = await session.client.negatives.getSummary({})
    report(context.terminal, { state: job.state, ...summary }, () =>
      `${summary.candidateCount} candidates in ${summary.groupCount} groups; dropped ${summary.droppedByGuardCount} likely matches and ${summary.droppedByIdentityCount} identical sides.`)
  })
