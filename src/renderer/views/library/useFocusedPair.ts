// The pair in focus, whichever view it was focused in: from the list where that has it, else from the engine. In the list it
// is looked for again when the list has changed.
import { computed, shallowRef, watch, type ComputedRef } from 'vue'
import type { Pair } from '@shared/contract/entities'
import { useApi } from '@renderer/api/api'
import { useChangesStore } from '@renderer/stores/changes'
import { usePairsStore } from '@renderer/stores/pairs'
import { useSelectionStore } from '@renderer/stores/selection'

export function useFocusedPair(): ComputedRef<Pair | null> {
  const api = useApi()
  const changes = useChangesStore()
  const pairs = usePairsStore()
  const selection = useSelectionStore()
  const fetched = shallowRef<Pair | null>(null)
  const listed = computed(() => (selection.focusIndex === null ? null : pairs.at(selection.focusIndex)))
  const isListed = computed(() => listed.value !== null && (selection.focusId === null || listed.value.id === selection.focusId))

  async function look(id: number): Promise<void> {
    // A pair that an undo has removed is in focus no more.
    const pair = await api.pairs.get({ id }).catch(() => null)
    if (selection.focusId !== id) return
    fetched.value = pair
    if (!pair) selection.focus(null, null)
  }

  // The page of the pair may have come after it was focused.
  watch(listed, (pair) => { if (pair && selection.focusId === null) selection.focusId = pair.id }, { immediate: true })
  watch([() => selection.focusId, isListed, () => changes.counters.pairs], ([id, inList]) => {
    if (id !== null && !inList) void look(id)
  }, { immediate: true })

  return computed(() => (isListed.value ? listed.value : fetched.value?.id === selection.focusId ? fetched.value : null))
}
