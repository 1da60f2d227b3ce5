// Reading and editing pairs. Every edit is one transaction that also writes the history.
import type { Pair, Split, Status } from '../../../shared/contract/entities'
import type { Facets, History, PairFilter, PairSort } from '../../../shared/contract/pairs'
import { AppError } from '../../../shared/errors'
import type { RowChange } from '../store/historyStore'
import type { Store } from '../store/openStore'
import type { PairRow } from '../store/pairStore'
import type { ChangeBus } from './changes'
import { editLabel } from './editLabel'

export interface ChangedPairs {
  pairs: Pair[]
  history: History
}

const statusVerb: Record<Status, string> = { accepted: 'accept', rejected: 'reject', unreviewed: 'reset' }

export class PairsService {
  readonly #store: Store
  readonly #changes: ChangeBus

  constructor(store: Store, changes: ChangeBus) {
    this.#store = store
    this.#changes = changes
  }

  list({ filter, sort, offset, limit }: { filter: PairFilter; sort: PairSort; offset: number; limit: number }): { pairs: Pair[]; total: number } {
    return { pairs: this.#store.pairs.list(filter, sort, offset, limit), total: this.#store.pairs.count(filter) }
  }

  get(pairId: number): Pair {
    return this.#store.pairs.get(pairId)
  }

  countFacets(filter: PairFilter): Facets {
    return this.#store.pairs.countFacets(filter)
  }

  setStatus(ids: readonly number[], status: Status): ChangedPairs {
    return this.#edit(ids, count => editLabel(statusVerb[status], count), row => (row.status === status ? null : [{ status: row.status }, { status }]))
  }

  setSplit(ids: readonly number[], split: Split): ChangedPairs {
    return this.#edit(ids, count => `${editLabel('move', count)} to ${split}`, row => (row.split === split ? null : [{ split: row.split }, { split }]))
  }

  addTag(ids: readonly number[], tag: string): ChangedPairs {
    return this.#edit(ids, count => editLabel(`tag “${tag}” on`, count),
      row => (row.tags.includes(tag) ? null : [{ tags: row.tags }, { tags: [...row.tags, tag] }]))
  }

  removeTag(ids: readonly number[], tag: string): ChangedPairs {
    return this.#edit(ids, count => editLabel(`remove tag “${tag}” from`, count),
      row => (row.tags.includes(tag) ? [{ tags: row.tags }, { tags: row.tags.filter(other => other !== tag) }] : null))
  }

  /** Blank text takes the text away, where the side has a picture. @throws AppError 'conflict' when `revision` is not the pair's */
  editText({ id, side, text, revision }: { id: number; side: 'left' | 'right'; text: string; revision: number }): ChangedPairs {
    const pair = this.#store.pairs.get(id)
    if (pair.revision !== revision) {
      throw new AppError('conflict', `Pair ${id} was changed since it was shown (revision ${pair.revision}, shown ${revision}); your text was not saved.`,
        'Look at the present text, then edit it again.')
    }
    const newText = text.trim() === '' ? null : text.trim()
    if (newText === null && pair[side].imageId === null) {
      throw new AppError('bad-input', `The ${side} side of pair ${id} has no picture, so it needs a text.`, 'Write a text, or reject the pair.')
    }
    const key = side === 'left' ? 'leftText' : 'rightText'
    // The score was measured on the old text.
    return this.#edit([id], () => `edit the ${side} text of 1 pair`, row => (row[key] === newText ? null
      : [{ [key]: row[key], score: row.score, scoreModelId: row.scoreModelId }, { [key]: newText, score: null, scoreModelId: null }]))
  }

  /** `change` gives what was before and what comes after, or null where the pair already is as wanted. */
  #edit(ids: readonly number[], label: (count: number) => string, change: (row: PairRow) => [Partial<PairRow>, Partial<PairRow>] | null): ChangedPairs {
    const uniqueIds = [...new Set(ids)]
    const touched = this.#store.transaction(() => {
      const rows = this.#store.pairs.getRows(uniqueIds)
      const missing = uniqueIds.filter(id => !rows.has(id))
      if (missing.length > 0) {
        throw new AppError('not-found', `There is no pair ${missing.slice(0, 5).join(', ')} in this project; nothing was changed.`, 'Reload the list, then try again.')
      }
      const changes: RowChange[] = []
      for (const [id, row] of rows) {
        const difference = change(row)
        if (difference !== null) changes.push({ kind: 'pair', id, before: difference[0], after: difference[1] })
      }
      return this.#store.history.edit(label(changes.length), changes)
    })
    if (touched.hasPairs) publishEdit(this.#changes)
    return { pairs: this.#store.pairs.getMany(uniqueIds), history: this.#store.history.get() }
  }
}

/** The counts of the project change with its pairs. */
export function publishEdit(changes: ChangeBus): void {
  changes.publish({ topic: 'pairs' })
  changes.publish({ topic: 'project' })
}
