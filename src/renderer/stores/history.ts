// What can be undone and redone, and the two acts themselves. Every edit answers with the new state.
import { defineStore } from 'pinia'
import { shallowRef, watch } from 'vue'
import type { Pair } from '@shared/contract/entities'
import type { ChangedPairs, History } from '@shared/contract/pairs'
import { useApi } from '@renderer/api/api'
import { readError } from '@renderer/api/readError'
import { useChangesStore } from './changes'
import { useNoticesStore } from './notices'

type Direction = 'undo' | 'redo'

export const useHistoryStore = defineStore('history', () => {
  const api = useApi()
  const changes = useChangesStore()
  const notices = useNoticesStore()
  const history = shallowRef<History>({ undoLabel: null, redoLabel: null })
  /** The pairs that the latest undo or redo put back; views go to the first of them. */
  const restored = shallowRef<Pair[]>([])

  /** An undo or redo that waits for a choice, because another window has edited since; null for none. */
  const blocked = shallowRef<{ direction: Direction; label: string; message: string; advice: string | null } | null>(null)

  async function load(): Promise<void> {
    history.value = await api.history.get({})
  }

  function set(next: History): void {
    history.value = next
  }

  let queue: Promise<unknown> = Promise.resolve()

  /** Runs edits one after the other, so that an undo pressed right after an edit takes that edit back. */
  function inOrder<T>(work: () => Promise<T>): Promise<T> {
    const result = queue.then(work, work)
    queue = result.catch(() => undefined)
    return result
  }

  async function step(direction: Direction): Promise<void> {
    const label = direction === 'undo' ? history.value.undoLabel : history.value.redoLabel
    if (label === null) {
      notices.show({ title: direction === 'undo' ? 'Nothing to undo' : 'Nothing to redo' })
      return
    }
    await notices.attempt(async () => {
      try {
        take(direction, label, await send(direction, 'ask'))
      } catch (thrown) {
        const { code, message, advice } = readError(thrown)
        if (code !== 'conflict') throw thrown
        blocked.value = { direction, label, message, advice }
      }
    })
  }

  const send = (direction: Direction, onConflict: 'ask' | 'overwrite' | 'skip') => (direction === 'undo' ? api.history.undo({ onConflict }) : api.history.redo({ onConflict }))

  function take(direction: Direction, label: string, changed: ChangedPairs): void {
    history.value = changed.history
    restored.value = changed.pairs
    notices.show({ title: `${direction === 'undo' ? 'Undone' : 'Redone'}: ${label}` })
  }

  const leaveBlocked = (): void => { blocked.value = null }

  /** Goes on where another window has edited since: over its edit, or past one's own. */
  async function passBlocked(how: 'overwrite' | 'skip'): Promise<void> {
    const now = blocked.value
    leaveBlocked()
    if (!now) return
    await inOrder(() => notices.attempt(async () => {
      const changed = await send(now.direction, how)
      if (how === 'overwrite') take(now.direction, now.label, changed)
      else set(changed.history)
    }))
  }

  watch(() => [changes.counters.pairs, changes.counters.negatives, changes.counters.quality], () => void notices.attempt(load))

  return { history, restored, blocked, leaveBlocked, passBlocked, load, set, inOrder, undo: () => inOrder(() => step('undo')), redo: () => inOrder(() => step('redo')) }
})
