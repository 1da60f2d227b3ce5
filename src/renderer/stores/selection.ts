// Which pairs are selected in the Library. Ids, so that the selection outlives scrolling and filtering.
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'

export const useSelectionStore = defineStore('selection', () => {
  const ids = shallowRef<ReadonlySet<number>>(new Set())
  /** Where a range starts: an index in the present list; null before the first click. */
  const anchorIndex = shallowRef<number | null>(null)
  /** The pair that the side panel shows and that arrow keys move. */
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

  function clear(): void {
    ids.value = new Set()
    leaveList()
  }

  /** Forgets the places in a list that is no longer shown. */
  function leaveList(): void {
    anchorIndex.value = null
    focusIndex.value = null
  }

  return { ids, anchorIndex, focusIndex, count, has, replace, toggle, clear, leaveList }
})
