// Embeds a whole project with a model ahead of need. Pictures are never decoded where their tokens are cached, so a new
// checkpoint costs only the transformer; pairs are taken page by page, so memory does not grow with the project.
import type { Pair } from '../../../shared/contract/entities'
import { filterOf } from '../../../shared/filter/writeFilter'
import type { JobContext, JobRunner } from '../jobs/runner'
import type { Store } from '../store/openStore'
import type { ChangeBus } from './changes'
import type { EmbeddingsService } from './embeddings'
import type { ModelsService, UsableModel } from './models'
import { dotOfRow } from './negatives'
import { silentWork } from './tokens'

export interface EmbeddingJobsDependencies {
  store: Store
  jobs: JobRunner
  models: ModelsService
  embeddings: EmbeddingsService
  changes: ChangeBus
}

/** Pairs in memory at a time: a few thousand vectors. */
const pageSize = 1024

export class EmbeddingJobs {
  /** The job that the last choice of a model started. */
  #chosenJobId: number | null = null

  constructor(private readonly dependencies: EmbeddingJobsDependencies) {}

  /** @throws AppError 'not-found', 'bad-model' */
  async refresh({ modelId }: { modelId: string | null }): Promise<{ jobId: number }> {
    const { store, jobs, models } = this.dependencies
    const model = await models.resolve(modelId ?? store.project.get().currentModelId)
    const job = jobs.start({ kind: 'embed', title: `Embed pairs with ${model.name}` }, (context) => this.embedAll(model, context))
    return { jobId: job.id }
  }

  /**
   * A model that becomes the current one is put to work at once where every picture is tokenized. Where pictures would have to
   * be decoded it waits until somebody asks for it, because that can take hours.
   */
  async onModelChosen(modelId: string): Promise<void> {
    const { store, jobs, models } = this.dependencies
    const { tokenizerId } = await models.resolve(modelId)
    const before = jobs.listOpen().find(({ id }) => id === this.#chosenJobId)
    if (before) jobs.cancel(before.id)
    const { pairCount } = store.project.counts()
    if (pairCount > 0 && store.tokens.listMissingImageIds(tokenizerId).length === 0) this.#chosenJobId = (await this.refresh({ modelId })).jobId
  }

  /** Inside a job, which may go on afterwards. @returns a line that sums it up */
  async embedAll(model: UsableModel, context: JobContext): Promise<string> {
    const { store, changes } = this.dependencies
    const { pairCount } = store.project.counts()
    context.enterPhase('embedding pairs', pairCount)
    let done = 0
    let embeddedCount = 0
    for (let page = this.#page(0); page.length; page = this.#page(done)) {
      context.signal.throwIfAborted()
      embeddedCount += await this.#embedPage(model, page, context)
      done += page.length
      context.report(done, Math.max(done, pairCount))
    }
    changes.publish({ topic: 'pairs' })
    return `${embeddedCount.toLocaleString('en')} pairs embedded with ${model.name}`
  }

  #page(offset: number): Pair[] {
    return this.dependencies.store.pairs.list(filterOf(), 'oldest', offset, pageSize)
  }

  /** @returns how many pairs have vectors now */
  async #embedPage(model: UsableModel, page: Pair[], context: JobContext): Promise<number> {
    const { store, embeddings } = this.dependencies
    const work = { ...silentWork(context.signal), log: (line: string) => context.log(line) }
    const pairs = await embeddings.keepReadable(model, page, work)
    const left = await embeddings.embed(model, pairs.map((pair) => pair.left), work)
    const right = await embeddings.embed(model, pairs.map((pair) => pair.right), work)
    if (store.project.get().currentModelId === model.id) {
      store.pairs.setScores(model.id, pairs.map((pair, row) => ({ pairId: pair.id, score: dotOfRow(left.vectors, right.vectors, left.width, row) })))
    }
    return pairs.length
  }
}
