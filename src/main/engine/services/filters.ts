// Filters that people keep. They are no edits of the data: they do not enter the history.
import type { PairFilter, PairSort, SavedFilter } from '../../../shared/contract/pairs'
import type { Store } from '../store/openStore'
import type { ChangeBus } from './changes'

export class FiltersService {
  constructor(private readonly store: Store, private readonly changes: ChangeBus) {}

  list(): SavedFilter[] {
    return this.store.filters.list()
  }

  save({ name, filter, sort }: { name: string; filter: PairFilter; sort: PairSort }): SavedFilter[] {
    return this.#after(() => this.store.filters.save(name, filter, sort))
  }

  rename({ filterId, name }: { filterId: number; name: string }): SavedFilter[] {
    return this.#after(() => this.store.filters.rename(filterId, name))
  }

  remove({ filterId }: { filterId: number }): SavedFilter[] {
    return this.#after(() => this.store.filters.remove(filterId))
  }

  #after(change: () => void): SavedFilter[] {
    change()
    this.changes.publish({ topic: 'filters' })
    return this.list()
  }
}
