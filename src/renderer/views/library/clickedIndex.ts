// Clicks are heard once for a whole list, so that none of its parts is drawn again for a listener of its own while it scrolls.

/** The place in the list of what was clicked, from its `data-index`; null beside all of them. */
export function clickedIndex(event: MouseEvent): number | null {
  const part = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-index]') : null
  return part ? Number(part.dataset.index) : null
}
