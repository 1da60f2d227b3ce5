// What leaves the library: `fuselip export`, `fuselip snapshot …`, `fuselip scale-out`.
import { stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { dataFormSchema, type DataForm } from '@shared/contract/exports'
import type { Snapshot } from '@shared/contract/snapshots'
import { followJob } from '../followJob'
import { collect, wholeNumber } from '../optionValues'
import type { EngineSession } from '../session'
import { formatTable } from '../terminal'
import { type CommandContext, following, report, ReportedFailure, withEngine } from './context'
import { findSnapshot } from './findSnapshot'
import { chooseRecipe } from './training'

interface ExportOptions { form: DataForm; filter: string; derived: 'render' | 'recipe'; pictures: 'bytes' | 'files'; shardMb: number; plain: boolean; guardFormulas: boolean; overwrite: boolean }
interface CreateOptions { filter: string; licence?: string; notes: string }
interface ScaleOutOptions {
  preset?: string; recipe?: string; run?: number; set: string[]; model?: string; size?: 'small' | 'base' | 'large'; weights: boolean
  precision: 'amp' | 'amp_bf16' | 'fp32'; gpus: number; gpu: string; nodes: number; overwrite: boolean
}

const scopeOf = (query: string) => ({ filter: { query }, except: [] })

function newFolder(session: EngineSession, folder: string, overwrite: boolean): { folderToken: string; folderName: string; overwrite: boolean } {
  const path = resolve(folder)
  return { folderToken: session.tokenForPath(dirname(path)), folderName: basename(path), overwrite }
}

const exportPairs = (context: CommandContext, folder: string, { form, filter, derived, pictures, shardMb, plain, guardFormulas, overwrite }: ExportOptions): Promise<void> =>
  withEngine(context, async (session) => {
    const { jobId } = await session.client.exports.start({
      ...newFolder(session, folder, overwrite), scope: scopeOf(filter), options: { form, derived, pictures, shardMegabytes: shardMb, plainMembers: plain, guardFormulas },
    })
    const job = await followJob(jobId, following(context, session))
    const problems = (await session.client.jobs.listLog({ jobId })).map(({ line }) => line)
    report(context.terminal, { folder: resolve(folder), summary: job.summary, problems }, () => [job.summary ?? folder, ...problems.slice(0, 20).map((line) => `  ${line}`)].join('\n'))
  })

const create = (context: CommandContext, name: string, { filter, licence, notes }: CreateOptions): Promise<void> =>
  withEngine(context, async (session) => {
    const { jobId } = await session.client.snapshots.create({ name, scope: scopeOf(filter), licence: licence ?? null, notes })
    const job = await followJob(jobId, following(context, session))
    const snapshot = await findSnapshot(session.client, name)
    report(context.terminal, snapshot, () => `Snapshot ${snapshot.id}, “${snapshot.name}”: ${job.summary ?? ''}`)
  })

const checkState = ({ verifiedAtMs, differenceCount }: Snapshot): string =>
  (verifiedAtMs === null ? 'not verified' : `${differenceCount === 0 ? 'whole' : `${differenceCount ?? 0} files differ`} on ${new Date(verifiedAtMs).toISOString().slice(0, 10)}`)

const list = (context: CommandContext): Promise<void> =>
  withEngine(context, async ({ client }) => {
    const snapshots = await client.snapshots.list({})
    report(context.terminal, snapshots, () => (snapshots.length === 0 ? 'No snapshots yet. Make one: fuselip snapshot create NAME' : formatTable(['Snapshot', 'Name', 'Made', 'Pairs', 'Pictures', 'Chosen', 'SHA-256', 'Checksums', 'Runs'], snapshots.map((snapshot) => [
      String(snapshot.id), snapshot.name, new Date(snapshot.createdAtMs).toISOString().slice(0, 16).replace('T', ' '), snapshot.counts.pairs.toLocaleString('en'), snapshot.counts.pictures.toLocaleString('en'),
      snapshot.scope, snapshot.sha256.slice(0, 12), checkState(snapshot), snapshot.runs.map(({ name }) => name).join(', '),
    ]))))
  })

/** A folder where there is one of that name, otherwise a snapshot of the project. A difference is an exit code, for scripts. */
const verify = (context: CommandContext, which: string): Promise<void> =>
  withEngine(context, async (session) => {
    const { client } = session
    const isFolder = await stat(resolve(which)).then((found) => found.isDirectory(), () => false)
    const { jobId } = await client.snapshots.verify(isFolder ? { folderToken: session.tokenForPath(resolve(which)) } : { snapshotId: (await findSnapshot(client, which)).id })
    const job = await followJob(jobId, following(context, session))
    const found = await client.snapshots.getVerification({ jobId })
    report(context.terminal, found, () => [job.summary ?? '', ...found.differences.map(({ path, kind }) => `  ${kind}: ${path}`)].join('\n'))
    if (found.differenceCount > 0) throw new ReportedFailure()
  })

const copy = (context: CommandContext, which: string, folder: string, { overwrite }: { overwrite: boolean }): Promise<void> =>
  withEngine(context, async (session) => {
    const { id } = await findSnapshot(session.client, which)
    const job = await followJob((await session.client.snapshots.copy({ snapshotId: id, ...newFolder(session, folder, overwrite) })).jobId, following(context, session))
    report(context.terminal, { folder: resolve(folder), summary: job.summary }, () => job.summary ?? folder)
  })

const remove = (context: CommandContext, which: string): Promise<void> =>
  withEngine(context, async ({ client }) => {
    const { id, name } = await findSnapshot(client, which)
    await client.snapshots.remove({ snapshotId: id })
    report(context.terminal, { id, name }, () => `The snapshot “${name}” is deleted.`)
  })

const scaleOut = (context: CommandContext, which: string, folder: string, options: ScaleOutOptions): Promise<void> =>
  withEngine(context, async (session) => {
    const { client } = session
    const { id } = await findSnapshot(client, which)
    const run = options.run === undefined ? null : await client.runs.get({ runId: options.run })
    const recipe = await chooseRecipe(client, { ...options, base: run?.recipe })
    const recipeOrigin = run ? `the run “${run.name}”` : options.preset ? `the preset ${options.preset}` : options.recipe ? basename(options.recipe) : 'the defaults of the studio'
    const { jobId } = await client.snapshots.scaleOut({
      snapshotId: id, ...newFolder(session, folder, options.overwrite), recipe, recipeOrigin: options.set.length === 0 ? recipeOrigin : `${recipeOrigin}, with ${options.set.join(', ')}`,
      baseModelId: options.model ?? run?.baseModelId ?? null, size: options.size ?? null, withWeights: options.weights, precision: options.precision, gpuCount: options.gpus, gpuKind: options.gpu, nodeCount: options.nodes,
    })
    const job = await followJob(jobId, following(context, session))
    report(context.terminal, { folder: resolve(folder), summary: job.summary }, () => `${job.summary ?? folder}\nNext: read ${folder}/README.md`)
  })

const filterOption = (): Option => new Option('--filter <text>', 'pairs that match this, in the filter language of the library, such as “status:accepted -tag:blur”; all when left out').default('')
const overwriteOption = (): Option => new Option('--overwrite', 'replace a folder that is there').default(false)

export function addExportCommands(program: Command, contextOf: () => CommandContext): void {
  program.command('export <folder>').description('write pairs and their pictures into a new folder')
    .addOption(new Option('--form <form>', 'form of the data').choices(dataFormSchema.options).default('parquet'))
    .addOption(filterOption())
    .addOption(new Option('--derived <how>', 'crops and other derived pictures: drawn, or their source beside a recipe').choices(['render', 'recipe']).default('render'))
    .addOption(new Option('--pictures <where>', 'Parquet: pictures inside the table, or files beside it').choices(['bytes', 'files']).default('bytes'))
    .option('--shard-mb <megabytes>', 'size of Parquet parts and tar shards', wholeNumber(1, 10_000), 256)
    .option('--plain', 'WebDataset: members .jpg and .txt, for pairs of one picture and one caption', false)
    .option('--guard-formulas', 'CSV, TSV: an apostrophe before what a spreadsheet would run; changes those texts', false)
    .addOption(overwriteOption())
    .action((folder: string, options: ExportOptions) => exportPairs(contextOf(), folder, options))

  const snapshot = program.command('snapshot').description('frozen versions of the data; see the commands below').action(() => list(contextOf()))
  snapshot.command('create <name>').description('freeze pairs, pictures, groups and judgements under a name')
    .addOption(filterOption())
    .option('--licence <name>', 'licence of the data, for its card')
    .option('--notes <text>', 'notes for its card', '')
    .action((name: string, options: CreateOptions) => create(contextOf(), name, options))
  snapshot.command('list').description('list the snapshots of the project').action(() => list(contextOf()))
  snapshot.command('verify <snapshot>').description('compare every file with its checksum: a snapshot by number or name, or a folder; exit code 1 where something differs')
    .action((which: string) => verify(contextOf(), which))
  snapshot.command('copy <snapshot> <folder>').description('copy a snapshot into a new folder; fuselip import FOLDER brings it back')
    .addOption(overwriteOption())
    .action((which: string, folder: string, options: { overwrite: boolean }) => copy(contextOf(), which, folder, options))
  snapshot.command('remove <snapshot>').description('delete a snapshot; runs keep their own frozen data').action((which: string) => remove(contextOf(), which))

  program.command('scale-out <snapshot> <folder>').description('write a snapshot as a package for the public PyTorch trainer on a cluster: tables, torchrun script, SkyPilot task')
    .option('--preset <id>', 'recipe of a preset')
    .option('--recipe <file>', 'recipe as a JSON file')
    .option('--run <run>', 'recipe and model of a run', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option('--set <key=value>', 'change one setting; may be repeated', collect, [])
    .option('--model <id>', 'model to start from, or whose size is taken; the project’s own when left out')
    .addOption(new Option('--size <size>', 'published size; that of the model when left out').choices(['small', 'base', 'large']))
    .option('--weights', 'put the weights of the model into the package', false)
    .addOption(new Option('--precision <precision>', 'of the training').choices(['amp', 'amp_bf16', 'fp32']).default('amp'))
    .option('--gpus <count>', 'devices of a machine', wholeNumber(1, 64), 8)
    .option('--gpu <kind>', 'device as SkyPilot calls it', 'A100')
    .option('--nodes <count>', 'machines', wholeNumber(1, 1024), 1)
    .addOption(overwriteOption())
    .action((which: string, folder: string, options: ScaleOutOptions) => scaleOut(contextOf(), which, folder, options))
}
