// The token cache: the image tokenizer is frozen, so a picture is tokenized once and only its codes are needed again.
// Codes are saved chunk by chunk; work that was broken off goes on where it ended.
import type { JobContext, JobRunner } from '../jobs/runner'
import type { Compute } from '../compute/thread/client'
import type { DeviceChoice } from '../compute/thread/protocol'
import type { Store } from '../store/openStore'
import type { ChangeBus } from './changes'
import type { ImagesService } from './images'
import type { ModelsService } from './models'

/** What long work tells about itself; a job's context fits, and `silentWork` for short work outside a job. */
export type Work = Pick<JobContext, 'signal' | 'report' | 'log'>
export const silentWork = (signal: AbortSignal = new AbortController().signal): Work => ({ signal, report: () => undefined, log: () => undefined })

export interface Tokenizer {
  tokenizerId: string
  tokenizerDir: string
}

/** Enough to keep the device busy, little enough to lose when the process is killed. */
const chunkSize = 64

export interface TokensDependencies {
  store: Store
  images: ImagesService
  compute: Compute
  jobs: JobRunner
  models: ModelsService
  changes: ChangeBus
  getDevice: () => DeviceChoice
}

export class TokensService {
  constructor(private readonly dependencies: TokensDependencies) {}

  start(): { jobId: number } {
    const { store, jobs, models, changes } = this.dependencies
    const job = jobs.start({ kind: 'tokenize', title: 'Tokenize pictures' }, async (context) => {
      const model = await models.resolve(store.project.get().currentModelId)
      context.enterPhase('tokenizing pictures')
      const before = store.tokens.count(model.tokenizerId)
      const failedIds = await this.ensure(model, 'all', context)
      changes.publish({ topic: 'project' })
      const added = store.tokens.count(model.tokenizerId) - before
      return `${added} pictures tokenized${failedIds.size ? `, ${failedIds.size} could not be read` : ''}`
    })
    return { jobId: job.id }
  }

  /** Tokenizes the pictures without cached codes. Gives the ids of those that could not be read; each is logged. */
  async ensure(tokenizer: Tokenizer, imageIds: Iterable<number> | 'all', work: Work): Promise<Set<number>> {
    const { store, compute, getDevice } = this.dependencies
    const missing = this.#missing(tokenizer.tokenizerId, imageIds)
    const failedIds = new Set<number>()
    work.report(0, missing.length)
    for (let start = 0; start < missing.length; start += chunkSize) {
      work.signal.throwIfAborted()
      const images = store.images.getMany(missing.slice(start, start + chunkSize))
      const results = await compute.call('tokenizeImages', {
        tokenizerDir: tokenizer.tokenizerDir, images: images.map((image) => this.dependencies.images.modelInput(image.id)), device: getDevice(),
      }, {
        signal: work.signal,
        onEvent: (event) => work.report(start + event.done),
      })
      const codes: { imageId: number; codes: Uint16Array }[] = []
      images.forEach((image, index) => {
        const result = results[index]
        if (result?.codes) codes.push({ imageId: image.id, codes: result.codes })
        else {
          failedIds.add(image.id)
          work.log(`Picture ${image.id} (${image.sourceName || image.hash.slice(0, 8)}): ${result?.error?.message ?? 'no answer'}`)
        }
      })
      store.tokens.set(tokenizer.tokenizerId, codes)
      work.report(Math.min(start + chunkSize, missing.length))
    }
    return failedIds
  }

  #missing(tokenizerId: string, imageIds: Iterable<number> | 'all'): number[] {
    const { store } = this.dependencies
    if (imageIds === 'all') return store.tokens.listMissingImageIds(tokenizerId)
    const wanted = [...new Set(imageIds)]
    const cached = store.tokens.getMany(wanted, tokenizerId)
    return wanted.filter((imageId) => !cached.has(imageId))
  }
}
