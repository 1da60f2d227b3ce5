// What differs between two texts, word by word, and what two people made of one text, merged. Words keep the space behind
// them, so that the pieces of a difference put together are the text again.

export interface DiffPiece {
  kind: 'same' | 'removed' | 'added'
  text: string
}

const wordsOf = (text: string): string[] => text.match(/\S+\s*|\s+/g) ?? []
const plain = (word: string): string => word.trimEnd()

/** Pairs of places that hold the same word, in order: a longest common subsequence. Texts are at most a few thousand words. */
function commonWords(first: readonly string[], second: readonly string[]): [number, number][] {
  const width = second.length + 1
  const lengths = new Uint32Array((first.length + 1) * width)
  for (let i = first.length - 1; i >= 0; i--) {
    for (let j = second.length - 1; j >= 0; j--) {
      lengths[i * width + j] = plain(first[i]!) === plain(second[j]!) ? lengths[(i + 1) * width + j + 1]! + 1 : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!)
    }
  }
  const found: [number, number][] = []
  for (let i = 0, j = 0; i < first.length && j < second.length;) {
    if (plain(first[i]!) === plain(second[j]!)) found.push([i++, j++])
    else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!) i++
    else j++
  }
  return found
}

export function diffWords(from: string, to: string): DiffPiece[] {
  const [before, after] = [wordsOf(from), wordsOf(to)]
  const pieces: DiffPiece[] = []
  const add = (kind: DiffPiece['kind'], words: readonly string[]): void => {
    const text = words.join('')
    const last = pieces.at(-1)
    if (text === '') return
    if (last?.kind === kind) last.text += text
    else pieces.push({ kind, text })
  }
  let i = 0
  let j = 0
  for (const [nextI, nextJ] of [...commonWords(before, after), [before.length, after.length] as const]) {
    add('removed', before.slice(i, nextI))
    add('added', after.slice(j, nextJ))
    add('same', after.slice(nextJ, nextJ + 1))
    ;[i, j] = [nextI + 1, nextJ + 1]
  }
  return pieces
}

/** A stretch of the base that one side replaced. */
interface Edit {
  start: number
  end: number
  words: string[]
}

function editsOf(base: readonly string[], words: readonly string[]): Edit[] {
  const edits: Edit[] = []
  let i = 0
  let j = 0
  for (const [nextI, nextJ] of [...commonWords(base, words), [base.length, words.length] as const]) {
    if (nextI > i || nextJ > j) edits.push({ start: i, end: nextI, words: words.slice(j, nextJ) })
    ;[i, j] = [nextI + 1, nextJ + 1]
  }
  return edits
}

const touches = (first: Edit, second: Edit): boolean =>
  first.start < second.end && second.start < first.end ? true : first.start === second.start && (first.start === first.end || second.start === second.end)
const isEqual = (first: Edit, second: Edit): boolean => first.start === second.start && first.end === second.end && first.words.map(plain).join(' ') === second.words.map(plain).join(' ')

/**
 * Takes the words that either changed. Where both changed the same words, mine are kept.
 * @returns `hasOverlap` tells that such a place exists, so that a person looks at it
 */
export function mergeTexts(base: string, mine: string, theirs: string): { text: string; hasOverlap: boolean } {
  const baseWords = wordsOf(base)
  const mineEdits = editsOf(baseWords, wordsOf(mine))
  const theirEdits = editsOf(baseWords, wordsOf(theirs))
  const free = theirEdits.filter((edit) => !mineEdits.some((own) => touches(own, edit)))
  const hasOverlap = theirEdits.some((edit) => mineEdits.some((own) => touches(own, edit) && !isEqual(own, edit)))
  const merged: string[] = []
  let position = 0
  for (const { start, end, words } of [...mineEdits, ...free].sort((a, b) => a.start - b.start || a.end - b.end)) {
    merged.push(...baseWords.slice(position, start), ...words)
    position = end
  }
  merged.push(...baseWords.slice(position))
  // A word that was the last of its text has no space behind it.
  return { text: merged.map((word, index) => (index < merged.length - 1 && plain(word) === word ? `${word} ` : word)).join('').trim(), hasOverlap }
}
