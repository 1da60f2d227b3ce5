// Which pairs a dialog is about: all, those that the library shows, or those that are selected there.
import { computed, ref, type Ref } from 'vue'
import type { PairScope } from '@shared/contract/pairs'
import { formatCount } from '@renderer/lib/format'
import { usePairsStore } from '@renderer/stores/pairs'
import { useProjectStore } from '@renderer/stores/project'
import { useSelectionStore } from '@renderer/stores/selection'

export type ScopeName = 'all' | 'filter' | 'selection'

export function useScopeChoice() {
  const pairs = usePairsStore()
  const project = useProjectStore()
  const selection = useSelectionStore()
  const chosen: Ref<ScopeName> = ref('all')
  const totalCount = computed(() => project.project?.pairCount ?? 0)
  const options = computed(() => [
    { value: 'all' as const, label: `All ${formatCount(totalCount.value)}` },
    ...(pairs.isFiltered ? [{ value: 'filter' as const, label: `Present filter: ${formatCount(pairs.total ?? 0)}` }] : []),
    ...(selection.count > 0 ? [{ value: 'selection' as const, label: `Selected: ${formatCount(selection.count)}` }] : []),
  ])
  const scope = computed<PairScope>(() => {
    if (chosen.value === 'selection' && selection.scope) return selection.scope
    return { filter: { query: chosen.value === 'filter' ? pairs.filter.query : '' }, except: [] }
  })
  /** For what is about to be opened: the narrowest scope that there is. */
  function start(): void {
    chosen.value = selection.count > 0 ? 'selection' : pairs.isFiltered ? 'filter' : 'all'
  }
  const query = computed(() => (chosen.value === 'filter' ? pairs.filter.query : null))
  return { chosen, options, scope, query, start }
}
