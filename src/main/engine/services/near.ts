// The semantic filter: ranks the cached embeddings by a text, a picture or both, and keeps the nearest pairs under a number that
// a filter names (`near:3`). So it combines with every other term, and bulk acts, maps and exports understand it.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Near } from '../../../shared/contract/near'
import type { QueryImage } from '../../../shared/contract/search'
import { AppError } from '../../../shared/errors'
import { nearestPairs, scoreRows } from '../compute/retrieval/nearestPairs'
import type { Store } from '../store/openStore'
import type { ModelsService } from './models'
import type { QueryEmbedder } from './queryEmbedder'
import type { SideVectors } from './sideVectors'
import { silentWork } from './tokens'

export interface NearQuery {
  text: string
  image: QueryImage | null
  side: Near['side']
  most: number
  minimum: number | null
}

export interface NearDependencies {
  store: Store
  models: ModelsService
  sideVectors: SideVectors
  queryEmbedder: QueryEmbedder
}

/** Rows compared before other calls are answered: some 5 ms at 512 numbers. */
const rowsPerTurn = 8192

export class NearService {
  constructor(private readonly dependencies: NearDependencies) {}

  /** @throws AppError 'bad-input' for an empty query, or where nothing is embedded; 'not-found' for a picture that is not there */
  async find({ side, image, most, minimum, ...query }: NearQuery, signal?: AbortSignal): Promise<{ near: Near; candidateCount: number; leftOutCount: number }> {
    const { store, models, sideVectors, queryEmbedder } = this.dependencies
    const text = query.text.trim() || null
    if (text === null && image === null) throw new AppError('bad-input', 'There is nothing to be near to.', 'Type a text, give a picture, or both.')
    if (image?.kind === 'project') store.images.get(image.imageId)
    const model = await models.resolve(store.project.get().currentModelId)
    const known = await sideVectors.get(model.cacheId, { signal })
    const none = new Int32Array(known.pairIds.length).fill(-1)
    const rows = { leftRows: side === 'right' ? none : known.leftRows, rightRows: side === 'left' ? none : known.rightRows }
    const leftOutCount = known.pairIds.reduce((count, _, place) => count + (rows.leftRows[place]! < 0 && rows.rightRows[place]! < 0 ? 1 : 0), 0)
    if (leftOutCount === known.pairIds.length) {
      throw new AppError('bad-input', `No pair has an embedding under ${model.name}.`, 'Make a map, or choose the model again: both embed the pairs.')
    }
    const vector = await queryEmbedder.embed(model, text, image, silentWork(signal))
    const scores = new Float32Array(known.rowCount)
    for (let start = 0; start < known.rowCount; start += rowsPerTurn) {
      signal?.throwIfAborted()
      scoreRows(vector, known.vectors, known.width, scores, start, Math.min(known.rowCount, start + rowsPerTurn))
      await nextTurn()
    }
    const { places, similarities } = nearestPairs(scores, rows, most, minimum ?? -Infinity)
    const found = Array.from(places, (place, rank) => ({ pairId: known.pairIds[place]!, similarity: similarities[rank]! }))
    return { near: store.near.add({ modelId: model.id, text, image, side }, found), candidateCount: known.pairIds.length - leftOutCount, leftOutCount }
  }

  list(nearIds: readonly number[]): Near[] {
    return this.dependencies.store.near.list(nearIds)
  }
}
