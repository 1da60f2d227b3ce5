// The name that this window gives itself, so that the engine can tell its edits from those of other windows. A reload keeps
// it, and with it the edits that undo takes back; a duplicated tab, which copies the session's storage, gets one of its own.
const storageKey = 'windowId'

function isReload(): boolean {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
  return navigation?.type === 'reload'
}

function take(): string {
  const kept = isReload() ? sessionStorage.getItem(storageKey) : null
  const id = kept ?? crypto.randomUUID()
  sessionStorage.setItem(storageKey, id)
  return id
}

let id: string | null = null

export const windowId = (): string => (id ??= take())
