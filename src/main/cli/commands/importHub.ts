// Imports a data set by its name on the hub: hf:owner/name, hf:owner/name@revision. Shows sizes and licence first,
// downloads the chosen parts, then imports each like a folder or a table.
import { AppError } from '@shared/errors'
import type { HubDatasetOffer, HubPart, HubSource } from '@shared/contract/import'
import { followJob } from '../followJob'
import type { EngineSession } from '../session'
import { type CommandContext, following, report } from './context'
import { describeOutcome, importToken, type ImportOptions, type ImportOutcome } from './importSource'

export const hubPrefix = 'hf:'

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`

function describeOffer({ repository, commit, licence, isConverted, parts }: HubDatasetOffer): string {
  return [
    `${repository} at ${commit.slice(0, 12)}${isConverted ? ' (Parquet made by the hub)' : ''}. Licence: ${licence ?? 'not stated; ask its owner before you use it'}.`,
    ...parts.map(({ id, form, fileCount, totalBytes, presentBytes }) =>
      `  --part ${id}: ${form}, ${fileCount.toLocaleString('en')} ${fileCount === 1 ? 'file' : 'files'}, ${megabytes(totalBytes)}${presentBytes > 0 ? `, ${megabytes(presentBytes)} already here` : ''}`),
  ].join('\n')
}

/** The named parts; all where there is one configuration. @throws AppError 'bad-input' with the choice */
function chooseParts({ repository, parts }: HubDatasetOffer, wanted: readonly string[]): HubPart[] {
  const known = `Its parts are: ${parts.map(({ id }) => id).slice(0, 30).join(', ')}.`
  if (wanted.length === 0) {
    if (new Set(parts.map(({ config }) => config)).size === 1) return parts
    throw new AppError('bad-input', `${repository} has several configurations. ${known}`, 'Choose with --part config/split; it may be repeated.')
  }
  return wanted.map((name) => parts.find(({ id }) => id === name) ?? refuse(`${repository} has no part “${name}”. ${known}`))
}

function refuse(message: string): never {
  throw new AppError('bad-input', message, 'Choose with --part config/split; it may be repeated.')
}

export async function importFromHub(session: EngineSession, context: CommandContext, source: string, options: ImportOptions): Promise<void> {
  const { client } = session
  const [name = '', revision = 'main'] = source.split('@')
  const offer = await client.import.lookUpHub({ repository: name, revision })
  if (options.dryRun === true) {
    report(context.terminal, { offer }, () => describeOffer(offer))
    return
  }
  const parts = chooseParts(offer, options.part)
  context.terminal.note(describeOffer({ ...offer, parts }))
  const { jobId } = await client.import.fetchHub({ repository: name, revision, partIds: parts.map(({ id }) => id) })
  await followJob(jobId, following(context, session))
  const fetched = await client.import.listHubSources({})
  const outcomes: { part: string; outcome: ImportOutcome }[] = []
  for (const { id } of parts) {
    const part = fetched.find(({ repository, commit, partId }) => repository === offer.repository && commit === offer.commit && partId === id)
    if (part === undefined) throw new AppError('not-found', `${id} of ${offer.repository} is not in the data folder.`, 'Run the same command again.')
    outcomes.push(...(await importPart(session, context, part, options)))
  }
  report(context.terminal, { repository: offer.repository, commit: offer.commit, licence: offer.licence, parts: outcomes.map(({ part, outcome: { summary: _summary, ...rest } }) => ({ part, ...rest })) },
    () => outcomes.map(({ part, outcome }) => `${part}: ${describeOutcome(part, outcome)}`).join('\n'))
}

async function importPart(session: EngineSession, context: CommandContext, { partId, sources, projectSplit }: HubSource, options: ImportOptions): Promise<{ part: string; outcome: ImportOutcome }[]> {
  const outcomes: { part: string; outcome: ImportOutcome }[] = []
  for (const { token } of sources) {
    const preview = await session.client.import.inspect({ sourceToken: token, kind: options.format ?? null })
    // A split of the data set is one of the project's where its name says so.
    outcomes.push({ part: partId, outcome: await importToken(session, context, token, preview, { ...options, split: projectSplit ?? options.split }) })
  }
  return outcomes
}
