// A key press in tinykeys notation, for the settings; null for a modifier on its own.
const modifiers = ['Control', 'Meta', 'Alt', 'AltGraph', 'Shift']

export function keysOfPress(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>): string | null {
  if (modifiers.includes(event.key)) return null
  const key = event.key === ' ' ? 'Space' : event.key.length === 1 ? event.key.toLowerCase() : event.key
  const parts = [event.ctrlKey || event.metaKey ? '$mod' : null, event.altKey ? 'Alt' : null, event.shiftKey ? 'Shift' : null, key]
  return parts.filter(Boolean).join('+')
}
