// `fuselip models blend`: recall along the line between two models, and a point of it saved as a model.
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Blend, Probe, TaskRecalls } from '@shared/contract/blend'
import { splitSchema, type Recall, type Split } from '@shared/contract/entities'
import { AppError } from '@shared/errors'
import { followJob } from '../followJob'
import type { EngineSession } from '../session'
import { formatTable } from '../terminal'
import { type CommandContext, following, report, withEngine } from './context'

const taskNames = { 'text-image': 'textToImage', 'image-text': 'imageToText', composed: 'composedToImage' } as const satisfies Record<string, keyof TaskRecalls>
type TaskName = keyof typeof taskNames

export interface BlendOptions {
  probe?: string
  positions: number
  task: TaskName
  at?: number
  save?: string
}

const percent = (value: number | undefined): string => (value === undefined ? '–' : `${(100 * value).toFixed(1)} %`)
const cells = (recall: Recall | null | undefined): string[] => [percent(recall?.r1), percent(recall?.r5), percent(recall?.r10)]

function isSplit(text: string): text is Split {
  return splitSchema.safeParse(text).success
}

/** `toybox`, `split:validation`, `tag:general`, `project:DIR`, `none`. @throws AppError 'bad-input' */
export function parseProbe(text: string, tokenForPath: (path: string) => string): Probe | null {
  const [kind, ...rest] = text.split(':')
  const value = rest.join(':')
  if (kind === 'none' && !value) return null
  if (kind === 'toybox' && !value) return { kind: 'toybox' }
  if (kind === 'split' && isSplit(value)) return { kind: 'pairs', split: value, tag: null }
  if (kind === 'tag' && value) return { kind: 'pairs', split: null, tag: value }
  if (kind === 'project' && value) return { kind: 'project', projectToken: tokenForPath(resolve(value)), split: null }
  throw new AppError('bad-input', `“${text}” names no probe set.`, 'Give toybox, split:validation, tag:NAME, project:FOLDER or none.')
}

/** The most general one that there is, where it is general at all. */
async function defaultProbe({ client }: EngineSession, baseModelId: string): Promise<Probe | null> {
  const [first] = await client.blend.listProbes({ baseModelId })
  return first?.probe.kind === 'toybox' ? first.probe : null
}

function curveTable({ project, probe, points }: Blend, task: TaskName): string {
  const key = taskNames[task]
  const heads = [project && 'test', probe && 'probe'].filter((name) => name !== null).flatMap((name) => ['R@1', 'R@5', 'R@10'].map((cutoff) => `${name} ${cutoff}`))
  const rows = points.map((point) => [point.amount.toFixed(2), ...(project ? cells(point.project?.[key]) : []), ...(probe ? cells(point.probe?.[key]) : [])])
  const notes = [['Test', project], ['Probe', probe]] as const
  return [
    formatTable(['Tuned share', ...heads], rows),
    ...notes.flatMap(([name, set]) => (set ? [`${name}: ${set.name}, ${set.pairCount} pairs${set.trainedPairCount ? `, ${set.trainedPairCount} of them trained on` : ''}. ${set.description}`] : [])),
  ].join('\n')
}

const blend = (context: CommandContext, baseModelId: string, tunedModelId: string, options: BlendOptions): Promise<void> =>
  withEngine(context, async (session) => {
    const { client } = session
    const probe = options.probe === undefined ? await defaultProbe(session, baseModelId) : parseProbe(options.probe, session.tokenForPath)
    if (options.save !== undefined) {
      if (options.at === undefined) throw new AppError('bad-input', 'A blend to save needs its amount.', 'Add --at 0.5, or whatever share of the tuned model it shall have.')
      const { jobId } = await client.blend.save({ baseModelId, tunedModelId, amount: options.at, name: options.save, probe })
      const { summary } = await followJob(jobId, following(context, session))
      report(context.terminal, { summary }, () => summary ?? 'Done.')
      return
    }
    const line = { baseModelId, tunedModelId, probe, positionCount: options.positions }
    const { jobId } = await client.blend.measure({ ...line, focus: options.at ?? 1 })
    await followJob(jobId, following(context, session))
    const measured = await client.blend.get(line)
    if (!measured.isDescendant) context.terminal.note('No run of this project leads from the first model to the second; a blend of strangers is rarely good at anything.')
    report(context.terminal, measured, () => curveTable(measured, options.task))
  })

function amountOf(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('Expected a number from 0 (base) to 1 (tuned).')
  return value
}

function positionsOf(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 2 || value > 101) throw new InvalidArgumentError('Expected a whole number from 2 to 101.')
  return value
}

export function addBlendCommand(models: Command, contextOf: () => CommandContext): void {
  models.command('blend <base> <tuned>').description('measure blends of a model and its fine-tuned child on the test split and on what the base knew; --save keeps one')
    .option('--probe <set>', 'what the base knew: toybox, split:validation, tag:NAME, project:FOLDER or none; the built-in one where it fits when left out')
    .option('--positions <count>', 'number of blends, both ends included', positionsOf, 11)
    .addOption(new Option('--task <task>', 'which recall to show').choices(Object.keys(taskNames)).default('text-image'))
    .option('--at <amount>', 'share of the tuned model, 0…1: where to begin, and what to save', amountOf)
    .option('--save <name>', 'save the blend at --at as a model of this name')
    .action((base: string, tuned: string, options: BlendOptions) => blend(contextOf(), base, tuned, options))
}
