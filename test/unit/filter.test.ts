import { describe, expect, it, test } from 'vitest'
import { applySuggestion, completeFilter } from '../../src/shared/filter/completeFilter'
import { termNames, termOf } from '../../src/shared/filter/filterTerms'
import { formatFilter } from '../../src/shared/filter/formatFilter'
import { parseFilter } from '../../src/shared/filter/parseFilter'
import { withFilter, withoutTerm, withTerm, withWordToggled, wordsOfTerm } from '../../src/shared/filter/rewriteFilter'
import { filterOf } from '../../src/shared/filter/writeFilter'
import { randomFilterText, randomTree } from '../helpers/randomFilter'
import { seededRandom } from '../helpers/seededRandom'

const tree = (text: string) => parseFilter(text).value
const problem = (text: string) => parseFilter(text).problem

describe('parsing', () => {
  test.each([
    ['', ''],
    ['  status:accepted   ', 'status:accepted'],
    ['status=accepted,Rejected', 'status:accepted,rejected'],
    ['score<0.2 tag:blur "red car" -tag:done', 'score<0.2 tag:blur "red car" -tag:done'],
    ['score:<=0.2 score:>-0.5', 'score<=0.2 score>-0.5'],
    ['score:0.2..0.4 score:..−0.1 length:120..', 'score:0.2..0.4 score<=-0.1 length>=120'],
    ['id:3,5..9,7', 'id:3,5..9,7'],
    ['a AND b c', 'a b c'],
    ['a OR b c', 'a OR b c'],
    ['(a OR b) c', '(a OR b) c'],
    ['NOT (a b)', '-(a b)'],
    ['- a', '- a'],
    ['semi-transparent co-op', 'semi-transparent co-op'],
    ['tag:"two words",x', 'tag:"two words",x'],
    ['"say \\"hi\\" \\\\ now"', '"say \\"hi\\" \\\\ now"'],
    ['text:red left:"what colour"', 'red left:"what colour"'],
    ['text:OR text:-x', 'text:OR text:-x'],
    ['updated>=2026-02-28 updated:yesterday updated<3d', 'updated>=2026-02-28 updated:yesterday updated<3d'],
    ['5"red"', '5 "red"'],
  ])('%s', (text, canonical) => {
    expect(problem(text)).toBeNull()
    expect(formatFilter(tree(text)!)).toBe(canonical)
    expect(tree(canonical)).toEqual(tree(text))
  })

  test.each([
    ['colour:red', 0, 'There is no term “colour”.', /Terms are status, .*quotes/],
    ['a status:new', 9, '“status” is never “new”.', /unreviewed, accepted, rejected/],
    ['status<accepted', 0, 'cannot be compared', /status:unreviewed/],
    ['score<', 0, '“score” has no value.', /score<0\.2/],
    ['score<high', 6, 'not understood', /0\.2\.\.0\.4/],
    ['id:1.5', 3, 'not understood', /whole number/],
    ['score>1,2', 0, 'takes one value, not 2', /score<0\.2/],
    ['updated:2026-02-30', 8, 'not understood', /three days ago/],
    ['"red car', 0, 'This quote is not closed.', /Close it/],
    ['tag:"red', 4, 'This quote is not closed.', /Close it/],
    ['(a OR b', 0, 'This parenthesis is not closed.', /\)/],
    ['a )', 2, 'This parenthesis was never opened.', /quotes/],
    ['()', 1, 'missing before “)”', /status:accepted/],
    ['a OR', 4, 'The filter ends where something is missing.', /word/],
    ['OR a', 0, 'missing before “OR”', /word/],
    ['-', null, '', /./],
    [`${'('.repeat(50)}a${')'.repeat(50)}`, 41, 'nested more than 40 deep', /parentheses/],
  ])('%s is wrong at %s', (text, start, message, advice) => {
    if (start === null) return expect(problem(text)).toBeNull()
    expect(problem(text)).toMatchObject({ start, message: expect.stringContaining(message), advice: expect.stringMatching(advice) })
  })

  it('takes every example of the registry', () => {
    for (const name of termNames) expect(problem(termOf(name).example), name).toBeNull()
  })

  it('never throws, and names a place inside the text, whatever comes', () => {
    const random = seededRandom(7)
    for (let round = 0; round < 20_000; round += 1) {
      const text = randomFilterText(random)
      const { value, problem: wrong } = parseFilter(text)
      if (wrong) {
        expect(wrong.start).toBeGreaterThanOrEqual(0)
        expect(wrong.end).toBeGreaterThanOrEqual(wrong.start)
        expect(wrong.end).toBeLessThanOrEqual(text.length)
        expect(wrong.message.length).toBeGreaterThan(5)
        expect(wrong.advice.length).toBeGreaterThan(5)
      } else expect(tree(formatFilter(value))).toEqual(value)
      const caret = Math.floor(random() * (text.length + 1))
      const completion = completeFilter(text, caret, { tag: ['a b', 'x"y', 'plain'] })
      expect(completion.start).toBeLessThanOrEqual(completion.end)
    }
  })

  it('stays quick on long and deep text', () => {
    const startedAtMs = performance.now()
    for (const piece of ['(', '-', 'NOT ', '"', 'a ', 'tag:x,', 'status:accepted OR ', '-(']) parseFilter(piece.repeat(20_000))
    expect(performance.now() - startedAtMs).toBeLessThan(2000)
  })
})

describe('formatting', () => {
  it('gives text that means the same tree, for any tree', () => {
    const random = seededRandom(11)
    for (let round = 0; round < 3000; round += 1) {
      const node = randomTree(random, 4)
      const text = formatFilter(node)
      const again = parseFilter(text)
      expect(again.problem, text).toBeNull()
      expect(formatFilter(again.value!), text).toBe(text)
    }
  })

  it('writes filters of the program', () => {
    expect(filterOf()).toEqual({ query: '' })
    expect(filterOf({ status: 'accepted', split: null, tag: 'two words' })).toEqual({ query: 'status:accepted tag:"two words"' })
    expect(filterOf({ tag: ['a', 'b'] })).toEqual({ query: 'tag:a,b' })
  })
})

describe('rewriting', () => {
  it('sets, changes and takes away a term that all must fulfil, and leaves the rest', () => {
    expect(withTerm('red car', 'status', ['accepted'])).toBe('red car status:accepted')
    expect(withTerm('status:rejected red -status:accepted', 'status', ['unreviewed'])).toBe('red -status:accepted status:unreviewed')
    expect(withTerm('a OR b', 'tag', ['x y'])).toBe('(a OR b) tag:"x y"')
    expect(withoutTerm('a status:accepted (status:rejected OR b)', 'status')).toBe('a (status:rejected OR b)')
    expect(withTerm('"not closed', 'status', ['accepted'])).toBe('status:accepted')
  })

  it('reads and toggles the words of a term', () => {
    expect(wordsOfTerm('status:accepted,rejected a', 'status')).toEqual(['accepted', 'rejected'])
    expect(wordsOfTerm('-status:accepted', 'status')).toEqual([])
    expect(withWordToggled('tag:a b', 'tag', 'c')).toBe('b tag:a,c')
    expect(withWordToggled('tag:a,c b', 'tag', 'c')).toBe('b tag:a')
    expect(withWordToggled('tag:a b', 'tag', 'a')).toBe('b')
  })

  it('adds terms in the place of those of the same name', () => {
    expect(withFilter('score<0.1 red', 'score:0.2..0.4')).toBe('red score:0.2..0.4')
    expect(withFilter('red', 'blue')).toBe('red blue')
    expect(withFilter('red', '(')).toBe('red')
  })
})

describe('completion', () => {
  const labels = (text: string, caret = text.length) => completeFilter(text, caret, { tag: ['blurred', 'blur', 'done it'] }).suggestions.map(({ label }) => label)

  it('offers names, then values, and puts them in', () => {
    expect(labels('')).toEqual(termNames)
    expect(labels('red s')).toEqual(['status', 'split', 'score', 'sharpness'])
    expect(labels('status:')).toEqual(['unreviewed', 'accepted', 'rejected'])
    expect(labels('-status:accepted,re')).toEqual(['rejected', 'unreviewed'])
    expect(labels('tag:blur')).toEqual(['blurred', 'blur'])
    expect(labels('updated>=to')).toEqual(['today'])
    expect(labels('"red st')).toEqual([])
    const completion = completeFilter('tag:do red', 6, { tag: ['done it'] })
    expect(applySuggestion('tag:do red', completion, completion.suggestions[0]!)).toEqual({ text: 'tag:"done it" red', caret: 13 })
  })
})
