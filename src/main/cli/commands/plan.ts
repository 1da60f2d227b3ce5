// `fuselip plan`: what a recipe would need and take on this computer, before it is started.
import type { RunPlan } from '@shared/contract/runs'
import { AppError } from '@shared/errors'
import type { Recipe } from '@shared/recipe'
import { formatDuration, formatTable } from '../terminal'
import { type CommandContext, report, withEngine } from './context'
import { chooseRecipe, type TrainOptions } from './training'

export type PlanOptions = Pick<TrainOptions, 'preset' | 'recipe' | 'set' | 'model'>

const formatGibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`

function describePlan(plan: RunPlan, recipe: Recipe): string {
  const batchSize = Math.min(recipe.batchSize, plan.trainPairCount)
  const rows = [
    ['Training pairs', String(plan.trainPairCount)],
    ['Steps', `${plan.totalSteps} (${plan.stepsPerEpoch} an epoch)`],
    ['Real negatives per anchor', `${plan.negativesPerAnchor.toFixed(1)} of ${batchSize - 1}`],
  ]
  const { measured } = plan
  if (measured) {
    rows.push(
      ['Device', measured.deviceName],
      ['Batch', `${batchSize} pairs, computed ${measured.microBatchSize} pairs at a time`],
      ['Largest that fits', measured.largestMicroBatchSize > 0 ? `${measured.largestMicroBatchSize} pairs` : 'not even one pair'],
      ['Memory at its peak', `${formatGibibytes(measured.peakMemoryBytes)} of ${formatGibibytes(measured.availableMemoryBytes)} available`],
      ['Time of a step', `${formatDuration(measured.stepMs)} (${measured.samplesPerSecond.toFixed(1)} pairs/s)`],
      ['Time of an epoch', formatDuration(measured.epochMs)],
      ['Time of the run', formatDuration(measured.totalMs)],
    )
  }
  return formatTable(['What', 'Estimate'], rows)
}

export const plan = (context: CommandContext, options: PlanOptions): Promise<void> =>
  withEngine(context, async ({ client }) => {
    const recipe = await chooseRecipe(client, options)
    context.terminal.note('Measuring one micro-batch …')
    const planned = await client.runs.plan({ recipe, baseModelId: options.model ?? null, measure: true }, { signal: context.interrupt })
    if (planned.obstacle !== null) throw new AppError('conflict', planned.obstacle)
    report(context.terminal, planned, () => describePlan(planned, recipe))
  })
