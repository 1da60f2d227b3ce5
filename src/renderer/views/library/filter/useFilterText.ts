// The text of the filter while it is typed. It becomes the filter when typing pauses and it is understood; until then the
// list keeps showing the last filter that was. Filters that stayed for a while are remembered in this browser.
import { onScopeDispose, ref, watch } from 'vue'
import { parseFilter } from '@shared/filter/parseFilter'
import type { FilterProblem } from '@shared/filter/readTerm'
import { useStored } from '@renderer/composables/useStored'
import { usePairsStore } from '@renderer/stores/pairs'

const typingPauseMs = 180
/** A filter that was looked at for so long is worth coming back to. */
const keptAfterMs = 2500
const mostRecent = 15

const isWords = (value: unknown): value is string[] => Array.isArray(value) && value.every((each) => typeof each === 'string')

export function useFilterText() {
  const pairs = usePairsStore()
  const text = ref(pairs.filter.query)
  /** What is wrong with the text; null while it is understood. */
  const problem = ref<FilterProblem | null>(null)
  const recent = useStored<string[]>('studio.recentFilters', [], isWords)
  let typing: ReturnType<typeof setTimeout> | undefined
  let staying: ReturnType<typeof setTimeout> | undefined

  function remember(query: string): void {
    if (query) recent.value = [query, ...recent.value.filter((other) => other !== query)].slice(0, mostRecent)
  }

  /** Without waiting for a pause. */
  function apply(): void {
    clearTimeout(typing)
    problem.value = parseFilter(text.value).problem
    if (problem.value) return
    pairs.filter.query = text.value.trim()
    remember(text.value.trim())
  }

  watch(text, (next) => {
    clearTimeout(typing)
    if (next.trim() === pairs.filter.query) {
      problem.value = null
      return
    }
    typing = setTimeout(() => {
      problem.value = parseFilter(next).problem
      if (!problem.value) pairs.filter.query = next.trim()
    }, typingPauseMs)
  })
  watch(() => pairs.filter.query, (query) => {
    if (query !== text.value.trim()) text.value = query
    clearTimeout(staying)
    staying = setTimeout(() => remember(query), keptAfterMs)
  })
  onScopeDispose(() => {
    clearTimeout(typing)
    clearTimeout(staying)
  })

  return { text, problem, recent, apply }
}
