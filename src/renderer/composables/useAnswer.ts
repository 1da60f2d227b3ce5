// One question to the engine whose answer is shown: the newest counts, an older one under way is given up.
import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import type { AppError } from '@shared/errors'
import { readError } from '@renderer/api/readError'

export interface Answer<T> {
  /** The last answer; it stays while the next one is under way. Null before the first and after `clear`. */
  latest: ShallowRef<T | null>
  error: ShallowRef<AppError | null>
  isAsking: Ref<boolean>
  ask: (question: (signal: AbortSignal) => Promise<T>) => Promise<void>
  clear: () => void
}

export function useAnswer<T>(): Answer<T> {
  const latest = shallowRef<T | null>(null)
  const error = shallowRef<AppError | null>(null)
  const isAsking = ref(false)
  let current: AbortController | null = null

  const giveUp = (): void => {
    current?.abort()
    current = null
    isAsking.value = false
  }

  async function ask(question: (signal: AbortSignal) => Promise<T>): Promise<void> {
    giveUp()
    const own = new AbortController()
    current = own
    isAsking.value = true
    try {
      const answer = await question(own.signal)
      if (current !== own) return
      latest.value = answer
      error.value = null
    } catch (thrown) {
      if (current !== own) return
      error.value = readError(thrown)
    }
    isAsking.value = false
    current = null
  }

  function clear(): void {
    giveUp()
    latest.value = null
    error.value = null
  }

  onScopeDispose(giveUp)
  return { latest, error, isAsking, ask, clear }
}
