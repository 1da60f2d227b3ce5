// Keeping a search hit. A positive becomes a new pair of query and hit. A negative becomes a judgement on the pair that
// the query came from; where the query is nobody's side, it becomes a rejected pair, so that the decision is not lost.
import type { Pair, Side, Task } from '../../../shared/contract/entities'
import type { QueryImage } from '../../../shared/contract/search'
import { AppError } from '../../../shared/errors'
import type { RowChange } from '../store/historyStore'
import type { Store } from '../store/openStore'
import type { ChangeBus } from './changes'
import type { ImagesService } from './images'
import type { NegativesService } from './negatives'
import { publishEdit } from './pairs'

export interface HitToSave {
  text: string
  image: QueryImage | null
  hitPairId: number
  hitSide: 'left' | 'right'
  verdict: 'positive' | 'negative'
}

export interface SavedHitsDependencies {
  store: Store
  images: ImagesService
  negatives: NegativesService
  changes: ChangeBus
}

export class SavedHitsService {
  constructor(private readonly dependencies: SavedHitsDependencies) {}

  async saveHit(hit: HitToSave): Promise<{ pair: Pair }> {
    const { store, images } = this.dependencies
    const found = store.pairs.get(hit.hitPairId)[hit.hitSide]
    const text = hit.text.trim() || null
    if (text === null && hit.image === null) throw new AppError('bad-input', 'The query is empty, so the hit belongs to nothing.', 'Search with a text or a picture first.')
    // Reads the picture into the project only when it is to be kept.
    const imageId = hit.image === null ? null : hit.image.kind === 'project' ? store.images.get(hit.image.imageId).id : await images.adoptQueryImage(hit.image.queryImageId)
    const query: Side = { imageId, text }
    const origin = hit.verdict === 'negative' ? this.#findOrigin(query, hit.hitPairId) : null
    return { pair: origin ? this.#judge(origin, hit) : this.#createPair(query, found, hit.verdict) }
  }

  /** A pair with the query on its left, else on its right; its left side is what judgements are about. */
  #findOrigin(query: Side, hitPairId: number): Pair | null {
    const pairs = this.dependencies.store.pairs.listBySide(query.imageId, query.text).filter((pair) => pair.id !== hitPairId && pair.status !== 'rejected')
    return pairs.find((pair) => isSame(pair.left, query)) ?? pairs[0] ?? null
  }

  #judge(origin: Pair, { hitPairId, hitSide }: HitToSave): Pair {
    const { store, negatives, changes } = this.dependencies
    // A judgement (a, b) is about left of a and right of b. A hit on a left side was found from a right one.
    const change = hitSide === 'right' ? negatives.judgementChange(origin.id, hitPairId, 'negative') : negatives.judgementChange(hitPairId, origin.id, 'negative')
    if (change) {
      store.history.edit('save 1 hit as hard negative', [change])
      changes.publish({ topic: 'negatives' })
    }
    return store.pairs.get(origin.id)
  }

  #createPair(query: Side, hit: Side, verdict: HitToSave['verdict']): Pair {
    const { store, changes } = this.dependencies
    // Captions are kept as picture then text, whichever of the two was the query.
    const [left, right] = query.imageId === null && hit.imageId !== null && hit.text === null ? [hit, query] : [query, hit]
    const present = store.pairs.listBySide(left.imageId, left.text).find((pair) => isSame(pair.left, left) && isSame(pair.right, right))
    const status = verdict === 'positive' ? 'accepted' : 'rejected'
    const label = verdict === 'positive' ? 'save 1 hit as pair' : 'save 1 hit as rejected pair'
    if (present) {
      if (present.status !== status) {
        store.history.edit(label, [{ kind: 'pair', id: present.id, before: { status: present.status }, after: { status } } satisfies RowChange])
        publishEdit(changes)
      }
      return store.pairs.get(present.id)
    }
    const id = store.history.createPair(label, {
      leftImageId: left.imageId, leftText: left.text, rightImageId: right.imageId, rightText: right.text,
      task: taskOf(left, right), split: 'train', status, score: null, scoreModelId: null, importKey: null, importId: null, tags: ['from search'],
    })
    publishEdit(changes)
    return store.pairs.get(id)
  }
}

const isSame = (a: Side, b: Side): boolean => a.imageId === b.imageId && a.text === b.text

function taskOf(left: Side, right: Side): Task {
  if (left.imageId !== null && left.text === null && right.imageId === null) return 'caption'
  if (left.imageId !== null && left.text !== null && right.imageId === null) return 'vqa'
  return 'compose'
}
