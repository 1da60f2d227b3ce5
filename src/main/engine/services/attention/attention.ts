// Which pairs deserve a look first. A person asks for the measurement; after that it learns by itself from new decisions.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { neededDecisions, type AttentionState, type DecisionFigures, type PairAttention, type ReviewProgress } from '../../../../shared/contract/attention'
import { featureCount } from '../../compute/attention/pairFeatures'
import type { DecisionModel } from '../../compute/attention/decisionModel'
import type { JobContext, JobRunner } from '../../jobs/runner'
import type { ChangeBus } from '../changes'
import type { ModelsService, UsableModel } from '../models'
import { eachPage, embedPage, measureAttention, predictPage, type Measurer } from './measureAttention'
import { summariseProgress } from './reviewProgress'

export interface AttentionDependencies extends Measurer {
  jobs: JobRunner
  models: ModelsService
  changes: ChangeBus
}

/** Numbers in the table of examples; a fit then takes well below a second. */
const mostExampleNumbers = 1_500_000
/** Learns again after this many new decisions, or this share of those before, so that the work stays in proportion. */
const learnAfter = 10
const learnAfterShare = 0.1
/** A person who decides quickly is not interrupted in between. */
const quietMs = 1500

export class AttentionService {
  readonly #dependencies: AttentionDependencies
  readonly #unsubscribe: () => void
  #timer: NodeJS.Timeout | null = null
  #jobId: number | null = null

  constructor(dependencies: AttentionDependencies) {
    this.#dependencies = dependencies
    this.#unsubscribe = dependencies.changes.subscribe(({ topic }) => { if (topic === 'pairs') this.#onDecisions() })
  }

  async get(): Promise<AttentionState> {
    const { store, jobs, models } = this.#dependencies
    const state = store.attention.getState()
    const { accepted, rejected } = store.attention.countDecisions()
    const current = await models.resolve(store.project.get().currentModelId)
    return {
      measuredAtMs: state?.measuredAtMs ?? null, modelId: state?.modelId ?? null, otherModelId: state?.otherModelId ?? null, clusterCount: state?.clusterCount ?? 0,
      unmeasuredCount: store.attention.countUnmeasured(),
      isOutdated: state !== null && state.cacheId !== current.cacheId,
      acceptedCount: accepted, rejectedCount: rejected,
      learned: state?.figures ? (JSON.parse(state.figures) as DecisionFigures) : null,
      jobId: jobs.listOpen().find(({ id }) => id === this.#jobId)?.id ?? null,
    }
  }

  async list(ids: readonly number[]): Promise<PairAttention[]> {
    const { store, models } = this.#dependencies
    const otherModelId = store.attention.getState()?.otherModelId
    // A second model that was deleted has no scores any more.
    const other = otherModelId ? await models.resolve(otherModelId).catch(() => null) : null
    return store.attention.getMany(ids, other?.cacheId ?? null)
  }

  getProgress(): ReviewProgress {
    return summariseProgress(this.#dependencies.store, Date.now())
  }

  /** @throws AppError 'not-found', 'bad-model' */
  async refresh({ otherModelId }: { otherModelId: string | null }): Promise<{ jobId: number }> {
    const { store, jobs, models } = this.#dependencies
    const model = await models.resolve(store.project.get().currentModelId)
    const other = otherModelId === null || otherModelId === model.id ? null : await models.resolve(otherModelId)
    const before = jobs.listOpen().find(({ id }) => id === this.#jobId)
    if (before) jobs.cancel(before.id)
    const job = jobs.start({ kind: 'attend', title: 'Find what deserves attention' }, (context) => this.#measure(model, other, context))
    this.#jobId = job.id
    return { jobId: job.id }
  }

  dispose(): void {
    this.#unsubscribe()
    if (this.#timer) clearTimeout(this.#timer)
  }

  async #measure(model: UsableModel, other: UsableModel | null, context: JobContext): Promise<string> {
    const { store, changes } = this.#dependencies
    const learned = await this.#learn(model, context)
    const { pairCount, clusterCount } = await measureAttention(this.#dependencies, { model, other, learned: learned?.model ?? null }, context)
    store.attention.setState({
      modelId: model.id, cacheId: model.cacheId, otherModelId: other?.id ?? null, clusterCount, measuredAtMs: Date.now(),
      learnedCount: learned?.totalCount ?? null, figures: learned ? JSON.stringify(learned.figures) : null,
    })
    changes.publish({ topic: 'attention' })
    const parts = [`${pairCount.toLocaleString('en')} pairs measured in ${clusterCount} clusters`, ...(learned ? [`learned from ${learned.figures.decisionCount} decisions`] : [])]
    return parts.join(', ')
  }

  /** Null while there are too few decisions of either kind. */
  async #learn(model: UsableModel, context: JobContext): Promise<{ model: DecisionModel; figures: DecisionFigures; totalCount: number } | null> {
    const { store, compute } = this.#dependencies
    const { accepted, rejected } = store.attention.countDecisions()
    if (Math.min(accepted, rejected) < neededDecisions) return null
    context.enterPhase('learning from decisions')
    const width = await this.#widthOf(model)
    const page = await embedPage(this.#dependencies, model, store.attention.listDecided(Math.floor(mostExampleNumbers / featureCount(width))), context)
    const labels = Uint8Array.from(page.pairs, ({ isAccepted }) => (isAccepted ? 1 : 0))
    const acceptedCount = labels.reduce((sum, label) => sum + label, 0)
    if (Math.min(acceptedCount, labels.length - acceptedCount) < neededDecisions) return null
    const { model: learned, figures: { strength: _, ...figures } } = await compute.call('learnDecisions', { left: page.left, right: page.right, width: page.width, labels }, { signal: context.signal })
    return { model: learned, figures, totalCount: accepted + rejected }
  }

  async #widthOf({ dir }: UsableModel): Promise<number> {
    return (await this.#dependencies.compute.call('describeModel', { modelDir: dir })).width
  }

  #onDecisions(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#learnAgain().catch(() => undefined), quietMs)
    this.#timer.unref()
  }

  /** Only beside nothing else: what is measured can wait until the device is free. */
  async #learnAgain(): Promise<void> {
    const { store, jobs, models } = this.#dependencies
    const state = store.attention.getState()
    if (state === null || jobs.listOpen().length > 0) return
    const { accepted, rejected } = store.attention.countDecisions()
    const before = state.learnedCount ?? 0
    if (Math.min(accepted, rejected) < neededDecisions) return
    if (Math.abs(accepted + rejected - before) < Math.max(learnAfter, before * learnAfterShare)) return
    const model = await models.resolve(state.modelId)
    if (model.cacheId !== state.cacheId) return
    const job = jobs.start({ kind: 'attend', title: 'Learn from your decisions' }, (context) => this.#renewChances(model, context))
    this.#jobId = job.id
  }

  async #renewChances(model: UsableModel, context: JobContext): Promise<string> {
    const { store, changes } = this.#dependencies
    const learned = await this.#learn(model, context)
    if (!learned) return 'Too few decisions of either kind'
    context.enterPhase('measuring pairs', store.project.counts().pairCount)
    for await (const page of eachPage(this.#dependencies, model, context)) {
      const chances = await predictPage(this.#dependencies, learned.model, page, context.signal)
      store.attention.writeChances(page.pairs.map(({ id }, row) => ({ pairId: id, acceptProbability: chances && Math.round(chances[row]! * 10_000) / 10_000 })))
      await nextTurn()
    }
    store.attention.setLearned(learned.totalCount, JSON.stringify(learned.figures))
    changes.publish({ topic: 'attention' })
    return `Learned from ${learned.figures.decisionCount} decisions`
  }
}
