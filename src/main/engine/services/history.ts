// Undo and redo of everything that went through the history: edits of pairs, new pairs, judgements.
import type { ChangedPairs, History } from '../../../shared/contract/pairs'
import type { OnConflict, Touched } from '../store/historyStore'
import type { Store } from '../store/openStore'
import type { ChangeBus } from './changes'
import { answerEdit, publishEdit } from './pairs'

export class HistoryService {
  readonly #store: Store
  readonly #changes: ChangeBus

  constructor(store: Store, changes: ChangeBus) {
    this.#store = store
    this.#changes = changes
  }

  get(): History {
    return this.#store.history.get()
  }

  /** With nothing to undo, nothing changes and no pairs come back. */
  undo(onConflict: OnConflict = 'ask'): ChangedPairs {
    return this.#answer(this.#store.history.undo(onConflict))
  }

  redo(onConflict: OnConflict = 'ask'): ChangedPairs {
    return this.#answer(this.#store.history.redo(onConflict))
  }

  #answer(touched: Touched): ChangedPairs {
    if (touched.hasPairs) publishEdit(this.#changes, touched.isSameList ? touched.pairIds : null)
    if (touched.hasDismissals) this.#changes.publish({ topic: 'quality' })
    if (touched.hasJudgements) this.#changes.publish({ topic: 'negatives' })
    return answerEdit(this.#store, touched)
  }
}
