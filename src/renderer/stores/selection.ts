// Which pairs are selected in the Library. Ids, so that the selection outlives scrolling and filtering.
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'

export const useSelectionStore = defineStore('selection', () => {
  const ids = shallowRef<ReadonlySet<number>>(new Set())
  /** Where a range starts: an index in the present list; null before the first click. */
  const anchorIndex = shallowRef<number | null>(null)
  /** The pair that the side panel shows and that arrow keys move; the same one in grid, table and map. */
  const focusId = shallowRef<number | null>(null)
  /** Its place in the present list; null while that is not known, or where the list does not have it. */
  const focusIndex = shallowRef<number | null>(null)
  const count = computed(() => ids.value.size)

  const has = (id: number): boolean => ids.value.has(id)

  function replace(next: Iterable<number>): void {
    ids.value = new Set(next)
  }

  function toggle(id: number): void {
    const next = new Set(ids.value)
    if (!next.delete(id)) next.add(id)
    ids.value = next
  }

  function add(more: Iterable<number>): void {
    ids.value = new Set([...ids.value, ...more])
  }

  function remove(less: Iterable<number>): void {
    const next = new Set(ids.value)
    for (const id of less) next.delete(id)
    ids.value = next
  }

  function clear(): void {
    ids.value = new Set()
    focusId.value = null
    leaveList()
  }

  /** @param index where the pair is in the present list, as far as that is known */
  function focus(id: number | null, index: number | null): void {
    focusId.value = id
    focusIndex.value = index
  }

  /** Forgets the places in a list that is no longer shown; which pair is in focus stays. */
  function leaveList(): void {
    anchorIndex.value = null
    focusIndex.value = null
  }

  return { ids, anchorIndex, focusId, focusIndex, count, has, replace, toggle, add, remove, clear, focus, leaveList }
})
