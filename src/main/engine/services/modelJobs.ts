// Models in and out, each as a job: pull from the hub, import a folder, make from random weights, export.
import { mkdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { ExportForm, HubOffer, ModelSize } from '../../../shared/contract/models'
import { AppError } from '../../../shared/errors'
import type { Compute } from '../compute/thread/client'
import type { DownloadTiming } from '../hub/download'
import { chooseFiles, getHubModel, parseRepository } from '../hub/hubModel'
import type { HubRepository } from '../hub/hubRepository'
import type { JobContext, JobRunner } from '../jobs/runner'
import type { Store } from '../store/openStore'
import type { ChangeBus } from './changes'
import { fetchFiles, megabytes, refuseFullDisk, sumBytes } from './hubFiles'
import type { HubSettings } from './hubSettings'
import { readSnapshotFacts, writeCard } from './modelCard'
import { readModelFolder } from './modelFolder'
import { licenceOf } from './modelLicence'
import type { ModelLibrary } from './modelLibrary'
import { defaultModelId } from '../store/projectStore'
import { folderBytes } from './modelRegistry'
import { findModelObstacle } from './modelRemoval'
import { importedFolderId, importedModelId, runIdOfModel, type ModelsService } from './models'
import { readModelSizes } from './modelSizes'
import type { Picker } from './picker'

export interface ModelJobsDependencies {
  store: Store
  compute: Compute
  jobs: JobRunner
  models: ModelsService
  modelLibrary: ModelLibrary
  hub: HubSettings
  picker: Picker
  changes: ChangeBus
  resourcesDir: string
  /** For tests. */
  timing?: DownloadTiming
}

interface NewModel { name: string; source: string; licence: string | null }

export class ModelJobs {
  constructor(private readonly dependencies: ModelJobsDependencies) {}

  async listSizes(): Promise<ModelSize[]> {
    return readModelSizes(join(this.dependencies.resourcesDir, 'sizes'), await this.dependencies.modelLibrary.listTokenizers())
  }

  /** @throws AppError 'bad-input', 'no-network', 'not-found', 'unauthorised', 'bad-model' */
  async lookUp({ repository: text, revision }: { repository: string; revision: string }, signal = new AbortController().signal): Promise<HubOffer> {
    const repository = parseRepository(text)
    const model = await getHubModel(await this.dependencies.hub.access(), repository, revision, signal)
    const files = chooseFiles(model)
    return {
      repository, commit: model.commit, licence: model.licence, fileCount: files.length, totalBytes: sumBytes(files),
      presentBytes: await folderBytes(this.#downloadDir(model)),
    }
  }

  /** @throws AppError 'bad-input' for a name that cannot be one */
  pull({ repository: text, revision, name }: { repository: string; revision: string; name: string | null }): { jobId: number } {
    const repository = parseRepository(text)
    return this.#start('pull', `Pull ${repository}`, async (context) => {
      const { hub } = this.dependencies
      const access = await hub.access()
      context.enterPhase(`asking ${new URL(access.endpoint).host}`)
      const model = await getHubModel(access, repository, revision, context.signal)
      const files = chooseFiles(model)
      const totalBytes = sumBytes(files)
      context.log(`${repository} at ${model.commit.slice(0, 12)}: ${files.length} files, ${megabytes(totalBytes)}. Licence: ${model.licence ?? 'not stated'}.`)
      const downloadDir = this.#downloadDir(model)
      await mkdir(downloadDir, { recursive: true })
      await refuseFullDisk(downloadDir, 2 * totalBytes, 'The download and the model need')
      await fetchFiles(access, model, files.map((file) => ({ file, path: join(downloadDir, file.name) })), context, this.dependencies.timing)
      const added = await this.#add(downloadDir, { name: name ?? repository.split('/')[1]!, source: `${repository} at ${model.commit.slice(0, 12)}`, licence: model.licence }, context)
      await rm(downloadDir, { recursive: true, force: true })
      return `${added} Licence: ${model.licence ?? 'not stated'}.`
    })
  }

  import({ sourceToken, name }: { sourceToken: string; name: string | null }): { jobId: number } {
    const path = this.dependencies.picker.pathForToken(sourceToken)
    const title = basename(path)
    return this.#start('addModel', `Import ${title}`, (context) =>
      this.#add(path, { name: name ?? title.replace(/\.(safetensors|bin|pt|pth|ckpt)$/i, ''), source: `folder “${title}”`, licence: null }, context))
  }

  /** @throws AppError 'not-found', 'conflict' */
  async create({ sizeId, tokenizerId, name, seed }: { sizeId: string; tokenizerId: string | null; name: string | null; seed: number }): Promise<{ jobId: number }> {
    const { modelLibrary, compute } = this.dependencies
    const sizes = await this.listSizes()
    const size = sizes.find(({ id }) => id === sizeId)
    if (!size) throw new AppError('not-found', `There is no size “${sizeId}”.`, `Choose one of: ${sizes.map(({ id }) => id).join(', ')}.`)
    const chosenId = tokenizerId ?? size.tokenizerId
    const tokenizerDir = chosenId === null ? undefined : (await modelLibrary.tokenizerDirs())[chosenId]
    if (chosenId === null || tokenizerDir === undefined) {
      throw new AppError('not-found', chosenId === null ? `The size ${size.name} needs an image tokenizer with ${size.imageTokenCount} of ${size.codebookSize} codes; none is installed.` : `There is no image tokenizer “${chosenId}”.`,
        size.tokenizerRepository ? `Pull ${size.tokenizerRepository} first: in the Models view, or with fuselip models pull.` : 'Choose one of the installed tokenizers.')
    }
    return this.#start('addModel', `Make a ${size.name.toLowerCase()} model`, async (context) => {
      context.enterPhase('drawing random weights')
      const { folderId, record } = await this.#reserve({ name: name ?? `${size.name} from scratch`, source: `random weights, seed ${seed}`, licence: null })
      const { width, headCount, layerCount, contextLength } = size
      const { parameterCount } = await this.#orRemove(folderId, () => compute.call('createModel', {
        size: { width, headCount, layerCount, contextLength }, tokenizerId: chosenId, tokenizerDir, modelDir: modelLibrary.modelDir(folderId), seed, record,
      }, { signal: context.signal }))
      return `${importedModelId(folderId)}: ${parameterCount.toLocaleString('en')} parameters from random weights.`
    })
  }

  /** @throws AppError 'not-found', 'conflict' */
  async export(input: { modelId: string; folderToken: string; folderName: string; forms: ExportForm[]; halfPrecision: boolean; licence: string | null }): Promise<{ jobId: number }> {
    const { models, picker, compute } = this.dependencies
    const outputDir = join(picker.pathForToken(input.folderToken), input.folderName)
    const model = await models.resolve(input.modelId)
    const forms = [...new Set(input.forms)]
    return this.#start('export', `Export ${model.name}`, async (context) => {
      context.enterPhase('collecting what is known of the model')
      const licence = input.licence ?? (await licenceOf(this.dependencies, model.id)) ?? 'unknown'
      const card = await this.#card(model.id, licence, forms, input.halfPrecision)
      const { files } = await compute.call('exportModel', {
        modelDir: model.dir, tokenizerDir: model.tokenizerDir, outputDir, forms, halfPrecision: input.halfPrecision, name: model.name, licence, card,
      }, { signal: context.signal, onEvent: ({ phase, done, total }) => { context.enterPhase(phase, total); context.report(done, total) } })
      for (const file of files) context.log(`${file.name}: ${megabytes(file.bytes)}`)
      return `${files.length} files, ${megabytes(files.reduce((sum, { bytes }) => sum + bytes, 0))}, in ${outputDir}`
    })
  }

  /** A tuned model is called after its run. @throws AppError 'bad-input', 'not-found' */
  async rename({ modelId, name }: { modelId: string; name: string }): Promise<Record<string, never>> {
    const { store, modelLibrary, changes } = this.dependencies
    const runId = runIdOfModel(modelId)
    if (runId === null) await modelLibrary.annotate(await this.#importedFolder(modelId), { name })
    else {
      store.runs.get(runId)
      store.runs.update(runId, { name })
      changes.publish({ topic: 'run', runId })
    }
    changes.publish({ topic: 'models' })
    return {}
  }

  /** @throws AppError 'conflict' while a run needs it */
  async remove({ modelId }: { modelId: string }): Promise<Record<string, never>> {
    const { store, modelLibrary, changes } = this.dependencies
    const folderId = await this.#importedFolder(modelId)
    const obstacle = findModelObstacle(store, modelId)
    if (obstacle) throw obstacle
    store.transaction(() => {
      if (store.project.get().currentModelId === modelId) store.project.setCurrentModel(defaultModelId)
      store.embeddings.removeModel(modelId)
      store.evaluations.removeModel(modelId)
      store.attention.removeModel(modelId)
    })
    await modelLibrary.remove(folderId)
    for (const topic of ['models', 'project'] as const) changes.publish({ topic })
    return {}
  }

  /** One per commit, so that a download goes on only with files of the same state. */
  #downloadDir({ repository, commit }: HubRepository): string {
    return join(this.dependencies.modelLibrary.downloadsDir, `${repository.replace('/', '--')}-${commit.slice(0, 12)}`)
  }

  async #importedFolder(modelId: string): Promise<string> {
    const folderId = importedFolderId(modelId)
    if (folderId === null) throw new AppError('bad-input', 'Only imported models can be changed here.', runIdOfModel(modelId) === null ? 'Bundled models come with the studio.' : 'A tuned model belongs to its run: delete the run.')
    await this.dependencies.models.resolve(modelId)
    return folderId
  }

  #start(kind: 'pull' | 'addModel' | 'export', title: string, work: (context: JobContext) => Promise<string>): { jobId: number } {
    const { jobs, changes } = this.dependencies
    const job = jobs.start({ kind, title }, async (context) => {
      const summary = await work(context)
      if (kind !== 'export') changes.publish({ topic: 'models' })
      return summary
    })
    return { jobId: job.id }
  }

  async #reserve(model: NewModel): Promise<{ folderId: string; record: Record<string, unknown> }> {
    return { folderId: await this.dependencies.modelLibrary.reserve(model.name), record: { ...model, addedAtMs: Date.now() } }
  }

  /** A folder that was reserved for nothing is taken away again. */
  async #orRemove<T>(folderId: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (thrown) {
      await this.dependencies.modelLibrary.remove(folderId)
      throw thrown
    }
  }

  async #add(sourcePath: string, model: NewModel, context: JobContext): Promise<string> {
    const { modelLibrary, compute } = this.dependencies
    const { folderId, record } = await this.#reserve(model)
    return this.#orRemove(folderId, async () => {
      const result = await compute.call('importModel', {
        sourcePath, modelDir: modelLibrary.modelDir(folderId), tokenizersDir: modelLibrary.tokenizersDir, knownTokenizers: await modelLibrary.tokenizerDirs(), record,
      }, { signal: context.signal, onEvent: ({ phase, done, total }) => { context.enterPhase(phase, total); context.report(done, total) } })
      if (result.kind === 'tokenizer') {
        await modelLibrary.remove(folderId)
        return `Image tokenizer ${result.tokenizerId}.`
      }
      return `${importedModelId(folderId)}: ${result.parameterCount.toLocaleString('en')} parameters, image tokenizer ${result.tokenizerId}.`
    })
  }

  async #card(modelId: string, licence: string, forms: ExportForm[], halfPrecision: boolean): Promise<string> {
    const { models, store } = this.dependencies
    const model = await models.resolve(modelId)
    const folder = await readModelFolder(model.dir)
    const run = model.runId === null ? null : store.runs.get(model.runId)
    const listed = (await models.list()).find(({ id }) => id === modelId)
    return writeCard({
      name: model.name, modelId, licence, parameterCount: folder.parameterCount, width: folder.config.width, layerCount: folder.config.layerCount,
      tokenizerId: model.tokenizerId, ownCard: run ? null : folder.card, source: listed?.source ?? null, run,
      baseName: run ? await models.resolve(run.baseModelId).then(({ name }) => name, () => null) : null,
      snapshot: run ? await readSnapshotFacts(store.files.runDir(run.id)) : null,
      evaluations: store.evaluations.list().filter((evaluation) => evaluation.modelId === modelId),
      forms, halfPrecision,
    })
  }
}
