// Commands that train and measure: train, evaluate.
import { readFile } from 'node:fs/promises'
import { type Recipe, recipeFields, recipeSchema } from '@shared/recipe'
import { AppError } from '@shared/errors'
import type { Recall, Split } from '@shared/contract/entities'
import type { Evaluation } from '@shared/contract/search'
import type { Run } from '@shared/contract/runs'
import { followJob } from '../followJob'
import type { EngineSession, StudioClient } from '../session'
import { formatPercent, formatTable } from '../terminal'
import { findSnapshot } from './findSnapshot'
import { type CommandContext, following, report, withEngine } from './context'

export interface TrainOptions {
  preset?: string
  recipe?: string
  set: string[]
  name: string
  model?: string
  snapshot?: string
  resume?: number
  device?: string
}

/** `key=value` of the command line. Values are read as JSON, so that numbers and booleans need no quotes. */
export function parseSettings(settings: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(settings.map((setting) => {
    const separator = setting.indexOf('=')
    const key = setting.slice(0, separator)
    if (separator < 1 || !(key in recipeFields)) {
      throw new AppError('bad-input', `“${setting}” is not a setting of the recipe.`, `Write --set key=value with one of: ${Object.keys(recipeFields).join(', ')}.`)
    }
    try {
      return [key, JSON.parse(setting.slice(separator + 1)) as unknown]
    } catch (thrown) {
      throw new AppError('bad-input', `The value of ${key} must be a number, true or false; it is “${setting.slice(separator + 1)}”.`, null, { cause: thrown })
    }
  }))
}

export async function chooseRecipe(client: StudioClient, options: Pick<TrainOptions, 'preset' | 'recipe' | 'set'> & { base?: Recipe | undefined }): Promise<Recipe> {
  const presets = await client.runs.listPresets({})
  const preset = options.preset === undefined ? undefined : presets.find((entry) => entry.id === options.preset)
  if (options.preset !== undefined && !preset) {
    throw new AppError('not-found', `There is no preset “${options.preset}”.`, `Known presets: ${presets.map((entry) => entry.id).join(', ')}.`)
  }
  const fromFile = options.recipe ? (JSON.parse(await readFile(options.recipe, 'utf8')) as Record<string, unknown>) : {}
  const parsed = recipeSchema.safeParse({ ...options.base, ...preset?.recipe, ...fromFile, ...parseSettings(options.set) })
  if (parsed.success) return parsed.data
  throw new AppError('bad-input', `The recipe cannot be used: ${parsed.error.issues.map((issue) => `${issue.path.join('.') || 'recipe'}: ${issue.message}`).join('; ')}.`)
}

/** Follows a training job; Ctrl+C pauses the run, which saves a checkpoint. */
export async function followRun(context: CommandContext, session: EngineSession, started: { runId: number; jobId: number }): Promise<Run> {
  const { client } = session
  const { runId, jobId } = started
  try {
    await followJob(jobId, {
      ...following(context, session),
      onInterrupt: () => client.runs.pause({ runId }),
      describe: async () => {
        const { lastMetric } = await client.runs.get({ runId })
        return lastMetric ? `loss ${lastMetric.total.toFixed(3)}, ${lastMetric.samplesPerSecond.toFixed(0)} pairs/s` : ''
      },
    })
  } catch (thrown) {
    throw withWayOn(AppError.from(thrown), await client.runs.get({ runId }))
  }
  return client.runs.get({ runId })
}

/** A run that its device failed can go on where there always is one. */
export function withWayOn(error: AppError, run: Pick<Run, 'id' | 'device'>): AppError {
  if ((error.code !== 'device-failed' && error.code !== 'out-of-memory') || run.device === 'cpu') return error
  const way = `Continue on the processor with: fuselip train --resume ${run.id} --device cpu`
  return new AppError(error.code, error.message, [error.advice, way].filter(Boolean).join(' '), { cause: error })
}

function describeRun(run: Run): string {
  const recall = run.lastValidation?.leftToRight
  const measured = recall ? `; validation R@1 ${formatPercent(recall.r1)}, R@5 ${formatPercent(recall.r5)}, R@10 ${formatPercent(recall.r10)}` : ''
  const hint = run.state === 'paused' ? ` Continue with: fuselip train --resume ${run.id}` : ''
  return `Run ${run.id} “${run.name}” is ${run.state} at step ${run.step} of ${run.totalSteps}${run.lastMetric ? `; loss ${run.lastMetric.total.toFixed(3)}` : ''}${measured}.${hint}`
}

export const train = (context: CommandContext, options: TrainOptions): Promise<void> =>
  withEngine(context, async (session) => {
    const { client } = session
    if (options.device !== undefined && options.resume === undefined) {
      throw new AppError('bad-input', '--device belongs to --resume; a new run uses the device of the settings.', 'Leave it out, or name the run to continue with --resume.')
    }
    const start = async (): Promise<{ runId: number; jobId: number }> => {
      if (options.resume !== undefined) return client.runs.resume({ runId: options.resume, deviceId: options.device ?? null })
      const recipe = await chooseRecipe(client, options)
      if (options.snapshot !== undefined) {
        return client.runs.start({ name: options.name, baseModelId: options.model ?? null, recipe, snapshotId: (await findSnapshot(client, options.snapshot)).id })
      }
      const plan = await client.runs.plan({ recipe })
      if (plan.obstacle !== null) throw new AppError('conflict', plan.obstacle)
      context.terminal.note(`${plan.trainPairCount} pairs, ${plan.totalSteps} steps.`)
      return client.runs.start({ name: options.name, baseModelId: options.model ?? null, recipe })
    }
    // Which of the measured devices is the fastest is known once they are listed.
    await client.devices.list({})
    const run = await followRun(context, session, await start())
    report(context.terminal, run, () => describeRun(run))
  })

const recallCells = (recall: Recall | null): string[] => (recall ? [recall.r1, recall.r5, recall.r10].map(formatPercent).concat(recall.medianRank.toFixed(1), String(recall.count)) : ['–', '–', '–', '–', '–'])

export const evaluationTable = (evaluation: Evaluation): string =>
  formatTable(['Task', 'R@1', 'R@5', 'R@10', 'Median rank', 'Queries'], [
    ['text → image', ...recallCells(evaluation.textToImage)],
    ['image → text', ...recallCells(evaluation.imageToText)],
    ['image + text → image', ...recallCells(evaluation.composedToImage)],
  ])

/** Measures one model and gives the result that was stored. */
export async function evaluateModel(context: CommandContext, session: EngineSession, modelId: string, split: Split): Promise<Evaluation> {
  const { jobId } = await session.client.evaluation.start({ modelId, split })
  await followJob(jobId, following(context, session))
  const results = (await session.client.evaluation.list({})).filter((entry) => entry.modelId === modelId && entry.split === split)
  const newest = results.sort((one, other) => other.evaluatedAtMs - one.evaluatedAtMs)[0]
  if (!newest) throw new AppError('cancelled', 'The evaluation ended without a result.')
  return newest
}

export const evaluate = (context: CommandContext, options: { model?: string; split: Split }): Promise<void> =>
  withEngine(context, async (session) => {
    const modelId = options.model ?? (await session.client.project.get({})).currentModelId
    const evaluation = await evaluateModel(context, session, modelId, options.split)
    report(context.terminal, evaluation, () => `${modelId} on the ${options.split} split\n${evaluationTable(evaluation)}`)
  })
