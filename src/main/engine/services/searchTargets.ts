// What a search looks through: the sides of the pairs that were not rejected, equal sides once, with their vectors.
// A few matrices are kept in memory, because people try many queries on the same pairs.
import type { Pair, Split } from '../../../shared/contract/entities'
import { filterOf } from '../../../shared/filter/writeFilter'
import { sideKey } from '../store/embeddingStore'
import type { Store } from '../store/openStore'
import type { EmbeddingMatrix, EmbeddingsService } from './embeddings'
import type { UsableModel } from './models'
import type { Work } from './tokens'

export type TargetKind = 'images' | 'texts' | 'any'
export type SideName = 'left' | 'right'

export interface Target {
  pairId: number
  side: SideName
  key: string
}

export interface TargetMatrix extends EmbeddingMatrix {
  targets: Target[]
}

/** Two models side by side over two kinds of targets. */
const keptMatrices = 4

export class SearchTargets {
  readonly #kept = new Map<string, TargetMatrix>()

  constructor(private readonly store: Store, private readonly embeddings: EmbeddingsService) {}

  async get(model: UsableModel, kind: TargetKind, split: Split | null, work: Work): Promise<TargetMatrix> {
    const key = [model.cacheId, kind, split ?? '', this.store.project.get().revision].join('\n')
    const kept = this.#kept.get(key)
    // Taken out and put in again: the map is in order of use.
    this.#kept.delete(key)
    const matrix = kept ?? (await this.#build(model, kind, split, work))
    this.#kept.set(key, matrix)
    while (this.#kept.size > keptMatrices) this.#kept.delete(this.#kept.keys().next().value!)
    return matrix
  }

  async #build(model: UsableModel, kind: TargetKind, split: Split | null, work: Work): Promise<TargetMatrix> {
    const all = this.store.pairs.list(filterOf({ split }), 'oldest', 0, -1)
    const pairs = await this.embeddings.keepReadable(model, all.filter((pair) => pair.status !== 'rejected'), work)
    const { targets, sides } = chooseTargets(pairs, kind)
    const { vectors, width } = await this.embeddings.embed(model, sides, work)
    return { targets, vectors: shared(vectors), width }
  }
}

/** A copy that goes to another thread without being copied for every query. */
function shared(vectors: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(vectors.byteLength))
  copy.set(vectors)
  return copy
}

/** *Images* are sides of a picture alone, *texts* of a text alone; *any* adds those that have both. */
function chooseTargets(pairs: Pair[], kind: TargetKind) {
  const targets = new Map<string, Target & { content: Pair['left'] }>()
  for (const pair of pairs) {
    for (const side of ['left', 'right'] as const) {
      const content = pair[side]
      if (kind === 'images' && (content.imageId === null || content.text !== null)) continue
      if (kind === 'texts' && content.imageId !== null) continue
      const key = sideKey(content.imageId, content.text)
      if (!targets.has(key)) targets.set(key, { pairId: pair.id, side, key, content })
    }
  }
  const found = [...targets.values()]
  return { targets: found.map(({ pairId, side, key }) => ({ pairId, side, key })), sides: found.map((target) => target.content) }
}
