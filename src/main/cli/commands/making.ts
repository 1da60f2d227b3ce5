// Pairs that are made, and splits: `fuselip make tgit`, `fuselip make texts`, `fuselip split`.
import { type Command, InvalidArgumentError, Option } from 'commander'
import { templateFieldNames } from '@shared/captionTemplate'
import type { SplitPreview } from '@shared/contract/make'
import { splitSchema, statusSchema, type Split, type Status, type Task } from '@shared/contract/entities'
import { transformFamilyNames, type TransformFamily } from '@shared/imageTransforms'
import { followJob } from '../followJob'
import { decimal, wholeNumber } from '../optionValues'
import { formatTable } from '../terminal'
import { type CommandContext, following, report, withEngine } from './context'

interface ScopeOptions { filter: string; dryRun?: boolean }
interface TransformCliOptions extends ScopeOptions { families: TransformFamily[]; plain: number; seed: number; status: Status }
interface TemplateCliOptions extends ScopeOptions { side: 'left' | 'right'; onlyEmpty: boolean }
interface SplitCliOptions extends ScopeOptions { shares: Record<Split, number>; separate: boolean; stratify: boolean; seed: number }

const scopeOf = ({ filter }: ScopeOptions) => ({ filter: { query: filter }, except: [] })
const count = (value: number): string => value.toLocaleString('en')

function families(text: string): TransformFamily[] {
  return text.split(',').map((name) => {
    const family = transformFamilyNames.find((known) => known === name.trim())
    if (family === undefined) throw new InvalidArgumentError(`There is no family “${name}”; expected ${transformFamilyNames.join(', ')}.`)
    return family
  })
}

/** `80/10/10`: train, validation, test. */
function shares(text: string): Record<Split, number> {
  const values = text.split('/').map(decimal)
  if (values.length !== 3 || values.some((value) => value < 0) || values.every((value) => value === 0)) throw new InvalidArgumentError(`Expected shares of train, validation and test such as 80/10/10; got “${text}”.`)
  return { train: values[0]!, validation: values[1]!, test: values[2]! }
}

const makeTransforms = (context: CommandContext, cliOptions: TransformCliOptions): Promise<void> =>
  withEngine(context, async (session) => {
    const { client } = session
    const scope = scopeOf(cliOptions)
    const options = { families: cliOptions.families, plainPercent: cliOptions.plain, seed: cliOptions.seed, status: cliOptions.status }
    if (cliOptions.dryRun) {
      const { pictureCount, chosenCount, pairCount, countByFamily, isEstimate } = await client.make.previewTransforms({ scope, options })
      report(context.terminal, { pictureCount, chosenCount, pairCount, countByFamily, isEstimate }, () => [
        `${isEstimate ? 'About ' : ''}${count(pairCount)} pairs from ${count(chosenCount)} of ${count(pictureCount)} pictures`,
        formatTable(['Family', 'Pairs'], options.families.map((family) => [family, count(countByFamily[family])])),
      ].join('\n'))
      return
    }
    const job = await followJob((await client.make.startTransforms({ scope, options })).jobId, following(context, session))
    report(context.terminal, { state: job.state, summary: job.summary }, () => job.summary ?? job.state)
  })

const writeTexts = (context: CommandContext, template: string, cliOptions: TemplateCliOptions): Promise<void> =>
  withEngine(context, async (session) => {
    const { client } = session
    const scope = scopeOf(cliOptions)
    const options = { template, side: cliOptions.side, onlyEmpty: cliOptions.onlyEmpty }
    if (cliOptions.dryRun) {
      const preview = await client.make.previewTemplate({ scope, options })
      report(context.terminal, preview, () => [
        `${preview.isEstimate ? 'About ' : ''}${count(preview.changeCount)} of ${count(preview.pairCount)} pairs get a new text`,
        ...preview.examples.map(({ pairId, after }) => `  ${pairId}: ${after}`),
      ].join('\n'))
      return
    }
    const job = await followJob((await client.make.startTemplate({ scope, options })).jobId, following(context, session))
    report(context.terminal, { state: job.state, summary: job.summary }, () => job.summary ?? job.state)
  })

function describeSplits(preview: SplitPreview): string {
  const rows = (Object.keys(preview.after) as Task[]).map((task) => [task, ...splitSchema.options.map((split) => `${count(preview.before[task]?.[split] ?? 0)} → ${count(preview.after[task]?.[split] ?? 0)}`)])
  return [
    formatTable(['Task', ...splitSchema.options], rows),
    `${count(preview.movedCount)} of ${count(preview.pairCount)} pairs move; ${count(preview.setCount)} sets, the largest of ${count(preview.largestSetSize)} pairs`,
    `Leaks: ${count(preview.leaksBefore.setCount)} sets in more than one split now, ${count(preview.leaksAfter.setCount)} afterwards`,
  ].join('\n')
}

const splitPairs = (context: CommandContext, cliOptions: SplitCliOptions): Promise<void> =>
  withEngine(context, async (session) => {
    const { client } = session
    const scope = scopeOf(cliOptions)
    const options = { shares: cliOptions.shares, keepTogether: !cliOptions.separate, isStratified: cliOptions.stratify, seed: cliOptions.seed }
    if (cliOptions.dryRun) {
      const preview = await client.make.previewSplits({ scope, options })
      report(context.terminal, preview, () => describeSplits(preview))
      return
    }
    const job = await followJob((await client.make.startSplits({ scope, options })).jobId, following(context, session))
    report(context.terminal, { state: job.state, summary: job.summary }, () => job.summary ?? job.state)
  })

export function addMakingCommands(program: Command, contextOf: () => CommandContext): void {
  const filter = (): Option => new Option('--filter <query>', 'the pairs that it is about, in the filter language; all when left out').default('')
  const dryRun = (): Option => new Option('--dry-run', 'tell what would come out, and change nothing')
  const seed = (): Option => new Option('--seed <number>', 'seed').argParser(wholeNumber(0, 2 ** 31 - 1)).default(1)
  const make = program.command('make').description('make pairs or texts over many pairs')
  make.command('tgit').description('make pairs of text-guided transformations of the pictures')
    .addOption(filter())
    .addOption(new Option('--families <list>', `some of ${transformFamilyNames.join(', ')}`).argParser(families).default([...transformFamilyNames], 'all'))
    .option('--plain <percent>', 'pictures that stay as they are', decimal, 90)
    .addOption(seed())
    .addOption(new Option('--status <status>', 'status of the new pairs').choices(statusSchema.options).default('accepted'))
    .addOption(dryRun())
    .action((options: TransformCliOptions) => makeTransforms(contextOf(), options))
  make.command('texts <template>').description(`write texts by a template such as "a photo of {tag|article}"; fields: ${templateFieldNames.join(', ')}`)
    .addOption(filter())
    .addOption(new Option('--side <side>', 'whose text').choices(['left', 'right']).default('right'))
    .option('--only-empty', 'leave texts that are there', false)
    .addOption(dryRun())
    .action((template: string, options: TemplateCliOptions) => writeTexts(contextOf(), template, options))
  program.command('split').description('split pairs by shares; what shares a picture or a group stays together')
    .addOption(filter())
    .addOption(new Option('--shares <train/validation/test>', 'shares').argParser(shares).default({ train: 80, validation: 10, test: 10 }, '80/10/10'))
    .option('--separate', 'let every pair go alone, even where that leaks', false)
    .option('--no-stratify', 'shares hold for the whole, not for each task')
    .addOption(seed())
    .addOption(dryRun())
    .action((options: SplitCliOptions) => splitPairs(contextOf(), options))
}
