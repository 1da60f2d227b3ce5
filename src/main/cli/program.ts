// The command line: names, options and help. Every command calls the contract; none holds logic of its own.
import { Command, InvalidArgumentError, Option } from 'commander'
import { splitSchema, taskSchema } from '@shared/contract/entities'
import { importSourceKindSchema } from '@shared/contract/import'
import { demo, type DemoOptions } from './commands/demo'
import { check } from './commands/check'
import { mine, tokenize } from './commands/data'
import { importPairs } from './commands/importPairs'
import type { ImportOptions } from './commands/importSource'
import { type CommandContext, type GlobalOptions, projectDirOf } from './commands/context'
import { type DevicesOptions, listDevices, listJobs, search, type SearchOptions } from './commands/looking'
import { addMakingCommands } from './commands/making'
import { addModelCommands } from './commands/models'
import { pretrainNano, type PretrainOptions, trainNanoTokenizer, type TokenizerOptions } from './commands/pretraining'
import { addExportCommands } from './commands/exports'
import { sample } from './commands/sample'
import { serve, type ServeOptions } from './commands/serve'
import { plan, type PlanOptions } from './commands/plan'
import { evaluate, train, type TrainOptions } from './commands/training'
import { collect, decimal, wholeNumber } from './optionValues'

/** Everything of a command's surroundings that the options do not decide. */
export type Surroundings = Omit<CommandContext, 'projectDir' | 'terminal'> & {
  terminalFor(asJson: boolean): CommandContext['terminal']
  rendererDir: string
}

/** `caption=40,edit=60`; which tasks there are is the toybox's to say. */
function taskShares(text: string): Record<string, number> {
  return Object.fromEntries(text.split(',').map((entry) => {
    const [task, share, ...rest] = entry.split('=')
    if (!task || share === undefined || rest.length > 0) throw new InvalidArgumentError(`Expected task=share, separated by commas; got “${entry}”.`)
    const value = decimal(share)
    if (value < 0) throw new InvalidArgumentError(`Expected a share of 0 or more for “${task}”, got ${value}.`)
    return [task.trim(), value]
  }))
}

const splitOption = (description: string): Option => new Option('--split <split>', description).choices(splitSchema.options)
const seedOption = (): Option => new Option('--seed <number>', 'seed').argParser(wholeNumber(0, 2 ** 31 - 1)).default(1)
const threadsOption = (count: number): Option => new Option('--threads <count>', 'CPU threads').argParser(wholeNumber(1, 256)).default(count)

export function createProgram(surroundings: Surroundings): Command {
  const program = new Command('fuselip')
    .description('Curate image-text pairs, mine hard negatives, fine-tune FuseLIP embeddings and test retrieval.')
    .option('-p, --project <dir>', 'project folder; the last one, or the sample, when left out')
    .option('--json', 'write the result as JSON to standard output')
    .showHelpAfterError('(fuselip --help lists the commands)')
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 wrong usage or input, 3 not found, 4 in use, 130 interrupted.')
    .exitOverride()

  const contextOf = (): CommandContext => {
    const options = program.opts<GlobalOptions>()
    return { ...surroundings, projectDir: projectDirOf(options), terminal: surroundings.terminalFor(options.json === true) }
  }

  program.command('import <source>').description('import captioned pictures, a table, annotations, Parquet or tar shards, or hf:owner/name from the hub; creates the project when there is none')
    .addOption(new Option('--task <task>', 'what the pairs teach').choices(taskSchema.options).default('caption'))
    .addOption(splitOption('split of the new pairs').default('train'))
    .option('--left-image <column>', 'column of the left picture')
    .option('--left-text <column>', 'column of the left text')
    .option('--right-image <column>', 'column of the right picture')
    .option('--right-text <column>', 'column of the right text')
    .option('--mapping <file>', 'the columns as a JSON file: leftImage, leftText, rightImage, rightText, task, split, status, group, tags')
    .addOption(new Option('--format <form>', 'read the source as this form; found from the source when left out').choices(importSourceKindSchema.options))
    .option('--start-over', 'begin at the first row even where an earlier import was broken off')
    .option('--part <config/split>', 'with hf: part of the data set; may be repeated', collect, [])
    .option('--dry-run', 'show form, columns and first rows (or the parts, sizes and licence), and import nothing')
    .action((source: string, options: ImportOptions) => importPairs(contextOf(), source, options))

  program.command('tokenize').description('tokenize every picture without cached tokens').action(() => tokenize(contextOf()))

  program.command('check').description('look for duplicates, leaks, poor pictures and poor captions; only new pictures are measured')
    .option('--embed', 'embed pairs without vectors first, so that agreement and outliers are checked as well')
    .action((options: Parameters<typeof check>[1]) => check(contextOf(), options))

  program.command('mine').description('mine hard negatives')
    .option('--model <id>', 'model to mine with; the project’s own when left out')
    .option('--per-pair <count>', 'candidates per pair', wholeNumber(1, 50), 5)
    .option('--margin <cosine>', 'drop candidates above the true pair plus this', decimal, 0)
    .addOption(splitOption('split to mine in').default('train'))
    .action((options: Parameters<typeof mine>[1]) => mine(contextOf(), options))

  addMakingCommands(program, contextOf)

  program.command('plan').description('tell what a recipe would need and take: memory, time and real negatives, from one measured micro-batch')
    .option('--preset <id>', 'start from a preset')
    .option('--recipe <file>', 'start from a recipe as a JSON file')
    .option('--set <key=value>', 'change one setting; may be repeated', collect, [])
    .option('--model <id>', 'model to start from; the project’s own when left out')
    .action((options: PlanOptions) => plan(contextOf(), options))

  program.command('train').description('fine-tune on the accepted pairs; Ctrl+C pauses with a checkpoint')
    .option('--preset <id>', 'start from a preset')
    .option('--recipe <file>', 'start from a recipe as a JSON file')
    .option('--set <key=value>', 'change one setting; may be repeated', collect, [])
    .option('--name <name>', 'name of the run', '')
    .option('--model <id>', 'model to start from; the project’s own when left out')
    .option('--snapshot <snapshot>', 'train on a snapshot, by number or name, instead of the project as it is')
    .option('--resume <run>', 'continue a run instead of starting one', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option('--device <id>', 'with --resume: device to continue on, such as cpu')
    .action((options: TrainOptions) => train(contextOf(), options))

  program.command('evaluate').description('measure retrieval')
    .option('--model <id>', 'model to measure; the project’s own when left out')
    .addOption(splitOption('split to measure on').default('test'))
    .action((options: Parameters<typeof evaluate>[1]) => evaluate(contextOf(), options))

  program.command('search [text]').description('find the sides nearest to a text, a picture, or both')
    .option('--image <file>', 'picture to search with')
    .option('--model <id>', 'model to search with; twice compares two', collect, [])
    .addOption(new Option('--target <target>', 'what to find').choices(['images', 'texts', 'any']).default('images'))
    .addOption(splitOption('search one split only'))
    .option('--limit <count>', 'number of hits', wholeNumber(1, 200), 10)
    .action((text: string | undefined, options: SearchOptions) => search(contextOf(), text ?? '', options))

  program.command('train-tokenizer <folder>').description('train the nano image tokenizer on procedural pictures')
    .option('--from <folder>', 'nano tokenizer to train on from, instead of random weights')
    .addOption(seedOption())
    .option('--plain-steps <count>', 'steps without the codebook; none with --from', wholeNumber(1, 1_000_000), 1000)
    .option('--quantised-steps <count>', 'steps through the codebook', wholeNumber(1, 1_000_000), 1700)
    .option('--batch-size <count>', 'pictures a step', wholeNumber(1, 1024), 16)
    .addOption(threadsOption(1))
    .action((folder: string, options: TokenizerOptions) => trainNanoTokenizer(contextOf(), folder, options))

  program.command('pretrain <folder>').description('train the nano FuseLIP on procedural pairs; the same work folder continues an interrupted run')
    .requiredOption('--tokenizer <folder>', 'image tokenizer')
    .requiredOption('--work <folder>', 'folder for checkpoints')
    .option('--from <folder>', 'model to continue from, instead of random weights')
    .option('--tasks <list>', 'share of pairs by task, such as caption=40,edit=40,vqa=20', taskShares)
    .option('--learning-rate <number>', 'peak of the schedule', decimal, 2e-3)
    .addOption(seedOption())
    .option('--pairs <count>', 'pairs to draw', wholeNumber(64, 10_000_000), 12_000)
    .option('--epochs <count>', 'epochs over them', wholeNumber(1, 1000), 8)
    .option('--batch-size <count>', 'pairs a step', wholeNumber(2, 4096), 64)
    .addOption(threadsOption(2))
    .action((folder: string, options: PretrainOptions) => pretrainNano(contextOf(), folder, options))

  addExportCommands(program, contextOf)
  addModelCommands(program, contextOf)
  program.command('devices').description('list devices with their memory and the training speed that was measured')
    .option('--measure', 'measure the speed with the current model first', false)
    .action((options: DevicesOptions) => listDevices(contextOf(), options))
  program.command('jobs').description('list jobs, newest first')
    .option('--limit <count>', 'number of jobs', wholeNumber(1, 200), 20)
    .action((options: { limit: number }) => listJobs(contextOf(), options))

  program.command('serve').description('serve the studio to a browser')
    .option('--port <port>', 'port; the next free one when left out', wholeNumber(0, 65_535))
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--allow-remote', 'permit an address that other computers can reach', false)
    .option('--no-open', 'do not open the browser')
    .action((options: ServeOptions) => serve(contextOf(), { ...options, rendererDir: surroundings.rendererDir }))

  program.command('demo').description('run the whole loop on a fresh sample project and compare before with after')
    .option('--preset <id>', 'training preset', 'demo')
    .option('--set <key=value>', 'change one setting; may be repeated', collect, [])
    .option('--keep', 'keep the project', false)
    .action((options: DemoOptions) => demo(contextOf(), options))

  program.command('sample [folder]').description('create a sample project in a folder, or the studio’s own one, and tell what is in it').action((folder?: string) => sample(contextOf(), folder))

  for (const command of program.commands.flatMap((parent) => [parent, ...parent.commands])) command.exitOverride()
  return program
}
