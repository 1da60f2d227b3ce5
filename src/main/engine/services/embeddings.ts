// Vectors of sides under a model, from the cache where the same content was embedded before.
import type { Pair, Side } from '../../../shared/contract/entities'
import { AppError } from '../../../shared/errors'
import type { Compute } from '../compute/thread/client'
import type { DeviceChoice, SideInput } from '../compute/thread/protocol'
import { sideKey } from '../store/embeddingStore'
import type { Store } from '../store/openStore'
import type { UsableModel } from './models'
import type { TokensService, Work } from './tokens'

/** Saved after each chunk, so that a large project that was broken off does not start again. */
const chunkSize = 512

export interface EmbeddingMatrix {
  /** [N, D] row after row, L2-normalised. */
  vectors: Float32Array
  width: number
}

export interface EmbeddingsDependencies {
  store: Store
  compute: Compute
  tokens: TokensService
  getDevice: () => DeviceChoice
}

export const imageIdsOf = (sides: Iterable<Side>): number[] => [...sides].flatMap((side) => (side.imageId === null ? [] : [side.imageId]))

export class EmbeddingsService {
  /** Models whose older states were cleared from the cache since the start. */
  readonly #tidied = new Set<string>()

  constructor(private readonly dependencies: EmbeddingsDependencies) {}

  /** Tokenizes what the pairs need and leaves out those with a picture that cannot be read. */
  async keepReadable<Sides extends Pick<Pair, 'left' | 'right'>>(model: UsableModel, pairs: Sides[], work: Work): Promise<Sides[]> {
    const failedIds = await this.dependencies.tokens.ensure(model, imageIdsOf(pairs.flatMap((pair) => [pair.left, pair.right])), work)
    if (!failedIds.size) return pairs
    const isReadable = (side: Side) => side.imageId === null || !failedIds.has(side.imageId)
    const readable = pairs.filter((pair) => isReadable(pair.left) && isReadable(pair.right))
    work.log(`${pairs.length - readable.length} pairs are left out because a picture cannot be read.`)
    return readable
  }

  /**
   * Row i belongs to side i. Pictures must have been tokenized (`keepReadable`).
   * @throws AppError 'unreadable-image' where codes are missing
   */
  async embed(model: UsableModel, sides: readonly Side[], work: Work): Promise<EmbeddingMatrix> {
    const { store } = this.dependencies
    this.#tidy(model)
    const keys = sides.map((side) => sideKey(side.imageId, side.text))
    const known = store.embeddings.getMany(model.cacheId, keys)
    const missing = new Map<string, Side>()
    sides.forEach((side, index) => {
      const key = keys[index]!
      if (!known.has(key)) missing.set(key, side)
    })
    await this.#embedMissing(model, [...missing], known, work)
    const width = known.values().next().value?.length ?? 0
    const vectors = new Float32Array(sides.length * width)
    keys.forEach((key, index) => vectors.set(known.get(key)!, index * width))
    return { vectors, width }
  }

  async #embedMissing(model: UsableModel, missing: [string, Side][], known: Map<string, Float32Array>, work: Work): Promise<void> {
    const { store, compute, getDevice } = this.dependencies
    work.report(0, missing.length)
    for (let start = 0; start < missing.length; start += chunkSize) {
      work.signal.throwIfAborted()
      const chunk = missing.slice(start, start + chunkSize)
      const sides = this.toInputs(model.tokenizerId, chunk.map(([, side]) => side))
      const { embeddings, width } = await compute.call('embedSides', { modelDir: model.dir, sides, device: getDevice() }, {
        signal: work.signal,
        onEvent: (event) => work.report(start + event.done),
      })
      const entries = chunk.map(([contentKey], index) => ({ contentKey, vector: embeddings.slice(index * width, (index + 1) * width) }))
      store.embeddings.set(model.cacheId, entries)
      for (const { contentKey, vector } of entries) known.set(contentKey, vector)
      work.report(Math.min(start + chunkSize, missing.length))
    }
  }

  /** @param cacheId of a model and the state of its weights */
  countCached(cacheId: string): number {
    return this.dependencies.store.embeddings.count(cacheId)
  }

  /** Sides as the model sees them. @throws AppError 'unreadable-image' */
  toInputs(tokenizerId: string, sides: readonly Side[]): SideInput[] {
    const codes = this.dependencies.store.tokens.getMany([...new Set(imageIdsOf(sides))], tokenizerId)
    return sides.map((side) => {
      const sideCodes = side.imageId === null ? null : codes.get(side.imageId)
      if (sideCodes === undefined) {
        throw new AppError('unreadable-image', `Picture ${side.imageId} has no tokens because it cannot be read.`, 'Look at the file, or reject the pairs that show it.')
      }
      return { codes: sideCodes, text: side.text }
    })
  }

  #tidy(model: UsableModel): void {
    if (this.#tidied.has(model.cacheId)) return
    this.#tidied.add(model.cacheId)
    this.dependencies.store.embeddings.removeOtherStates(model.id, model.cacheId)
  }
}
