import { describe, expect, it } from 'vitest'
import { createReplacer, type Replacement } from '../../src/main/engine/services/bulk/replaceText'

const replacer = (over: Partial<Replacement>) => createReplacer({ find: 'a', isRegex: false, matchesCase: false, replacement: 'b', ...over })

describe('find and replace', () => {
  it('takes characters as they are', () => {
    expect(replacer({ find: 'c++ (new)', replacement: '$& and $1' })(['C++ (new) c++ (NEW)', 'c (new)'])).toEqual(['$& and $1 $& and $1', 'c (new)'])
    expect(replacer({ find: 'a-b', replacement: 'x' })(['a-b'])).toEqual(['x'])
    expect(replacer({ find: '/[x]', replacement: '' })(['1/[x]2'])).toEqual(['12'])
  })

  it('keeps to the case where that is asked', () => {
    expect(replacer({ find: 'Red', matchesCase: true, replacement: 'blue' })(['a red Red'])).toEqual(['a red blue'])
  })

  it('fills groups into the replacement', () => {
    expect(replacer({ find: '(\\w+) (?<last>\\w+)', isRegex: true, replacement: '$<last> $1' })(['red car'])).toEqual(['car red'])
  })

  it('knows characters beyond the first plane', () => {
    expect(replacer({ find: '^.', isRegex: true, replacement: 'x' })(['😀ok'])).toEqual(['xok'])
  })

  it('stops a pattern that backtracks for ever', () => {
    const started = performance.now()
    expect(() => replacer({ find: '^(a+)+$', isRegex: true })([`${'a'.repeat(60)}!`])).toThrow(/takes too long/)
    expect(performance.now() - started).toBeLessThan(5000)
    // The engine is sound afterwards.
    expect(replacer({})(['abc'])).toEqual(['bbc'])
  })

  it('refuses a pattern that cannot be read, and a text that would burst', () => {
    expect(() => replacer({ find: '(', isRegex: true })).toThrow(/not a regular expression/)
    expect(() => replacer({ find: 'a', replacement: 'y'.repeat(2000) })(['aaaaaa'])).toThrow(/12000 characters/)
  })
})
