// Where the cards of a grid lie. Plain numbers, so that the rule can be tested without a page.

export interface GridLayout {
  columnCount: number
  cardWidthPx: number
  rowHeightPx: number
}

export const gridGapPx = 10
/** Room for two lines of caption below a picture. */
export const captionHeightPx = 46

/** As many columns as fit at the wanted width; the cards then share what is left over. */
export function layOutGrid(widthPx: number, wantedCardWidthPx: number): GridLayout {
  const columnCount = Math.max(1, Math.floor((widthPx + gridGapPx) / (wantedCardWidthPx + gridGapPx)))
  const cardWidthPx = Math.max(1, (widthPx - gridGapPx * (columnCount - 1)) / columnCount)
  return { columnCount, cardWidthPx, rowHeightPx: Math.round(cardWidthPx) + captionHeightPx + gridGapPx }
}

/** The index that an arrow key leads to, kept inside the list. */
export function stepInGrid(index: number, key: string, columnCount: number, total: number): number {
  const steps: Record<string, number> = {
    ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columnCount, ArrowDown: columnCount, Home: -index, End: total - 1 - index,
    PageUp: -columnCount * 4, PageDown: columnCount * 4,
  }
  return Math.min(total - 1, Math.max(0, index + (steps[key] ?? 0)))
}

export const gridKeys = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End', 'PageUp', 'PageDown']
