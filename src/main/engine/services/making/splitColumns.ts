// Reads what splitting needs of a whole project, a few thousand rows at a time, into typed arrays: a million pairs take some
// tens of megabytes.
import { splitSchema, taskSchema } from '../../../../shared/contract/entities'
import type { PairScope } from '../../../../shared/contract/pairs'
import type { Store } from '../../store/openStore'
import { scopeCondition } from '../../store/scopeSql'
import { breathe } from './longAct'
import type { SplitColumns } from './splitPlan'

const chunkSize = 10_000
export const splitNames = splitSchema.options
export const taskNames = taskSchema.options

/** Pairs of two that stay together, in arrays that grow. */
class Ties {
  first = new Int32Array(1024)
  second = new Int32Array(1024)
  count = 0

  add(first: number, second: number): void {
    if (this.count === this.first.length) {
      this.first = grown(this.first)
      this.second = grown(this.second)
    }
    this.first[this.count] = first
    this.second[this.count++] = second
  }
}

function grown(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2)
  larger.set(array)
  return larger
}

export async function readSplitColumns(store: Store, scope: PairScope, { signal, onRows }: { signal?: AbortSignal; onRows?: (count: number) => void } = {}): Promise<SplitColumns> {
  const count = store.pairs.countAll()
  const [pairIds, tasks, splits, isInScope] = [new Int32Array(count), new Uint8Array(count), new Uint8Array(count), new Uint8Array(count)]
  const ties = new Ties()
  /** The first pair that shows a picture, and the first of a group. */
  const firstByImage = new Map<number, number>()
  const [taskOf, splitOf] = [indexOf(taskNames), indexOf(splitNames)]
  let size = 0
  const tie = (seen: Map<number, number>, key: number, index: number): void => {
    const first = seen.get(key)
    if (first === undefined) seen.set(key, index)
    else if (first !== index) ties.add(first, index)
  }
  for (let rows = store.making.listForSplits(0, chunkSize); rows.length > 0; rows = store.making.listForSplits(pairIds[size - 1]!, chunkSize)) {
    for (const row of rows) {
      // A pair that was made while the others were read waits for the next time.
      if (size === count) break
      pairIds[size] = row.id
      tasks[size] = taskOf.get(row.task)!
      splits[size] = splitOf.get(row.split)!
      if (row.leftImageId !== null) tie(firstByImage, row.leftImageId, size)
      if (row.rightImageId !== null) tie(firstByImage, row.rightImageId, size)
      size++
    }
    await rest()
    if (size === count) break
  }

  async function rest(): Promise<void> {
    signal?.throwIfAborted()
    onRows?.(size)
    await breathe()
  }

  const ids = pairIds.subarray(0, size)
  const placeOf = (id: number): number => lowerBound(ids, id)
  const firstByGroup = new Map<number, number>()
  let after = { groupId: 0, pairId: 0 }
  for (let rows = store.making.listDataMembers(after, chunkSize); rows.length > 0; rows = store.making.listDataMembers(after, chunkSize)) {
    for (const { groupId, pairId } of rows) {
      const index = placeOf(pairId)
      if (ids[index] === pairId) tie(firstByGroup, groupId, index)
    }
    after = rows.at(-1)!
    await rest()
  }
  const condition = scopeCondition(scope)
  for (let found = store.making.listIds(condition, 0, chunkSize); found.length > 0; found = store.making.listIds(condition, found.at(-1)!, chunkSize)) {
    for (const id of found) {
      const index = placeOf(id)
      if (ids[index] === id) isInScope[index] = 1
    }
    await rest()
  }
  return {
    pairIds: ids, tasks: tasks.subarray(0, size), splits: splits.subarray(0, size), isInScope: isInScope.subarray(0, size),
    ties: { first: ties.first, second: ties.second, count: ties.count },
  }
}

const indexOf = (names: readonly string[]): Map<string, number> => new Map(names.map((name, index) => [name, index]))

/** The place of the first that is not smaller. */
function lowerBound(ascending: Int32Array, value: number): number {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ascending[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
