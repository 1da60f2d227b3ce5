// Which models there are, and where: bundled ones below resources/models, those of the library, and the best and last
// checkpoint of each run.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Model } from '../../../shared/contract/entities'
import { AppError } from '../../../shared/errors'
import { defaultModelId } from '../store/projectStore'
import { isModelFolder, readModelFolder, type ModelFolder } from './modelFolder'
import type { ModelLibrary } from './modelLibrary'

/** Ids and names that people see differ from folder names only for the bundled models. */
const bundledModels: Record<string, { id: string; name: string }> = { 'nano-fuselip': { id: defaultModelId, name: 'Nano FuseLIP' } }

/** A model that can be put to work. */
export interface UsableModel {
  id: string
  name: string
  dir: string
  /** Names the model and the state of its weights, for caches. */
  cacheId: string
  tokenizerId: string
  tokenizerDir: string
  /** Null where it is not known, as for tuned models: theirs is that of their base. */
  licence: string | null
  /** The run that left it behind. */
  runId: number | null
}

export interface RunModelSource {
  list(): { id: number; name: string; step: number }[]
  runDir(runId: number): string
}

interface Entry {
  id: string
  name: string
  kind: Model['kind']
  runId: number | null
  step: number | null
  folder: ModelFolder
  licence: string | null
  source: string | null
}

const importedPrefix = 'imported:'
export const importedModelId = (folderId: string): string => `${importedPrefix}${folderId}`
/** Folder of an imported model in the library; null for models of other kinds. */
export const importedFolderId = (modelId: string): string | null => (modelId.startsWith(importedPrefix) ? modelId.slice(importedPrefix.length) : null)

/** The run that a tuned model belongs to; null for models of other kinds. */
export function runIdOfModel(modelId: string): number | null {
  const match = /^run:(\d+):(?:best|last)$/.exec(modelId)
  return match ? Number(match[1]) : null
}

export class ModelsService {
  readonly #modelsDir: string
  readonly #modelLibrary: ModelLibrary
  readonly #runs: RunModelSource

  constructor(resourcesDir: string, modelLibrary: ModelLibrary, runs: RunModelSource) {
    this.#modelsDir = join(resourcesDir, 'models')
    this.#modelLibrary = modelLibrary
    this.#runs = runs
  }

  /** Bundled models first, then imported ones, then the newest run first. A folder that cannot be read is left out: its run still shows it. */
  async list(): Promise<Model[]> {
    const bundled = await Promise.all(Object.values(bundledModels).map(({ id }) => this.#find(id)))
    const tuned = await Promise.all(this.#runs.list().flatMap((run) => [`run:${run.id}:best`, `run:${run.id}:last`]).map((id) => this.#find(id)))
    const imported = await Promise.all((await this.#modelLibrary.listIds()).map((id) => this.#find(importedModelId(id)).catch(() => null)))
    return [...bundled, ...imported, ...tuned].filter((entry) => entry !== null).map(toModel)
  }

  /** @throws AppError 'not-found', 'bad-model' */
  async resolve(modelId: string): Promise<UsableModel> {
    const entry = await this.#find(modelId)
    if (!entry) {
      throw new AppError('not-found', `There is no model “${modelId}”.`, 'Choose one of the models in the list; a run has one after its first checkpoint.')
    }
    const { folder } = entry
    return {
      id: entry.id,
      name: entry.name,
      dir: folder.dir,
      cacheId: `${entry.id}@${folder.weightsTag}${folder.config.repairsText ? '-repaired' : ''}`,
      licence: entry.licence,
      runId: entry.runId,
      tokenizerId: folder.config.imageTokenizer,
      tokenizerDir: await this.#modelLibrary.tokenizerDir(folder.config.imageTokenizer),
    }
  }

  async #find(modelId: string): Promise<Entry | null> {
    for (const [folderName, { id, name }] of Object.entries(bundledModels)) {
      if (id !== modelId) continue
      const dir = join(this.#modelsDir, folderName)
      return (await isModelFolder(dir)) ? { id, name, kind: 'bundled', runId: null, step: null, folder: await readModelFolder(dir), licence: 'MIT', source: null } : null
    }
    const folderId = importedFolderId(modelId)
    if (folderId !== null) return this.#findImported(modelId, folderId)
    const match = /^run:(\d+):(best|last)$/.exec(modelId)
    const run = match && this.#runs.list().find((candidate) => candidate.id === Number(match[1]))
    if (!match || !run) return null
    const which = match[2] as 'best' | 'last'
    const dir = which === 'best' ? join(this.#runs.runDir(run.id), 'checkpoints', 'best') : await lastCheckpointDir(this.#runs.runDir(run.id))
    if (!dir || !(await isModelFolder(dir))) return null
    const folder = await readModelFolder(dir)
    return { id: modelId, name: `${run.name} · ${which}`, kind: 'tuned', runId: run.id, step: folder.config.training?.step ?? stepOfFolder(dir), folder, licence: null, source: null }
  }

  async #findImported(modelId: string, folderId: string): Promise<Entry | null> {
    const dir = this.#modelLibrary.modelDir(folderId)
    if (!(await isModelFolder(dir))) return null
    const [folder, { name, licence, source }] = await Promise.all([readModelFolder(dir), this.#modelLibrary.record(dir)])
    return { id: modelId, name: name ?? folderId, kind: 'imported', runId: null, step: null, folder, licence, source }
  }
}

/** Steps of the checkpoints of a run on disk, ascending. */
export async function listCheckpointSteps(runDir: string): Promise<number[]> {
  const names = await readdir(join(runDir, 'checkpoints')).catch(() => [])
  return names.map(stepOfFolder).filter((step) => step !== null).sort((a, b) => a - b)
}

async function lastCheckpointDir(runDir: string): Promise<string | null> {
  const step = (await listCheckpointSteps(runDir)).at(-1)
  return step === undefined ? null : join(runDir, 'checkpoints', `step-${String(step).padStart(6, '0')}`)
}

function stepOfFolder(path: string): number | null {
  const match = /(?:^|[\\/])step-(\d{6,})$/.exec(path)
  return match ? Number(match[1]) : null
}

function toModel({ id, name, kind, runId, step, folder, licence, source }: Entry): Model {
  const { config } = folder
  return {
    id, name, kind, runId, step,
    parameterCount: folder.parameterCount,
    widthCount: config.width,
    layerCount: config.layerCount,
    imageTokenizerId: config.imageTokenizer,
    createdAtMs: folder.createdAtMs,
    card: folder.card,
    sizeBytes: folder.sizeBytes,
    licence, source,
  }
}
