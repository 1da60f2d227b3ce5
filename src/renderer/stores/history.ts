// What can be undone and redone, and the two acts themselves. Every edit answers with the new state.
import { defineStore } from 'pinia'
import { shallowRef, watch } from 'vue'
import type { Pair } from '@shared/contract/entities'
import type { History } from '@shared/contract/pairs'
import { useApi } from '@renderer/api/api'
import { useChangesStore } from './changes'
import { useNoticesStore } from './notices'

export const useHistoryStore = defineStore('history', () => {
  const api = useApi()
  const changes = useChangesStore()
  const notices = useNoticesStore()
  const history = shallowRef<History>({ undoLabel: null, redoLabel: null })
  /** The pairs that the latest undo or redo put back; views go to the first of them. */
  const restored = shallowRef<Pair[]>([])

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

  async function step(direction: 'undo' | 'redo'): Promise<void> {
    const label = direction === 'undo' ? history.value.undoLabel : history.value.redoLabel
    if (label === null) {
      notices.show({ title: direction === 'undo' ? 'Nothing to undo' : 'Nothing to redo' })
      return
    }
    await notices.attempt(async () => {
      const changed = direction === 'undo' ? await api.history.undo({}) : await api.history.redo({})
      history.value = changed.history
      restored.value = changed.pairs
      notices.show({ title: `${direction === 'undo' ? 'Undone' : 'Redone'}: ${label}` })
    })
  }

  watch(() => [changes.counters.pairs, changes.counters.negatives, changes.counters.quality], () => void notices.attempt(load))

  return { history, restored, load, set, inOrder, undo: () => inOrder(() => step('undo')), redo: () => inOrder(() => step('redo')) }
})
