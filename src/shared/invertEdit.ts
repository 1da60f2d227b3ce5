// The way back of an edit, in the words that people mostly use; null where the words do not tell it.
const forms: readonly [pattern: RegExp, back: string][] = [
  [/^(add|insert|put in) (.+)$/i, 'remove $2'],
  [/^(remove|delete|take away) (.+)$/i, 'add $2'],
  [/^(replace|swap) (.+) (with|for|by) (.+)$/i, '$1 $4 $3 $2'],
  [/^(change|turn|convert|transform) (.+?) (from) (.+) (to|into) (.+)$/i, '$1 $2 $3 $6 $5 $4'],
  [/^(turn|convert|transform) (.+) (into) (.+)$/i, '$1 $4 $3 $2'],
  [/^(make|paint|colou?r) (.+) ([\p{L}-]+) instead of ([\p{L}-]+)$/iu, '$1 $2 $4 instead of $3'],
]
const opposites: Readonly<Record<string, string>> = {
  left: 'right', right: 'left', top: 'bottom', bottom: 'top', larger: 'smaller', smaller: 'larger', bigger: 'smaller', brighter: 'darker', darker: 'brighter',
  clockwise: 'counterclockwise', counterclockwise: 'clockwise', open: 'close', close: 'open', day: 'night', night: 'day', summer: 'winter', winter: 'summer',
}

export function invertEdit(text: string): string | null {
  const clean = text.trim().replace(/[.!]+$/, '')
  for (const [pattern, back] of forms) {
    if (pattern.test(clean)) return clean.replace(pattern, back)
  }
  const words = clean.split(' ')
  const turned = words.map((word) => opposites[word.toLowerCase()] ?? word)
  const count = turned.filter((word, index) => word !== words[index]).length
  return count === 1 ? turned.join(' ') : null
}
