// Checks the quality of the data set and prints what was found, by kind.
import { findingKindOf } from '@shared/quality/findingKinds'
import { followJob } from '../followJob'
import { formatTable } from '../terminal'
import { type CommandContext, following, report, withEngine } from './context'

export const check = (context: CommandContext, { embed = false }: { embed?: boolean }): Promise<void> =>
  withEngine(context, async (session) => {
    const { jobId } = await session.client.quality.check({ embed })
    const job = await followJob(jobId, following(context, session))
    const { counts, histograms, thresholds, ...summary } = await session.client.quality.getSummary({})
    report(context.terminal, { state: job.state, ...summary, thresholds, counts }, () => {
      const found = counts.filter(({ openCount, dismissedCount }) => openCount + dismissedCount > 0)
      const table = formatTable(['finding', 'pairs', 'dismissed', 'filter'], found.map(({ kind, openCount, dismissedCount }) => [findingKindOf(kind).label, String(openCount), String(dismissedCount), `finding:${kind}`]))
      const unscored = histograms.some(({ kind }) => kind === 'mismatch') ? '' : '\nPairs have no scores, so agreement was not checked: run with --embed.'
      return `${job.summary ?? ''}\n${found.length ? table : 'Nothing was found.'}${unscored}`
    })
  })
