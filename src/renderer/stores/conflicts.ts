// A text that two people edited: what each made of it, until a person chooses. One at a time; another waits its turn.
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { Pair } from '@shared/contract/entities'

export interface TextConflict {
  pairId: number
  side: 'left' | 'right'
  /** What stood there when the edit began; empty for none. */
  base: string
  mine: string
  /** The pair as it is now. */
  theirs: Pair
  /** Saves the chosen text over `theirs`. */
  save: (text: string) => void
}

export const useConflictsStore = defineStore('conflicts', () => {
  const waiting = shallowRef<readonly TextConflict[]>([])
  const current = computed(() => waiting.value[0] ?? null)

  function add(conflict: TextConflict): void {
    waiting.value = [...waiting.value.filter(({ pairId, side }) => pairId !== conflict.pairId || side !== conflict.side), conflict]
  }

  /** @param text null leaves what stands there */
  function settle(text: string | null): void {
    const conflict = current.value
    waiting.value = waiting.value.slice(1)
    if (conflict && text !== null) conflict.save(text)
  }

  return { current, add, settle }
})
