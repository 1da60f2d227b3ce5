// The first key of an action as it stands now, for buttons and tooltips.
import { computed, type ComputedRef } from 'vue'
import { keysOf, type ActionId } from '@renderer/lib/actions'
import { useSettingsStore } from '@renderer/stores/settings'

export function useKeyHint(): ComputedRef<(id: ActionId) => string> {
  const store = useSettingsStore()
  return computed(() => (id: ActionId) => keysOf(id, store.settings.keys)[0] ?? '')
}
