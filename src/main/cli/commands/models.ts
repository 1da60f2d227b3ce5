// `fuselip models …`: list, pull, import, create, export, rename, remove, and the hub's address and token.
import { readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { exportFormSchema, type ExportForm } from '@shared/contract/models'
import type { Model, Recall } from '@shared/contract/entities'
import { AppError } from '@shared/errors'
import { followJob } from '../followJob'
import type { EngineSession } from '../session'
import { formatTable } from '../terminal'
import { addBlendCommand } from './blend'
import { type CommandContext, following, report, withEngine } from './context'

interface PullOptions { revision: string; name?: string }
interface CreateOptions { size: string; tokenizer?: string; name?: string; seed: number }
interface ExportOptions { form: ExportForm[]; half: boolean; licence?: string }
interface HubOptions { endpoint?: string; token?: boolean; forgetToken?: boolean; publicHub?: boolean }

const size = (bytes: number | undefined): string => (bytes === undefined ? '' : `${(bytes / 1e6).toFixed(0)} MB`)

const listModels = (context: CommandContext): Promise<void> =>
  withEngine(context, async ({ client }) => {
    const models = await client.models.list({})
    report(context.terminal, models, () => formatTable(['Model', 'Name', 'Kind', 'Parameters', 'Width', 'Layers', 'Size', 'Licence'], models.map((model) => [
      model.id, model.name, model.kind, model.parameterCount.toLocaleString('en'), String(model.widthCount), String(model.layerCount), size(model.sizeBytes), model.licence ?? '',
    ])))
  })

/** Follows the job and gives what it added: a model, or null where it was an image tokenizer. */
async function followAdding(context: CommandContext, session: EngineSession, start: () => Promise<{ jobId: number }>): Promise<void> {
  const before = new Set((await session.client.models.list({})).map(({ id }) => id))
  const job = await followJob((await start()).jobId, following(context, session))
  const model: Model | null = (await session.client.models.list({})).find(({ id }) => !before.has(id)) ?? null
  report(context.terminal, { summary: job.summary, model }, () => job.summary ?? 'Done.')
}

const pull = (context: CommandContext, repository: string, { revision, name }: PullOptions): Promise<void> =>
  withEngine(context, (session) => followAdding(context, session, () => session.client.models.pull({ repository, revision, name: name ?? null })))

const importModel = (context: CommandContext, source: string, { name }: { name?: string }): Promise<void> =>
  withEngine(context, (session) => followAdding(context, session, () => session.client.models.import({ sourceToken: session.tokenForPath(resolve(source)), name: name ?? null })))

const create = (context: CommandContext, options: CreateOptions): Promise<void> =>
  withEngine(context, (session) => followAdding(context, session, () =>
    session.client.models.create({ sizeId: options.size, tokenizerId: options.tokenizer ?? null, name: options.name ?? null, seed: options.seed })))

const exportModel = (context: CommandContext, modelId: string, folder: string, { form, half, licence }: ExportOptions): Promise<void> =>
  withEngine(context, async (session) => {
    const path = resolve(folder)
    const { jobId } = await session.client.models.export({
      modelId, folderToken: session.tokenForPath(dirname(path)), folderName: basename(path), forms: form, halfPrecision: half, licence: licence ?? null,
    })
    const job = await followJob(jobId, following(context, session))
    const files = (await session.client.jobs.listLog({ jobId })).map(({ line }) => line)
    report(context.terminal, { folder: path, files, summary: job.summary }, () => [job.summary ?? path, ...files.map((line) => `  ${line}`)].join('\n'))
  })

const listPublished = (context: CommandContext): Promise<void> =>
  withEngine(context, async ({ client }) => {
    const models = await client.models.listPublished({})
    report(context.terminal, models, () => `${formatTable(['Repository', 'ImageNet', 'Retrieval', 'VQA', 'Grounding', 'VG-Crop', 'OI-Pos', 'TGIT', 'What it is'], models.map(({ repository, scores, description }) => [
      repository, ...(scores ? [scores.imagenet, scores.retrieval, scores.vqa, scores.grounding, scores.vgCrop, scores.oiPosition, scores.tgit].map((value) => value.toFixed(1)) : new Array<string>(7).fill('')), description,
    ]))}\nAccuracy in percent (arXiv 2506.03096). Get one with: fuselip models pull REPOSITORY`)
  })

const listSizes = (context: CommandContext): Promise<void> =>
  withEngine(context, async ({ client }) => {
    const sizes = await client.models.listSizes({})
    report(context.terminal, sizes, () => formatTable(['Size', 'Parameters', 'Width', 'Layers', 'Heads', 'Vocabulary of images', 'Image tokenizer'], sizes.map((entry) => [
      entry.id, entry.parameterCount.toLocaleString('en'), String(entry.width), String(entry.layerCount), String(entry.headCount), `${entry.imageTokenCount} of ${entry.codebookSize}`,
      entry.tokenizerId ?? `pull ${entry.tokenizerRepository ?? 'one'}`,
    ])))
  })

const listTokenizers = (context: CommandContext): Promise<void> =>
  withEngine(context, async ({ client }) => {
    const tokenizers = await client.models.listTokenizers({})
    report(context.terminal, tokenizers, () => formatTable(['Tokenizer', 'Picture', 'Codes', 'Decoder', 'Licence'], tokenizers.map((entry) => [
      entry.id, `${entry.imageSizePx} px`, `${entry.codeCount} of ${entry.codebookSize}`, entry.hasDecoder ? 'yes' : 'no', entry.licence ?? '',
    ])))
  })

const rename = (context: CommandContext, modelId: string, name: string): Promise<void> =>
  withEngine(context, async ({ client }) => {
    await client.models.rename({ modelId, name })
    report(context.terminal, { modelId, name }, () => `${modelId} is now called “${name}”.`)
  })

const remove = (context: CommandContext, modelId: string): Promise<void> =>
  withEngine(context, async ({ client }) => {
    await client.models.remove({ modelId })
    report(context.terminal, { modelId }, () => `${modelId} is deleted.`)
  })

const show = (context: CommandContext, modelId: string): Promise<void> =>
  withEngine(context, async ({ client }) => {
    const details = await client.models.getDetails({ modelId })
    const { runs, blends } = await client.models.getLineage({})
    const run = runs.find(({ modelIds }) => modelIds.includes(modelId)) ?? null
    const parents = blends.find((blend) => blend.modelId === modelId)?.parents ?? []
    const scores = (await client.evaluation.list({})).filter((evaluation) => evaluation.modelId === modelId)
    const recallOf = (recall: Recall | null): string => (recall ? `${(100 * recall.r1).toFixed(1)} %` : '–')
    report(context.terminal, { ...details, run, parents, scores }, () => [
      modelId,
      `Disk: ${size(details.folderBytes)} in its folder, ${size(details.cacheBytes)} of cached embeddings`,
      ...(run ? [`From ${run.baseModelId} by the run “${run.name}”, ${run.step} steps${run.snapshot ? ` on ${run.snapshot.pairCount} pairs, snapshot ${run.snapshot.sha256.slice(0, 12)}` : ''}`] : []),
      ...parents.map(({ modelId: id, share }) => `${(100 * share).toFixed(1)} % of ${id}`),
      ...scores.map(({ split, textToImage, imageToText, composedToImage, evaluatedAtMs }) =>
        `R@1 on ${split}, ${new Date(evaluatedAtMs).toISOString().slice(0, 10)}: text → image ${recallOf(textToImage)}, image → text ${recallOf(imageToText)}, image + text → image ${recallOf(composedToImage)}`),
      ...(details.obstacle ? [`Cannot be deleted: ${details.obstacle.message}`] : []),
      ...(details.notes ? ['', details.notes] : []),
    ].join('\n'))
  })

const note = (context: CommandContext, modelId: string, text: string): Promise<void> =>
  withEngine(context, async ({ client }) => {
    await client.models.setNotes({ modelId, notes: text })
    report(context.terminal, { modelId, notes: text }, () => (text.trim() === '' ? `The notes on ${modelId} are gone.` : `Noted on ${modelId}.`))
  })

/** From standard input, so that it stands in no history of commands. */
function readToken(): string {
  const token = readFileSync(0, 'utf8').trim()
  if (token === '') throw new AppError('bad-input', 'No token came.', 'Give it on standard input: fuselip models hub --token < token.txt')
  return token
}

const hub = (context: CommandContext, options: HubOptions): Promise<void> =>
  withEngine(context, async ({ client }) => {
    const endpoint = options.publicHub ? null : options.endpoint
    const token = options.forgetToken ? null : options.token ? readToken() : undefined
    const state = endpoint === undefined && token === undefined ? await client.models.getHub({}) : await client.models.setHub({ endpoint, token })
    report(context.terminal, state, () => `${state.endpoint}, ${state.hasToken ? `with a token (${state.tokenSource === 'environment' ? 'from HF_TOKEN' : 'saved'})` : 'without a token'}`)
  })

function seedOf(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** 31) throw new InvalidArgumentError('Expected a whole number from 0 to 2147483647.')
  return value
}

function formsOf(text: string): ExportForm[] {
  const forms = text.split(',').map((form) => exportFormSchema.safeParse(form.trim()))
  return forms.map((form) => {
    if (!form.success) throw new InvalidArgumentError(`Expected some of ${exportFormSchema.options.join(', ')}, separated by commas.`)
    return form.data
  })
}

export function addModelCommands(program: Command, contextOf: () => CommandContext): void {
  const models = program.command('models').description('list models; the commands below bring them in and out').action(() => listModels(contextOf()))
  models.command('list').description('list models').action(() => listModels(contextOf()))
  models.command('published').description('list the published models with their scores').action(() => listPublished(contextOf()))
  models.command('pull <repository>').description('download a model from the hub, for example chs20/FuseLIP-S-CC3M-MM; run it again to continue')
    .option('--revision <revision>', 'branch, tag or commit', 'main')
    .option('--name <name>', 'name in the list of models')
    .action((repository: string, options: PullOptions) => pull(contextOf(), repository, options))
  models.command('import <source>').description('add a FuseLIP or TiTok folder, or a checkpoint file with config.json beside it')
    .option('--name <name>', 'name in the list of models')
    .action((source: string, options: { name?: string }) => importModel(contextOf(), source, options))
  models.command('sizes').description('list the sizes that a model can be made in').action(() => listSizes(contextOf()))
  models.command('tokenizers').description('list the image tokenizers').action(() => listTokenizers(contextOf()))
  models.command('create').description('make a model from random weights, to train it from scratch')
    .requiredOption('--size <size>', 'nano, small, base or large')
    .option('--tokenizer <id>', 'image tokenizer; one that fits the size when left out')
    .option('--name <name>', 'name in the list of models')
    .option('--seed <number>', 'seed of the random weights', seedOf, 1)
    .action((options: CreateOptions) => create(contextOf(), options))
  models.command('export <model> <folder>').description('write a model into a new folder, with its card')
    .addOption(new Option('--form <forms>', `some of ${exportFormSchema.options.join(', ')}, separated by commas`).argParser(formsOf).default(['safetensors', 'onnx'], 'safetensors,onnx'))
    .option('--half', 'half-precision checkpoints', false)
    .option('--licence <name>', 'licence; that of the base model when left out')
    .action((modelId: string, folder: string, options: ExportOptions) => exportModel(contextOf(), modelId, folder, options))
  addBlendCommand(models, contextOf)
  models.command('show <model>').description('show disk use, origin, scores and notes of a model').action((modelId: string) => show(contextOf(), modelId))
  models.command('note <model> <text>').description('keep a note on a model; an empty text takes it away').action((modelId: string, text: string) => note(contextOf(), modelId, text))
  models.command('rename <model> <name>').description('rename an imported model, or the run of a tuned one').action((modelId: string, name: string) => rename(contextOf(), modelId, name))
  models.command('remove <model>').description('delete an imported model').action((modelId: string) => remove(contextOf(), modelId))
  models.command('hub').description('show or set the hub’s address and token')
    .option('--endpoint <address>', 'a mirror of the hub')
    .option('--public-hub', 'go back to the public hub')
    .option('--token', 'read a token from standard input and save it')
    .option('--forget-token', 'forget the saved token')
    .action((options: HubOptions) => hub(contextOf(), options))
}
