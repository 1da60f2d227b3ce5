// What is known about a model beside its weights: notes, disk use, what it came from, and what stands in the way of
// deleting it.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Lineage, LineageRun, ModelDetails } from '../../../shared/contract/models'
import type { Store } from '../store/openStore'
import type { ChangeBus } from './changes'
import { readSnapshotFacts, type SnapshotFacts } from './modelCard'
import type { ModelLibrary } from './modelLibrary'
import { findModelObstacle, modelIdsOfRun } from './modelRemoval'
import { importedFolderId, importedModelId, type ModelsService } from './models'

export interface ModelRegistryDependencies {
  store: Store
  models: ModelsService
  modelLibrary: ModelLibrary
  changes: ChangeBus
}

/** Points of the small curve that stands for a run. */
const curvePointCount = 40

export class ModelRegistry {
  /** Snapshots are never changed after mining, but they are large; the time of the file says whether one is still the same. */
  readonly #snapshots = new Map<number, { writtenAtMs: number; facts: SnapshotFacts | null }>()

  constructor(private readonly dependencies: ModelRegistryDependencies) {}

  /** @throws AppError 'not-found', 'bad-model' */
  async getDetails({ modelId }: { modelId: string }): Promise<ModelDetails> {
    const { store, models } = this.dependencies
    const { dir } = await models.resolve(modelId)
    const { count, byteCount } = store.embeddings.measure(modelId)
    const obstacle = findModelObstacle(store, modelId)
    return {
      modelId,
      notes: await this.#notes(modelId),
      folderBytes: await folderBytes(dir),
      cachedVectorCount: count,
      cacheBytes: byteCount,
      obstacle: obstacle === null ? null : obstacle.toJson(),
    }
  }

  /** @throws AppError 'not-found', 'disk-full' */
  async setNotes({ modelId, notes: text }: { modelId: string; notes: string }): Promise<Record<string, never>> {
    const { store, models, modelLibrary, changes } = this.dependencies
    await models.resolve(modelId)
    const notes = text.trim()
    const folderId = importedFolderId(modelId)
    if (folderId === null) store.modelNotes.set(modelId, notes)
    else await modelLibrary.annotate(folderId, { notes })
    changes.publish({ topic: 'models' })
    return {}
  }

  /** Runs with their data, and the models that were made of other models. Newest run first. */
  async getLineage(): Promise<Lineage> {
    const { store, models, modelLibrary } = this.dependencies
    const listed = new Set((await models.list()).map(({ id }) => id))
    const blends = await Promise.all((await modelLibrary.listIds()).map(async (folderId) => {
      const { parents } = await modelLibrary.record(modelLibrary.modelDir(folderId))
      return { modelId: importedModelId(folderId), parents: parents ?? [] }
    }))
    const runs = await Promise.all(store.runs.list().map(async (run): Promise<LineageRun> => ({
      runId: run.id, name: run.name, state: run.state, baseModelId: run.baseModelId, step: run.step,
      modelIds: modelIdsOfRun(run.id).filter((id) => listed.has(id)),
      snapshot: await this.#snapshot(run.id),
      losses: store.runs.sampleLosses(run.id, curvePointCount),
    })))
    return { runs, blends: blends.filter(({ modelId, parents }) => parents.length > 0 && listed.has(modelId)) }
  }

  async #notes(modelId: string): Promise<string> {
    const { store, modelLibrary } = this.dependencies
    const folderId = importedFolderId(modelId)
    return folderId === null ? store.modelNotes.get(modelId) : ((await modelLibrary.record(modelLibrary.modelDir(folderId))).notes ?? '')
  }

  async #snapshot(runId: number): Promise<SnapshotFacts | null> {
    const runDir = this.dependencies.store.files.runDir(runId)
    const writtenAtMs = await stat(join(runDir, 'snapshot.json')).then(({ mtimeMs }) => mtimeMs, () => 0)
    const known = this.#snapshots.get(runId)
    if (known?.writtenAtMs === writtenAtMs) return known.facts
    const facts = await readSnapshotFacts(runDir)
    this.#snapshots.set(runId, { writtenAtMs, facts })
    return facts
  }
}

/** Of all files below a folder; what vanishes meanwhile counts nothing. */
export async function folderBytes(dir: string): Promise<number> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => [])
  const sizes = await Promise.all(entries.filter((entry) => entry.isFile()).map((entry) => stat(join(entry.parentPath, entry.name)).then(({ size }) => size, () => 0)))
  return sizes.reduce((sum, size) => sum + size, 0)
}
