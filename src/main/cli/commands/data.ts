// Commands that prepare data: tokenize, mine.
import { followJob } from '../followJob'
import { type CommandContext, following, report, withEngine } from './context'
import type { Split } from '@shared/contract/entities'

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
