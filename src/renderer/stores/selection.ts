// Which pairs are selected in the Library: ids, which outlive scrolling and filtering, or all that match the present filter but
// for some, so that a million are selected at once and an act on them sends no ids.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { PairScope } from '@shared/contract/pairs'
import { useApi } from '@renderer/api/api'
import { useChangesStore } from './changes'
import { usePairsStore } from './pairs'

interface AllMatching {
  query: string
  except: ReadonlySet<number>
}

export const useSelectionStore = defineStore('selection', () => {
  const api = useApi()
  const pairs = usePairsStore()
  const changes = useChangesStore()
  const ids = shallowRef<ReadonlySet<number>>(new Set())
  /** Null while single pairs are selected. */
  const matching = shallowRef<AllMatching | null>(null)
  const matchingCount = ref(0)
  /** Where a range starts: an index in the present list; null before the first click. */
  const anchorIndex = shallowRef<number | null>(null)
  /** The pair that the side panel shows and that arrow keys move; the same one in grid, table and map. */
  const focusId = shallowRef<number | null>(null)
  /** Its place in the present list; null while that is not known, or where the list does not have it. */
  const focusIndex = shallowRef<number | null>(null)
  const count = computed(() => (matching.value ? matchingCount.value : ids.value.size))
  /** Whether all that match are selected, those never shown included. */
  const isMatching = computed(() => matching.value !== null)
  /** What an act on the selection is about; null when nothing is selected. */
  const scope = computed<PairScope | null>(() => {
    if (count.value === 0) return null
    return matching.value ? { filter: { query: matching.value.query }, except: [...matching.value.except] } : { ids: [...ids.value] }
  })

  /** Of a pair that the present filter matches. */
  const has = (id: number): boolean => (matching.value ? !matching.value.except.has(id) : ids.value.has(id))

  function replace(next: Iterable<number>): void {
    matching.value = null
    ids.value = new Set(next)
  }

  /** Selects or leaves out, whichever way the selection is kept. */
  function set(changed: Iterable<number>, isWanted: boolean): void {
    const kept = matching.value
    const next = new Set(kept ? kept.except : ids.value)
    const before = next.size
    for (const id of changed) {
      if (isWanted === (kept === null)) next.add(id)
      else next.delete(id)
    }
    if (kept) {
      matching.value = { ...kept, except: next }
      matchingCount.value -= next.size - before
    } else ids.value = next
  }

  const toggle = (id: number): void => set([id], !has(id))
  const add = (more: Iterable<number>): void => set(more, true)
  const remove = (less: Iterable<number>): void => set(less, false)

  /** All that the present filter matches, now and when an act comes. */
  function selectAll(): void {
    ids.value = new Set()
    matching.value = { query: pairs.filter.query, except: new Set() }
    matchingCount.value = pairs.total ?? 0
  }

  function clear(): void {
    replace([])
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

  /** An edit may have made pairs match, or no longer match. */
  async function countAgain(): Promise<void> {
    const asked = matching.value
    if (!asked) return
    const answer = await api.pairs.countScope({ scope: { filter: { query: asked.query }, except: [...asked.except] } }).catch(() => null)
    if (!answer || matching.value !== asked) return
    matchingCount.value = answer.count
    if (answer.count === 0) replace([])
  }

  changes.onPairs(() => void countAgain())
  // Which pairs another filter has in common with this one is not known here.
  watch(() => pairs.filter.query, (query) => { if (matching.value && matching.value.query !== query) replace([]) }, { flush: 'sync' })

  return { ids, anchorIndex, focusId, focusIndex, count, isMatching, scope, has, replace, toggle, add, remove, selectAll, clear, focus, leaveList }
})
