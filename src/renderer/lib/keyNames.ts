// Keys in tinykeys notation ("$mod+k", "g l", "Shift+?") as short words for people.
const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent)

const names: Record<string, string> = {
  $mod: isMac ? '⌘' : 'Ctrl', Control: 'Ctrl', Meta: isMac ? '⌘' : 'Meta', Alt: isMac ? '⌥' : 'Alt', Shift: isMac ? '⇧' : 'Shift',
  ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', Enter: '↵', Escape: 'Esc', ' ': 'Space', Space: 'Space',
  Delete: 'Del', Backspace: '⌫', Tab: '⇥',
}

/** The parts to draw, one per key. “Shift+?” is drawn as “?”: the character already says that Shift is held. */
export function describeKeys(keys: string): string[] {
  return keys.split(' ').filter(Boolean).flatMap((press) => {
    const parts = press.split('+').filter(Boolean)
    const last = parts.at(-1) ?? ''
    const isShiftedSign = last.length === 1 && !/[a-z0-9]/i.test(last)
    return parts.filter((part) => !(part === 'Shift' && isShiftedSign)).map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part))
  })
}

/** The same on one line, for lists and accessible descriptions. */
export const spellKeys = (keys: string): string => keys.split(' ').map((press) => describeKeys(press).join('+')).join(' then ')
