// The import command: a path, or hf:owner/name for a data set on the hub.
import { basename, resolve } from 'node:path'
import { type CommandContext, report, withEngine } from './context'
import { hubPrefix, importFromHub } from './importHub'
import { describeOutcome, describePreview, importToken, type ImportOptions } from './importSource'

export const importPairs = (context: CommandContext, source: string, options: ImportOptions): Promise<void> =>
  withEngine(context, async (session) => {
    if (source.startsWith(hubPrefix)) return importFromHub(session, context, source.slice(hubPrefix.length), options)
    const sourceToken = session.tokenForPath(resolve(source))
    const preview = await session.client.import.inspect({ sourceToken, kind: options.format ?? null })
    if (options.dryRun === true) {
      report(context.terminal, { preview }, () => describePreview(preview))
      return
    }
    const { summary, ...outcome } = await importToken(session, context, sourceToken, preview, options)
    report(context.terminal, outcome, () => describeOutcome(basename(source), { ...outcome, summary }))
  }, { createIfMissing: true })
