// Retrieval for people: a text, an image or both against the sides of the project, under one or two models.
import type { Split } from '../../../shared/contract/entities'
import type { QueryImage, SearchColumn } from '../../../shared/contract/search'
import { AppError } from '../../../shared/errors'
import type { Compute } from '../compute/thread/client'
import { sideKey } from '../store/embeddingStore'
import type { Store } from '../store/openStore'
import type { EmbeddingsService } from './embeddings'
import type { ImagesService } from './images'
import type { ModelsService } from './models'
import { SearchTargets, type TargetKind } from './searchTargets'
import type { QueryEmbedder } from './queryEmbedder'
import { silentWork, type Work } from './tokens'

export interface SearchQuery {
  text: string
  image: QueryImage | null
  modelIds: string[]
  target: TargetKind
  split: Split | null
  limit: number
}

export interface SearchDependencies {
  store: Store
  compute: Compute
  images: ImagesService
  models: ModelsService
  embeddings: EmbeddingsService
  queryEmbedder: QueryEmbedder
}

export class SearchService {
  readonly #targets: SearchTargets

  constructor(private readonly dependencies: SearchDependencies) {
    this.#targets = new SearchTargets(dependencies.store, dependencies.embeddings)
  }

  /** @throws AppError 'bad-input' for an empty query, 'not-found' for a picture or model that is not there */
  async query(query: SearchQuery, signal?: AbortSignal): Promise<{ columns: SearchColumn[] }> {
    const text = query.text.trim() || null
    if (text === null && query.image === null) {
      throw new AppError('bad-input', 'The search is empty.', 'Type a text, give a picture, or both.')
    }
    if (query.image?.kind === 'project') this.dependencies.store.images.get(query.image.imageId)
    const work = silentWork(signal)
    const columns: SearchColumn[] = []
    for (const modelId of query.modelIds) columns.push(await this.#column(modelId, text, query, work))
    return { columns }
  }

  async useImagePath({ path }: { path: string }): Promise<{ queryImageId: string }> {
    return { queryImageId: await this.dependencies.images.addQueryImageFromPath(path) }
  }

  async #column(modelId: string, text: string | null, query: SearchQuery, work: Work): Promise<SearchColumn> {
    const { store, compute, models, queryEmbedder } = this.dependencies
    const startedAtMs = performance.now()
    const model = await models.resolve(modelId)
    const queryVector = await queryEmbedder.embed(model, text, query.image, work)
    const { targets, vectors, width } = await this.#targets.get(model, query.target, query.split, work)
    const ownKey = query.image?.kind === 'query' ? null : sideKey(query.image?.kind === 'project' ? query.image.imageId : null, text)
    let hits: SearchColumn['hits'] = []
    if (targets.length) {
      // One more than wanted, because the query itself may be among the targets and says nothing.
      const limit = Math.min(query.limit + 1, targets.length)
      const { indices, scores } = await compute.call('nearest', { query: queryVector, targets: vectors, width, limit }, { signal: work.signal })
      const found = [...indices].map((index, rank) => ({ ...targets[index]!, score: scores[rank]! })).filter(({ key }) => key !== ownKey).slice(0, query.limit)
      const pairs = new Map(store.pairs.getMany(found.map(({ pairId }) => pairId)).map((pair) => [pair.id, pair]))
      hits = found.map(({ pairId, side, score }) => ({ pair: pairs.get(pairId)!, side, score }))
    }
    return { modelId, hits, candidateCount: targets.length, elapsedMs: performance.now() - startedAtMs }
  }
}
