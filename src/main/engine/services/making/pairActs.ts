// Acts on pairs as wholes: delete, duplicate, swap the sides, change the task. Each is one entry of the history, however
// many pairs it is about.
import type { Pair, Task } from '../../../../shared/contract/entities'
import type { History, PairScope } from '../../../../shared/contract/pairs'
import { toRanges } from '../../store/binStore'
import type { RowChange } from '../../store/historyStore'
import type { Store } from '../../store/openStore'
import { scopeCondition } from '../../store/scopeSql'
import type { ChangeBus } from '../changes'
import { editLabel } from '../editLabel'
import { publishEdit } from '../pairs'
import { runLongAct, type ActLabel } from './longAct'

export interface ActedOn {
  /** The first changed or new pairs; those that went are not among them. */
  pairs: Pair[]
  changedCount: number
  history: History
}

const chunkSize = 1000
const shownPairs = 200

export class PairActsService {
  constructor(private readonly dependencies: { store: Store; changes: ChangeBus }) {}

  remove(scope: PairScope): Promise<ActedOn> {
    return this.#run(scope, (count) => editLabel('delete', count), (ids) => ({ changes: [{ kind: 'presence', ranges: toRanges(ids), before: true, after: false }], shown: [] }))
  }

  async duplicate(scope: PairScope): Promise<ActedOn> {
    const { store } = this.dependencies
    // The copies are newer than what is there, and must not be copied again.
    const lastId = store.pairs.nextId() - 1
    return this.#run(scope, (count) => editLabel('duplicate', count), (ids) => {
      const known = ids.filter((id) => id <= lastId)
      const revision = store.project.nextRevision()
      const made: number[] = []
      for (const row of store.pairs.getRows(known).values()) {
        const id = store.pairs.nextId()
        store.pairs.insert(id, { ...row, importKey: null }, revision)
        made.push(id)
      }
      return { changes: made.length === 0 ? [] : [{ kind: 'presence', ranges: toRanges(made), before: false, after: true }], shown: made, isDone: true }
    })
  }

  swapSides(scope: PairScope): Promise<ActedOn> {
    return this.#run(scope, (count) => editLabel('swap the sides of', count), (ids) => {
      const changes: RowChange[] = []
      for (const [id, { leftImageId, leftText, rightImageId, rightText }] of this.dependencies.store.pairs.getRows(ids)) {
        changes.push({
          kind: 'pair', id, before: { leftImageId, leftText, rightImageId, rightText },
          after: { leftImageId: rightImageId, leftText: rightText, rightImageId: leftImageId, rightText: leftText },
        })
      }
      return { changes, shown: ids }
    })
  }

  setTask(scope: PairScope, task: Task): Promise<ActedOn> {
    return this.#run(scope, (count) => `${editLabel('make', count)} ${task}`, (ids) => {
      const byTask = new Map<Task, number[]>()
      for (const [id, row] of this.dependencies.store.pairs.getRows(ids)) {
        if (row.task !== task) byTask.set(row.task, [...(byTask.get(row.task) ?? []), id])
      }
      return { changes: [...byTask].map(([before, own]) => ({ kind: 'column', column: 'task', ids: own, before, after: task })), shown: [...byTask.values()].flat() }
    })
  }

  async #run(scope: PairScope, label: ActLabel, act: (ids: number[]) => { changes: RowChange[]; shown: number[]; isDone?: boolean }): Promise<ActedOn> {
    const { store, changes } = this.dependencies
    const condition = scopeCondition(scope)
    const shown: number[] = []
    let after = 0
    const changedCount = await runLongAct({
      store, label,
      next: () => {
        const ids = store.making.listIds(condition, after, chunkSize)
        if (ids.length === 0) return null
        after = ids.at(-1)!
        const done = act(ids)
        for (const id of done.shown.slice(0, shownPairs - shown.length)) shown.push(id)
        return { chunk: { changes: done.changes, isDone: done.isDone === true }, count: countOf(done.changes) }
      },
    })
    if (changedCount > 0) publishEdit(changes)
    return { pairs: store.pairs.getMany(shown), changedCount, history: store.history.get() }
  }
}

const countOf = (changes: readonly RowChange[]): number => changes.reduce((sum, change) => {
  if (change.kind === 'presence') return sum + change.ranges.reduce((total, [first, last]) => total + last - first + 1, 0)
  return sum + (change.kind === 'column' ? change.ids.length : 1)
}, 0)
