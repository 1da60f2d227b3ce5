import { describe, expect, it } from 'vitest'
import { cleanText } from '../../../src/main/engine/compute/text/cleanText'
import { decodeText, encodeText, frameText } from '../../../src/main/engine/compute/text/tokenizer'
import { endOfTextId, loadVocabulary, startOfTextId } from '../../../src/main/engine/compute/text/vocabulary'

describe('cleanText', () => {
  it.each([
    ['  A\u00a0\tB\r\n', 'a b'],
    ['&amp;lt;b&amp;gt;', '<b>'],
    ['&amp;amp;amp;', '&amp;'],
    ['caf&eacute; &copy 2020', 'café © 2020'],
    ['a\u001cb\u0085c', 'a b c'],
    ['\ufeffa', '\ufeffa'],
    ['\ud800x', '\ufffdx'],
    ['', ''],
    [' \n ', ''],
  ])('%j becomes %j', (text, expected) => {
    expect(cleanText(text)).toBe(expected)
  })
})

describe('vocabulary', () => {
  it('has one byte string for each id, and 48,894 merges', () => {
    const { tokenBytes, merges } = loadVocabulary()
    expect(tokenBytes.length).toBe(startOfTextId)
    expect(tokenBytes.every((bytes) => bytes.length > 0)).toBe(true)
    expect(merges.size).toBe(48_894)
    expect(new Set(merges.values()).size).toBe(48_894)
  })
})

describe('encodeText and decodeText', () => {
  it.each([
    'a red circle', 'naïve café', '日本語', '😀 👍🏽', 'ﷺ', '½ ² ③', 'עברית', '\u0000\u0001',
  ])('gives %j back', (text) => {
    expect(decodeText(encodeText(text)).replaceAll(' ', '')).toBe(cleanText(text).replaceAll(' ', ''))
  })

  it('stops at the end of text and passes over ids that are no text', () => {
    const framed = frameText(encodeText('two words'), 8)
    expect(decodeText([...framed, 0, 0, 60_000])).toBe('two words')
    expect(decodeText([startOfTextId, 49_408, 52_000, ...encodeText('cat')])).toBe('cat')
  })

  it('replaces bytes that are cut in the middle of a character', () => {
    expect(decodeText(encodeText('日本語').slice(0, 3))).toContain('\ufffd')
  })

  it('gives the same ids with a cold and a warm cache, and callers cannot spoil the cache', () => {
    const first = encodeText('cached words cached words')
    first.fill(-1)
    expect(encodeText('cached words')).toEqual(encodeText('cached words cached words').slice(0, 3))
  })

  it('encodes one word of 200,000 letters in a few seconds', () => {
    const startMs = performance.now()
    expect(encodeText('x'.repeat(200_000)).length).toBeGreaterThan(1000)
    expect(performance.now() - startMs).toBeLessThan(10_000)
  })
})

describe('frameText', () => {
  it('wraps short ids without padding', () => {
    expect([...frameText([5, 6], 8)]).toEqual([startOfTextId, 5, 6, endOfTextId])
    expect([...frameText([], 8)]).toEqual([startOfTextId, endOfTextId])
  })

  it('cuts long ids and ends them with end of text', () => {
    expect([...frameText([1, 2, 3, 4], 4)]).toEqual([startOfTextId, 1, 2, endOfTextId])
    expect([...frameText([1, 2], 4)]).toEqual([startOfTextId, 1, 2, endOfTextId])
  })

  it('refuses a context that cannot hold start and end', () => {
    expect(() => frameText([1], 1)).toThrow(/at least 2/)
  })
})
