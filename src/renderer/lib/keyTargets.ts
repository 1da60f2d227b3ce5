// Where a key press belongs before the view may have it.

export function isTextField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'range', 'button'].includes(target.type)
  return target instanceof HTMLTextAreaElement || target.isContentEditable
}

/**
 * True inside a dialog, a menu or an open list, which have keys of their own. A dialog whose button went away leaves the
 * focus to the page itself; the keys are the dialog's all the same.
 */
export function isInLayer(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false
  if (target.closest('[role="dialog"], [role="listbox"]:not([aria-multiselectable]), [role="menu"]') !== null) return true
  return target === document.body && document.querySelector('[role="dialog"][data-state="open"]') !== null
}
