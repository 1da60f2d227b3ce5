// Settings that the engine keeps, applied to the page: theme, grid size, keys.
import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import { settingsSchema, type Settings } from '@shared/contract/studio'
import { useApi } from '@renderer/api/api'
import { useChangesStore } from './changes'
import { useNoticesStore } from './notices'

export const useSettingsStore = defineStore('settings', () => {
  const api = useApi()
  const changes = useChangesStore()
  const notices = useNoticesStore()
  const settings = shallowRef<Settings>(settingsSchema.parse({}))
  const systemIsDark = shallowRef(true)
  const isDark = computed(() => (settings.value.theme === 'system' ? systemIsDark.value : settings.value.theme === 'dark'))

  async function load(): Promise<void> {
    settings.value = await api.settings.get({})
  }

  /** Shows the change at once and takes it back when the engine refuses it. */
  async function set(change: Partial<Settings>): Promise<void> {
    const before = settings.value
    settings.value = { ...before, ...change }
    const saved = await notices.attempt(() => api.settings.set(change))
    settings.value = saved ?? before
  }

  /** Shows a change without keeping it, while a slider is being dragged. */
  function preview(change: Partial<Settings>): void {
    settings.value = { ...settings.value, ...change }
  }

  /** Follows the system's colour scheme and writes the theme on the page. */
  function applyTheme(): void {
    const query = window.matchMedia('(prefers-color-scheme: dark)')
    systemIsDark.value = query.matches
    query.addEventListener('change', (event) => { systemIsDark.value = event.matches })
    watch(isDark, (dark) => { document.documentElement.dataset.theme = dark ? 'dark' : 'light' }, { immediate: true })
  }

  watch(() => changes.counters.settings, () => void notices.attempt(load))

  return { settings, isDark, load, set, preview, applyTheme }
})
