// A setting of a view that this browser keeps, such as which columns a table shows. What is stored may be of an older
// version: it is taken only where `isValid` says so.
import { ref, watch, type Ref } from 'vue'

export function useStored<T>(key: string, fallback: T, isValid: (value: unknown) => value is T): Ref<T> {
  const value = ref(read(key, fallback, isValid)) as Ref<T>
  watch(value, (next) => {
    try {
      localStorage.setItem(key, JSON.stringify(next))
    } catch {
      // A full or forbidden storage forgets the setting; nothing else depends on it.
    }
  }, { deep: true })
  return value
}

function read<T>(key: string, fallback: T, isValid: (value: unknown) => value is T): T {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? 'null')
    return isValid(stored) ? stored : fallback
  } catch {
    return fallback
  }
}

/** For settings that are one of a few words. */
export const oneOf = <T extends string>(words: readonly T[]) => (value: unknown): value is T => (words as readonly unknown[]).includes(value)
