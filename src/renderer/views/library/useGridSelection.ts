// How clicks and arrow keys select pairs: plain replaces, Ctrl toggles, Shift takes the range from the anchor.
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

  async function selectRange(first: number, last: number): Promise<void> {
    const ids = await notices.attempt(() => pairs.idsBetween(Math.min(first, last), Math.max(first, last)))
    if (ids) selection.replace(ids)
  }

  async function select(index: number, { isRange, isToggle }: SelectModifiers): Promise<void> {
    const pair = pairs.at(index)
    selection.focus(pair?.id ?? null, index)
    if (isRange && selection.anchorIndex !== null) return selectRange(selection.anchorIndex, index)
    selection.anchorIndex = index
    if (!pair) return
    if (isToggle) selection.toggle(pair.id)
    else selection.replace([pair.id])
  }

  const selectAll = async (): Promise<void> => {
    if (pairs.total) await selectRange(0, pairs.total - 1)
  }

  return { select, selectAll }
}
