// How clicks and arrow keys select pairs: plain replaces, Ctrl toggles, Shift takes the range from the anchor.
import { mostNamedPairs } from '@shared/contract/pairs'
import { formatCount } from '@renderer/lib/format'
import { usePairsStore } from '@renderer/stores/pairs'
import { useNoticesStore } from '@renderer/stores/notices'
import { useSelectionStore } from '@renderer/stores/selection'

export interface SelectModifiers {
  isRange: boolean
  isToggle: boolean
}

export function useGridSelection() {
  const pairs = usePairsStore()
  const selection = useSelectionStore()
  const notices = useNoticesStore()

  async function selectRange(from: number, to: number): Promise<void> {
    const first = Math.min(from, to)
    const last = Math.max(from, to)
    if (first === 0 && last + 1 === pairs.total) return selection.selectAll()
    if (last - first >= mostNamedPairs) {
      notices.show({ tone: 'bad', title: `A range holds at most ${formatCount(mostNamedPairs)} pairs.`, text: 'Select all that match and leave some out, or narrow the filter.' })
      return
    }
    const ids = await notices.attempt(() => pairs.idsBetween(first, last))
    if (ids) selection.replace(ids)
  }

  async function select(index: number, { isRange, isToggle }: SelectModifiers): Promise<void> {
    const pair = pairs.at(index)
    selection.focus(pair?.id ?? null, index)
    if (isRange && selection.anchorIndex !== null) return selectRange(selection.anchorIndex, index)
    selection.anchorIndex = index
    if (pair && isToggle) selection.toggle(pair.id)
    else if (!isToggle) selection.replace(pair ? [pair.id] : [])
    if (pair || isToggle) return
    // A jump to where no page has come yet.
    const ids = await notices.attempt(() => pairs.idsBetween(index, index))
    if (ids && selection.focusIndex === index && selection.count === 0) selection.replace(ids)
  }

  function selectAll(): void {
    if (pairs.total) selection.selectAll()
  }

  return { select, selectAll }
}
