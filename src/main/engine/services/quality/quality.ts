// The quality of the data set: starts checks, tells what they found, and mends it through the history.
import type { DuplicateKind, Cluster, Finding, KeepRule, PictureFacts, QualitySummary } from '../../../../shared/contract/quality'
import type { History } from '../../../../shared/contract/pairs'
import { AppError } from '../../../../shared/errors'
import { findingKindNames, findingKindOf, type FindingKind } from '../../../../shared/quality/findingKinds'
import { measureVersion } from '../../compute/quality/measurePicture'
import type { Compute } from '../../compute/thread/client'
import type { DeviceChoice } from '../../compute/thread/protocol'
import type { JobRunner } from '../../jobs/runner'
import type { RowChange } from '../../store/historyStore'
import type { Store } from '../../store/openStore'
import type { ChangeBus } from '../changes'
import { editLabel } from '../editLabel'
import type { EmbeddingJobs } from '../embeddingJobs'
import type { ImagesService } from '../images'
import type { ModelsService, UsableModel } from '../models'
import { publishEdit } from '../pairs'
import { mendRow } from './mendTexts'
import { splitCluster, type SplitCluster } from './resolveDuplicates'
import { findAnew, runCheck } from './runCheck'

export interface QualityDependencies {
  store: Store
  compute: Compute
  jobs: JobRunner
  images: ImagesService
  models: ModelsService
  embeddingJobs: EmbeddingJobs
  changes: ChangeBus
  getDevice: () => DeviceChoice
}

interface Resolution {
  kind: DuplicateKind
  clusterIds: number[] | null
  keep: KeepRule
  keepPairId: number | null
}

interface Changed {
  changedCount: number
  history: History
}

const duplicateTag = 'duplicate'

export class QualityService {
  constructor(private readonly dependencies: QualityDependencies) {}

  async check({ embed }: { embed: boolean }): Promise<{ jobId: number }> {
    const { store, compute, jobs, images, embeddingJobs, changes, getDevice } = this.dependencies
    // Jobs that compute wait for each other, so the check sees the vectors.
    if (embed) await embeddingJobs.refresh({ modelId: null })
    const job = jobs.start({ kind: 'check', title: 'Check quality' }, async (context) => {
      const summary = await runCheck({ store, compute, images, model: await this.#currentModel(), device: getDevice() }, context)
      // A filter by finding shows other pairs now.
      for (const topic of ['quality', 'pairs'] as const) changes.publish({ topic })
      return summary
    })
    return { jobId: job.id }
  }

  getSummary(): QualitySummary {
    const { store } = this.dependencies
    const { checkedAtMs, revision, figures, thresholds } = store.findings.getState()
    return {
      checkedAtMs, thresholds,
      changedPairCount: checkedAtMs === null ? 0 : store.findings.countChangedSince(revision),
      pairCount: figures.pairCount, pictureCount: figures.pictureCount, scoredPairCount: figures.scoredPairCount, language: figures.language,
      unmeasuredPictureCount: store.measures.listUnmeasured(measureVersion).length,
      counts: findingKindNames.map((kind) => ({ kind, ...store.findings.countByKind(kind) })),
      histograms: Object.entries(figures.histograms).map(([kind, counts]) => ({ kind: kind as FindingKind, counts: [...counts] })),
    }
  }

  listFindings({ kind, isDismissed, offset, limit }: { kind: FindingKind; isDismissed: boolean; offset: number; limit: number }): { findings: Finding[]; total: number } {
    const { store } = this.dependencies
    const rows = store.findings.list(kind, isDismissed, offset, limit)
    const pairs = new Map(store.pairs.getMany([...new Set(rows.flatMap(({ pairId, relatedPairId }) => (relatedPairId === null ? [pairId] : [pairId, relatedPairId])))]).map((pair) => [pair.id, pair]))
    const { openCount, dismissedCount } = store.findings.countByKind(kind)
    return {
      findings: rows.map(({ pairId, relatedPairId, value, detail, clusterId }) => ({
        kind, pair: pairs.get(pairId)!, value, detail, related: relatedPairId === null ? null : (pairs.get(relatedPairId) ?? null), clusterId, isDismissed,
      })),
      total: isDismissed ? dismissedCount : openCount,
    }
  }

  listClusters({ kind, keep, offset, limit }: { kind: DuplicateKind; keep: KeepRule; offset: number; limit: number }): { clusters: Cluster[]; total: number } {
    const { store } = this.dependencies
    const members = store.findings.listMembers(kind, store.findings.listClusterIds(kind, offset, limit))
    const clusters = [...members].map(([clusterId, rows]): Cluster => {
      const details = new Map(rows.map(({ pairId, detail }) => [pairId, detail]))
      const { kept, others } = this.#split(kind, rows.map(({ pairId }) => pairId), keep, null)
      const pairs = [...kept, ...others]
      return { clusterId, pairs, details: pairs.map(({ id }) => details.get(id) ?? ''), pictures: this.#pictureFacts(pairs.flatMap(({ left, right }) => [left.imageId, right.imageId])) }
    })
    return { clusters, total: store.findings.countClusters(kind) }
  }

  async setThreshold({ kind, value }: { kind: FindingKind; value: number }): Promise<QualitySummary> {
    const { store, changes } = this.dependencies
    const threshold = findingKindOf(kind).threshold
    if (threshold === undefined) throw new AppError('bad-input', `Findings of the kind “${kind}” are not decided by a number.`, 'Choose a kind with a plot.')
    if (value < threshold.minimum || value > threshold.maximum) {
      throw new AppError('bad-input', `Expected a threshold of ${threshold.minimum} to ${threshold.maximum} for “${kind}”, got ${value}.`, 'Choose a value inside the plot.')
    }
    const { checkId, thresholds } = store.findings.getState()
    store.findings.setThresholds({ ...thresholds, [kind]: value })
    await findAnew(store, checkId, [kind])
    for (const topic of ['quality', 'pairs'] as const) changes.publish({ topic })
    return this.getSummary()
  }

  dismiss({ kind, pairIds, isDismissed }: { kind: FindingKind; pairIds: number[] | null; isDismissed: boolean }): Changed {
    const { store, changes } = this.dependencies
    const ids = store.findings.listDecided(kind, pairIds ?? store.findings.listOpenPairIds(kind), !isDismissed)
    const verb = isDismissed ? 'dismiss' : 'restore'
    if (ids.length) store.history.edit(`${verb} “${findingKindOf(kind).label.toLowerCase()}” of ${ids.length} ${ids.length === 1 ? 'pair' : 'pairs'}`, [{ kind: 'dismissal', finding: kind, pairIds: ids, before: !isDismissed, after: isDismissed }])
    for (const topic of ['quality', 'pairs'] as const) changes.publish({ topic })
    return { changedCount: ids.length, history: store.history.get() }
  }

  countResolution(resolution: Resolution): { clusterCount: number; keptCount: number; otherCount: number } {
    const splits = this.#splits(resolution)
    return { clusterCount: splits.length, keptCount: sum(splits, ({ kept }) => kept.length), otherCount: sum(splits, ({ others }) => others.length) }
  }

  resolveDuplicates({ act, mergeTags, ...resolution }: Resolution & { act: 'reject' | 'tag'; mergeTags: boolean }): Changed {
    const { store } = this.dependencies
    const splits = this.#splits(resolution)
    const rows = store.pairs.getRows(splits.flatMap(({ kept, others }) => [...kept, ...others].map(({ id }) => id)))
    const changes: RowChange[] = []
    for (const { kept, others } of splits) {
      for (const { id, status } of others) {
        const { tags } = rows.get(id)!
        if (act === 'reject' && status !== 'rejected') changes.push({ kind: 'pair', id, before: { status }, after: { status: 'rejected' } })
        if (act === 'tag' && !tags.includes(duplicateTag)) changes.push({ kind: 'pair', id, before: { tags }, after: { tags: [...tags, duplicateTag] } })
      }
      const best = kept[0]
      if (!mergeTags || best === undefined) continue
      const merged = [...new Set([...best.tags, ...others.flatMap(({ tags }) => tags.filter((tag) => tag !== duplicateTag))])]
      if (merged.length > best.tags.length) changes.push({ kind: 'pair', id: best.id, before: { tags: best.tags }, after: { tags: merged } })
    }
    return this.#edit(editLabel(act === 'reject' ? 'keep the best and reject' : 'keep the best and tag', changes.length), changes)
  }

  async mendTexts({ kind, pairIds, act }: { kind: FindingKind; pairIds: number[] | null; act: 'trim' | 'clear' }): Promise<Changed> {
    const { store, compute } = this.dependencies
    const model = await this.#currentModel()
    if (model === null) throw new AppError('not-found', 'The current model is gone, so the length of its context is not known.', 'Choose another current model.')
    const limits = await compute.call('describeModel', { modelDir: model.dir })
    const open = new Set(store.findings.listOpenPairIds(kind))
    const ids = pairIds?.filter((pairId) => open.has(pairId)) ?? [...open]
    const changes: RowChange[] = []
    for (const [id, row] of store.pairs.getRows(ids)) {
      const mended = mendRow(row, act, limits)
      if (mended) changes.push({ kind: 'pair', id, before: mended[0], after: mended[1] })
    }
    return this.#edit(editLabel(act === 'trim' ? 'trim the texts of' : 'clear texts of', changes.length), changes)
  }

  #edit(label: string, changes: readonly RowChange[]): Changed {
    const { store } = this.dependencies
    const { pairIds } = store.history.edit(label, changes)
    if (pairIds.length) publishEdit(this.dependencies.changes)
    return { changedCount: pairIds.length, history: store.history.get() }
  }

  #splits({ kind, clusterIds, keep, keepPairId }: Resolution): SplitCluster[] {
    const { store } = this.dependencies
    const members = store.findings.listMembers(kind, clusterIds ?? store.findings.listClusterIds(kind))
    return [...members.values()].filter((rows) => rows.length > 1).map((rows) => this.#split(kind, rows.map(({ pairId }) => pairId), keep, keepPairId))
  }

  #split(kind: DuplicateKind, pairIds: readonly number[], keep: KeepRule, keepPairId: number | null): SplitCluster {
    const { store } = this.dependencies
    const pairs = store.pairs.getMany(pairIds)
    const images = new Map(store.images.getMany(present(pairs.flatMap(({ left, right }) => [left.imageId, right.imageId]))).map((image) => [image.id, image]))
    return splitCluster(pairs, keep, images, keepPairId, kind === 'exact-duplicate')
  }

  #pictureFacts(imageIds: readonly (number | null)[]): PictureFacts[] {
    const { store } = this.dependencies
    const ids = present(imageIds)
    const sharpness = store.measures.sharpnessOf(ids)
    return store.images.getMany(ids).map(({ id, widthPx, heightPx, byteCount, format, sourceName }) => ({ imageId: id, widthPx, heightPx, byteCount, format, sourceName, sharpness: sharpness.get(id) ?? null }))
  }

  async #currentModel(): Promise<UsableModel | null> {
    return this.dependencies.models.resolve(this.dependencies.store.project.get().currentModelId).catch(() => null)
  }
}

const present = (ids: readonly (number | null)[]): number[] => [...new Set(ids.filter((id) => id !== null))]
const sum = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((total, item) => total + of(item), 0)
