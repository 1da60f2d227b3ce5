// Tells the other windows which pair is in sight here, and gives the names of those that look at it too.
import { computed, onScopeDispose, watch, type ComputedRef } from 'vue'
import type { Pair } from '@shared/contract/entities'
import { useOthersStore } from '@renderer/stores/others'

export function useLookingAt(pair: () => Pair | null): ComputedRef<string[]> {
  const others = useOthersStore()
  watch(pair, (now) => others.lookAt(now), { immediate: true })
  onScopeDispose(() => others.lookAt(null))
  return computed(() => {
    const now = pair()
    return now ? others.lookingAt(now.id) : []
  })
}
