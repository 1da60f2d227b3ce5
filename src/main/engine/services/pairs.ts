// Reading and editing pairs. Every edit is written into the history with it.
import type { Pair, Split, Status } from '../../../shared/contract/entities'
import { mostChangedPairs, type ChangedPairs, type Facets, type PairChange, type PairFilter, type PairScope, type PairSort } from '../../../shared/contract/pairs'
import { AppError } from '../../../shared/errors'
import { editContext } from '../store/editContext'
import type { RowChange, Touched } from '../store/historyStore'
import type { Store } from '../store/openStore'
import type { PairRow } from '../store/pairStore'
import type { ChangeBus } from './changes'
import { editLabel } from './editLabel'
import { editLaneOf } from './editLane'
import { runInSteps } from './steps'

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

  getMany(ids: readonly number[]): Pair[] {
    return this.#store.pairs.getMany(ids)
  }

  /** The first time, in steps: what the counts are made from is read from the whole project. */
  countFacets(filter: PairFilter): Promise<Facets> {
    const { pairs } = this.#store
    function* steps(): Generator<void, Facets> {
      yield* pairs.index.prepare(filter)
      return pairs.countFacets(filter)
    }
    return runInSteps(steps())
  }

  countScope(scope: PairScope, change: PairChange | null): { count: number; changeCount: number } {
    const count = this.#store.pairs.countScope(scope)
    return { count, changeCount: change === null ? count : this.#store.pairs.listChanging(scope, change).length }
  }

  setStatus(scope: PairScope, status: Status): Promise<ChangedPairs> {
    return this.change(scope, { kind: 'status', status })
  }

  setSplit(scope: PairScope, split: Split): Promise<ChangedPairs> {
    return this.change(scope, { kind: 'split', split })
  }

  addTag(scope: PairScope, tag: string): Promise<ChangedPairs> {
    return this.change(scope, { kind: 'addTag', tag })
  }

  removeTag(scope: PairScope, tag: string): Promise<ChangedPairs> {
    return this.change(scope, { kind: 'removeTag', tag })
  }

  /** One change to all pairs of a scope, in parts where they are many. @throws AppError 'not-found' when a named pair is gone */
  async change(scope: PairScope, change: PairChange): Promise<ChangedPairs> {
    const store = this.#store
    const touched = await editLaneOf(store).run(function* () {
      if ('ids' in scope) requireAll(store, scope.ids)
      const groups = store.pairs.changingByValue(scope, change)
      const count = groups.reduce((sum, { ids }) => sum + ids.length, 0)
      return yield* store.bulkHistory.edit(labelOf(change, count), partsOf(change, groups))
    })
    if (touched.hasPairs) publishEdit(this.#changes, touched.isSameList ? touched.pairIds : null)
    return answerEdit(store, touched)
  }

  /**
   * Blank text takes the text away, where the side has a picture. A tag or a status that came meanwhile does not stand in the
   * way of a text whose `shown` is still there.
   * @throws AppError 'conflict' when another text stands there than was shown
   */
  editText({ id, side, text, revision, shown }: { id: number; side: 'left' | 'right'; text: string; revision: number; shown?: string | null | undefined }): ChangedPairs {
    const pair = this.#store.pairs.get(id)
    if (shown === undefined ? pair.revision !== revision : pair[side].text !== shown) {
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
  #edit(ids: readonly number[], label: (count: number) => string, change: Difference): ChangedPairs {
    const touched = this.#store.transaction(() => {
      const changes: RowChange[] = []
      for (const [id, row] of this.#store.pairs.getRows(ids)) {
        const difference = change(row)
        if (difference !== null) changes.push({ kind: 'pair', id, before: difference[0], after: difference[1] })
      }
      return this.#store.history.edit(label(changes.length), changes)
    })
    if (touched.hasPairs) publishEdit(this.#changes, touched.pairIds)
    return answerEdit(this.#store, touched)
  }
}

type Difference = (row: PairRow) => [Partial<PairRow>, Partial<PairRow>] | null

/** As many pairs change in one hold of the database: about 50 ms of the processor. */
const partPairs = 10_000

/** What has other values now stands in changes of its own. */
function partsOf(change: PairChange, groups: readonly { before: string | null; ids: Int32Array }[]): RowChange[][] {
  const parts: RowChange[][] = []
  let room = 0
  for (const { before, ids } of groups) {
    for (let start = 0; start < ids.length;) {
      if (room === 0) {
        parts.push([])
        room = partPairs
      }
      const own = Array.from(ids.subarray(start, start + room))
      parts.at(-1)!.push(rowChangeOf(change, before, own))
      start += own.length
      room -= own.length
    }
  }
  return parts
}

function rowChangeOf(change: PairChange, before: string | null, ids: number[]): RowChange {
  if (change.kind === 'status') return { kind: 'column', column: 'status', ids, before: before!, after: change.status }
  if (change.kind === 'split') return { kind: 'column', column: 'split', ids, before: before!, after: change.split }
  if (change.kind === 'flag') return { kind: 'column', column: 'isFlagged', ids, before: change.isFlagged ? 0 : 1, after: change.isFlagged ? 1 : 0 }
  return { kind: 'tag', tag: change.tag, ids, before: change.kind === 'removeTag', after: change.kind === 'addTag' }
}

function requireAll(store: Store, ids: readonly number[]): void {
  const missing = store.pairs.listMissing(ids)
  if (missing.length > 0) {
    throw new AppError('not-found', `There is no pair ${missing.slice(0, 5).join(', ')} in this project; nothing was changed.`, 'Reload the list, then try again.')
  }
}

function labelOf(change: PairChange, count: number): string {
  switch (change.kind) {
    case 'status': return editLabel(statusVerb[change.status], count)
    case 'split': return `${editLabel('move', count)} to ${change.split}`
    case 'flag': return editLabel(change.isFlagged ? 'flag' : 'take the flag from', count)
    case 'addTag': return editLabel(`tag “${change.tag}” on`, count)
    case 'removeTag': return editLabel(`remove tag “${change.tag}” from`, count)
  }
}

/** What an edit, an undo or a redo answers. */
export function answerEdit(store: Store, { pairIds, unnamedCount }: Touched): ChangedPairs {
  const changedCount = pairIds.length + unnamedCount
  return { pairs: changedCount > mostChangedPairs ? [] : store.pairs.getMany(pairIds), changedCount, history: store.history.get() }
}

/**
 * The counts of the project change with its pairs.
 * @param pairIds the changed pairs, where none came or went; null otherwise
 */
export function publishEdit(changes: ChangeBus, pairIds: readonly number[] | null = null): void {
  changes.publish({ topic: 'pairs', windowId: editContext().windowId, pairIds: pairIds === null || pairIds.length > mostChangedPairs ? null : [...pairIds] })
  changes.publish({ topic: 'project' })
}
