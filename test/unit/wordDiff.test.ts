// Differences by words, and the merge of what two people made of one text.
import { describe, expect, it } from 'vitest'
import { diffWords, mergeTexts } from '../../src/renderer/lib/wordDiff'

describe('differences', () => {
  it.each([
    ['a red car', 'a blue car'], ['', 'new'], ['old', ''], ['same', 'same'], ['one two three', 'three two one'], ['ends', 'ends with more'], ['two  spaces\nand lines', 'two spaces\nand more lines'],
  ])('of “%s” and “%s” give both back', (from, to) => {
    const pieces = diffWords(from, to)
    expect(pieces.filter(({ kind }) => kind !== 'removed').map(({ text }) => text).join('')).toBe(to)
    expect(pieces.filter(({ kind }) => kind !== 'added').map(({ text }) => text.trim()).join(' ').split(/\s+/).filter(Boolean)).toEqual(from.split(/\s+/).filter(Boolean))
  })

  it('mark only the words that differ', () => {
    expect(diffWords('a red car on a road', 'a blue car on the road')).toEqual([
      { kind: 'same', text: 'a ' }, { kind: 'removed', text: 'red ' }, { kind: 'added', text: 'blue ' }, { kind: 'same', text: 'car on ' }, { kind: 'removed', text: 'a ' }, { kind: 'added', text: 'the ' }, { kind: 'same', text: 'road' },
    ])
  })
})

describe('merging', () => {
  it.each([
    ['a red car', 'a dark red car', 'a red car on a road', 'a dark red car on a road', false],
    ['a red car', 'a red car', 'a blue car', 'a blue car', false],
    ['a red car', 'a blue car', 'a red car', 'a blue car', false],
    ['a red car', 'a blue car', 'a green car', 'a blue car', true],
    ['a red car', 'a blue car', 'a blue car', 'a blue car', false],
    ['a red car', 'a car', 'a red car at night', 'a car at night', false],
    ['', 'mine', 'theirs', 'mine', true],
    ['one two three', 'two three', 'one two', 'two', false],
    ['a dog', 'a dog and a cat', 'a dog in the rain', 'a dog and a cat', true],
  ])('“%s” to “%s” and “%s” is “%s”', (base, mine, theirs, text, hasOverlap) => {
    expect(mergeTexts(base, mine, theirs)).toEqual({ text, hasOverlap })
  })

  it('of long texts takes little time', () => {
    const base = Array.from({ length: 1500 }, (_, index) => `word${index}`).join(' ')
    const before = performance.now()
    expect(mergeTexts(base, base.replace('word7 ', 'seven '), base.replace('word1400 ', '')).text).toContain('seven word8')
    expect(performance.now() - before).toBeLessThan(1500)
  })
})
