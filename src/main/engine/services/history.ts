// Undo and redo of everything that went through the history: edits of pairs, new pairs, judgements.
import type { ChangedPairs, History, HistoryEntry, PairHistoryEntry } from '../../../shared/contract/pairs'
import { AppError } from '../../../shared/errors'
import type { OnConflict, Touched } from '../store/historyStore'
import { joinTouched } from '../store/historyStore'
import type { Store } from '../store/openStore'
import type { ChangeBus } from './changes'
import { editLaneOf } from './editLane'
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
  async undo(onConflict: OnConflict = 'ask'): Promise<ChangedPairs> {
    return this.#answer(await editLaneOf(this.#store).run(() => this.#store.bulkHistory.undo(onConflict)))
  }

  async redo(onConflict: OnConflict = 'ask'): Promise<ChangedPairs> {
    return this.#answer(await editLaneOf(this.#store).run(() => this.#store.bulkHistory.redo(onConflict)))
  }

  list({ beforeId, limit }: { beforeId: number | null; limit: number }): { entries: HistoryEntry[]; hasMore: boolean } {
    const entries = this.#store.historyList.list(beforeId, limit + 1)
    return { entries: entries.slice(0, limit), hasMore: entries.length > limit }
  }

  /** @throws AppError 'not-found' */
  listForPair(pairId: number): PairHistoryEntry[] {
    this.#store.pairs.get(pairId)
    return this.#store.historyList.listForPair(pairId)
  }

  /**
   * Wholly or not at all. Acts of other open windows stay as they are.
   * @throws AppError 'not-found' for an act that is no longer kept; 'conflict' as undo does
   */
  async goTo(entryId: number | null): Promise<ChangedPairs> {
    await editLaneOf(this.#store).idle()
    const { history, historyList } = this.#store
    if (entryId !== null && !historyList.has(entryId)) {
      throw new AppError('not-found', `There is no act ${entryId} in the history any more.`, 'Read the history again: an edit after an undo drops what was undone.')
    }
    return this.#answer(this.#store.transaction(() => {
      const steps: Touched[] = []
      while ((history.lastDoneId() ?? 0) > (entryId ?? 0)) steps.push(history.undo())
      while ((history.firstUndoneId() ?? Infinity) <= (entryId ?? 0)) steps.push(history.redo())
      return joinTouched(steps)
    }))
  }

  #answer(touched: Touched): ChangedPairs {
    if (touched.hasPairs) publishEdit(this.#changes, touched.isSameList ? touched.pairIds : null)
    if (touched.hasDismissals) this.#changes.publish({ topic: 'quality' })
    if (touched.hasJudgements) this.#changes.publish({ topic: 'negatives' })
    return answerEdit(this.#store, touched)
  }
}
