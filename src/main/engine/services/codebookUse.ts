// Counts how often the pictures of a filter use each code, from the token cache. Long work on a large project: a job.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { CodebookUse } from '../../../shared/contract/inspector'
import type { PairFilter } from '../../../shared/contract/pairs'
import { AppError } from '../../../shared/errors'
import { countCodes, useFigures } from '../compute/inspect/codebookUse'
import type { Compute } from '../compute/thread/client'
import type { JobContext, JobRunner } from '../jobs/runner'
import { pictureSetOf } from '../store/codebookUseStore'
import type { Store } from '../store/openStore'
import type { ChangeBus } from './changes'
import type { ModelsService, UsableModel } from './models'
import type { TokensService } from './tokens'

/** Between two chunks other calls are answered, and a cancelled count ends. */
const chunkSize = 1000

export interface CodebookUseDependencies {
  store: Store
  compute: Compute
  jobs: JobRunner
  models: ModelsService
  tokens: TokensService
  changes: ChangeBus
}

interface Asked {
  filter: PairFilter
  modelId: string | null
}

export class CodebookUseService {
  constructor(private readonly dependencies: CodebookUseDependencies) {}

  async start({ filter, modelId }: Asked): Promise<{ jobId: number }> {
    const model = await this.#model(modelId)
    const job = this.dependencies.jobs.start({ kind: 'inspect', title: 'Count codebook use' }, (context) => this.#count(model, filter, context))
    return { jobId: job.id }
  }

  async get({ filter, modelId }: Asked): Promise<CodebookUse | null> {
    const { store } = this.dependencies
    const { tokenizerId } = await this.#model(modelId)
    const counted = store.codebookUse.find(tokenizerId, filter)
    if (!counted) return null
    const { counts, pictureCount, failedCount, pictureSet, countedAtMs } = counted
    const { usedCount, entropyBits, perplexity } = useFigures(counts)
    return {
      tokenizerId, codebookSize: counts.length, pictureCount, failedCount, counts: [...counts], usedCount, entropyBits, perplexity, countedAtMs,
      isStale: pictureSet !== pictureSetOf(store.codebookUse.listImageIds(filter)),
    }
  }

  async #count(model: UsableModel, filter: PairFilter, context: JobContext): Promise<string> {
    const { store, compute, tokens, changes } = this.dependencies
    const imageIds = store.codebookUse.listImageIds(filter)
    if (!imageIds.length) throw new AppError('bad-input', 'The filter matches no pictures to count.', 'Widen the filter, or import pictures.')
    const { codebookSize } = await compute.call('describeModel', { modelDir: model.dir })
    context.enterPhase('tokenizing pictures')
    const failedIds = await tokens.ensure(model, imageIds, context)
    context.enterPhase('counting codes', imageIds.length)
    const counts = new Uint32Array(codebookSize)
    for (let start = 0; start < imageIds.length; start += chunkSize) {
      context.signal.throwIfAborted()
      for (const codes of store.tokens.getMany(imageIds.slice(start, start + chunkSize), model.tokenizerId).values()) countCodes(counts, codes)
      context.report(Math.min(start + chunkSize, imageIds.length))
      await nextTurn()
    }
    const pictureCount = imageIds.length - failedIds.size
    store.codebookUse.set(model.tokenizerId, filter, { counts, pictureCount, failedCount: failedIds.size, pictureSet: pictureSetOf(imageIds), countedAtMs: Date.now() })
    changes.publish({ topic: 'project' })
    const { usedCount, perplexity } = useFigures(counts)
    return `${pictureCount} pictures use ${usedCount} of ${codebookSize} codes, perplexity ${perplexity.toFixed(1)}${failedIds.size ? `; ${failedIds.size} could not be read` : ''}`
  }

  #model(modelId: string | null): Promise<UsableModel> {
    return this.dependencies.models.resolve(modelId ?? this.dependencies.store.project.get().currentModelId)
  }
}
