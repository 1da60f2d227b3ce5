// Binds actions to their keys while a component is mounted. Single keys stay out of text fields and open dialogs, do not
// repeat while they are held, and are not taken for the second half of a sequence such as “g r”.
import { onScopeDispose, watch } from 'vue'
import { tinykeys } from 'tinykeys'
import { actionOf, keysOf, type ActionId } from '@renderer/lib/actions'
import { isTextField, isInLayer } from '@renderer/lib/keyTargets'
import { useSettingsStore } from '@renderer/stores/settings'

export type KeyHandlers = Partial<Record<ActionId, (event: KeyboardEvent) => void>>

const sequenceMs = 1000
/** The keys that begin a sequence somewhere in the table of actions. */
const prefixKey = 'g'
let prefixAtMs = -Infinity
let lastPressWasPrefix = false

function rememberPrefix(event: KeyboardEvent): void {
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey
  lastPressWasPrefix = performance.now() - prefixAtMs < sequenceMs && event.key !== prefixKey
  prefixAtMs = isPlain && event.key === prefixKey ? performance.now() : -Infinity
}

if (typeof window !== 'undefined') window.addEventListener('keydown', rememberPrefix, { capture: true })

export function useKeys(handlers: KeyHandlers, isEnabled: () => boolean = () => true): void {
  const store = useSettingsStore()
  let unbind: (() => void) | null = null

  const guard = (id: ActionId, keys: string, handler: (event: KeyboardEvent) => void) => (event: KeyboardEvent) => {
    const { worksInText } = actionOf(id)
    if (!isEnabled() || event.defaultPrevented || event.repeat) return
    if (!worksInText && (isTextField(event.target) || isInLayer(event.target))) return
    if (!keys.includes(' ') && lastPressWasPrefix) return
    event.preventDefault()
    handler(event)
  }

  function bind(): void {
    unbind?.()
    const map: Record<string, (event: KeyboardEvent) => void> = {}
    for (const [id, handler] of Object.entries(handlers) as [ActionId, (event: KeyboardEvent) => void][]) {
      for (const keys of keysOf(id, store.settings.keys)) map[keys] = guard(id, keys, handler)
    }
    unbind = tinykeys(window, map, { timeout: sequenceMs })
  }

  watch(() => store.settings.keys, bind, { immediate: true })
  onScopeDispose(() => unbind?.())
}
