// `fuselip demo`: the whole loop on a fresh copy of the sample project, and what it was good for. The same run without
// hard negatives is trained beside it, because only the comparison tells what mining adds.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '@shared/errors'
import type { Recall } from '@shared/contract/entities'
import type { Evaluation } from '@shared/contract/search'
import type { Recipe } from '@shared/recipe'
import { filterOf } from '@shared/filter/writeFilter'
import { followJob } from '../followJob'
import type { EngineSession } from '../session'
import { formatDuration, formatPercent, formatTable } from '../terminal'
import { type CommandContext, following, report, withEngine } from './context'
import { chooseRecipe, evaluateModel, followRun } from './training'

export interface DemoOptions {
  preset: string
  set: string[]
  keep: boolean
}

interface Step { name: string; elapsedMs: number }

interface DemoResult {
  recipe: Recipe
  base: Evaluation
  tuned: Evaluation
  tunedWithoutMining: Evaluation
  steps: Step[]
  totalMs: number
  dataDir: string | null
}

/** Training takes accepted pairs only; the demo has nobody to review them. */
async function acceptAll({ client }: EngineSession): Promise<void> {
  await client.pairs.setStatus({ scope: { filter: filterOf({ status: 'unreviewed' }) }, status: 'accepted' })
}

async function trainAndMeasure(context: CommandContext, session: EngineSession, name: string, baseModelId: string, recipe: Recipe): Promise<Evaluation> {
  const run = await followRun(context, session, await session.client.runs.start({ name, baseModelId, recipe }))
  if (run.state !== 'finished') throw new AppError('cancelled', `The demo was interrupted while it trained “${name}”.`)
  const tuned = (await session.client.models.list({})).filter((model) => model.runId === run.id)
  const model = tuned.find((entry) => entry.id.endsWith(':best')) ?? tuned[0]
  if (!model) throw new AppError('internal', `The run “${name}” left no model.`)
  return evaluateModel(context, session, model.id, 'test')
}

async function runLoop(context: CommandContext, session: EngineSession, options: DemoOptions, dataDir: string | null): Promise<DemoResult> {
  const { client } = session
  const startedAtMs = performance.now()
  const steps: Step[] = []
  async function timed<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const stepStartedAtMs = performance.now()
    const result = await work()
    if (context.interrupt.aborted) throw new AppError('cancelled', 'The demo was interrupted.')
    steps.push({ name, elapsedMs: performance.now() - stepStartedAtMs })
    return result
  }

  const recipe = await chooseRecipe(client, options)
  const { currentModelId } = await client.project.get({})
  await timed('Tokenize', async () => followJob((await client.tokens.start({})).jobId, following(context, session)))
  await timed('Accept', () => acceptAll(session))
  const base = await timed('Evaluate base', () => evaluateModel(context, session, currentModelId, 'test'))
  await timed('Mine', async () => followJob((await client.negatives.mine({ perPair: recipe.hardNegativesPerPair, margin: recipe.miningMargin })).jobId, following(context, session)))
  const tuned = await timed('Train with hard negatives', () => trainAndMeasure(context, session, 'With hard negatives', currentModelId, { ...recipe, useHardNegatives: true }))
  const tunedWithoutMining = await timed('Train without', () => trainAndMeasure(context, session, 'Without hard negatives', currentModelId, { ...recipe, useHardNegatives: false }))
  return { recipe, base, tuned, tunedWithoutMining, steps, totalMs: performance.now() - startedAtMs, dataDir }
}

const cells = (recall: Recall | null): string[] => (recall ? [recall.r1, recall.r5, recall.r10].map(formatPercent) : ['–', '–', '–'])

export function demoTable(result: DemoResult): string {
  const models = [['base', result.base], ['tuned', result.tuned], ['tuned, no mining', result.tunedWithoutMining]] as const
  const rows = (task: string, pick: (evaluation: Evaluation) => Recall | null): string[][] => models.map(([name, evaluation]) => [task, name, ...cells(pick(evaluation))])
  const count = result.base.textToImage?.count ?? 0
  return [
    `Held-out retrieval on the sample project (${count} text queries, ${result.base.composedToImage?.count ?? 0} image + text queries)`,
    '',
    formatTable(['Query', 'Model', 'R@1', 'R@5', 'R@10'], [
      ...rows('text → image', (evaluation) => evaluation.textToImage),
      ...rows('image + text → image', (evaluation) => evaluation.composedToImage),
    ]),
    '',
    formatTable(['Step', 'Time'], [...result.steps.map((step) => [step.name, formatDuration(step.elapsedMs)]), ['Total', formatDuration(result.totalMs)]]),
    ...(result.dataDir ? ['', `The project is kept in ${result.dataDir}; open it with FUSELIP_DATA_DIR=${result.dataDir} npm start`] : []),
  ].join('\n')
}

export async function demo(context: CommandContext, options: DemoOptions): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'fuselip-demo-'))
  try {
    await withEngine(context, async (session) => {
      const result = await runLoop(context, session, options, options.keep ? dataDir : null)
      report(context.terminal, result, () => demoTable(result))
    }, { projectDir: null, dataDir })
  } finally {
    if (!options.keep) await rm(dataDir, { recursive: true, force: true })
  }
}
