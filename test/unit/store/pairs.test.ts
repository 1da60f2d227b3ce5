import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Pair } from '../../../src/shared/contract/entities'
import type { PairFilter } from '../../../src/shared/contract/pairs'
import type { TermNode } from '../../../src/shared/filter/filterTree'
import { formatFilter } from '../../../src/shared/filter/formatFilter'
import { createStore, type Store } from '../../../src/main/engine/store/openStore'
import { toFullTextQuery } from '../../../src/main/engine/store/filterSql'
import { pairRow } from '../../helpers/pairRows'
import { temporaryFolder } from '../../helpers/temporaryFolder'

const count = 20_000
const colours = ['red', 'green', 'blue', 'café', 'naïve'] as const
const shapes = ['circle', 'square', 'triangle'] as const
const splits = ['train', 'train', 'train', 'validation', 'test'] as const
const statuses = ['unreviewed', 'accepted', 'rejected', 'accepted'] as const
const root = temporaryFolder()
let store: Store
let all: Pair[]

const filterOf = (query = ''): PairFilter => ({ query })

beforeAll(() => {
  store = createStore(join(root, 'many'), { name: 'many', isSample: false })
  store.transaction(() => {
    for (let index = 0; index < count; index++) {
      store.pairs.insert(index + 1, pairRow({
        leftText: `what is number ${index}?`,
        rightText: `a ${colours[index % 5]} ${shapes[index % 3]} named item${index}`,
        split: splits[index % 5], status: statuses[index % 4], task: index % 2 === 0 ? 'vqa' : 'caption',
        tags: index % 10 === 0 ? ['tenth', index % 20 === 0 ? 'even' : 'odd'] : [],
      }), 1)
    }
    store.pairs.setScores('bundled:nano', Array.from({ length: 1000 }, (_, index) => ({ pairId: index * 7 + 1, score: ((index * 37) % 101) / 101 })))
  })
  all = store.pairs.list(filterOf(), 'oldest', 0, -1)
})
afterAll(() => store.close())

const words = (pair: Pair): string[] => `${pair.left.text} ${pair.right.text}`.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().split(/[^\p{L}\p{N}]+/u)

const filters: [string, string, (pair: Pair) => boolean][] = [
  ['nothing', '', () => true],
  ['status', 'status:accepted', pair => pair.status === 'accepted'],
  ['split and status', 'split:test status:rejected', pair => pair.split === 'test' && pair.status === 'rejected'],
  ['task', 'task:caption', pair => pair.task === 'caption'],
  ['tag', 'tag:odd', pair => pair.tags.includes('odd')],
  ['two words', 'circle red', pair => words(pair).includes('circle') && words(pair).some(word => word.startsWith('red'))],
  ['a beginning', 'ITEM1999', pair => words(pair).some(word => word.startsWith('item1999'))],
  ['a quoted word, which must be whole', '"circ" red', () => false],
  ['a word without its accent', 'cafe squ', pair => words(pair).includes('cafe') && words(pair).includes('square')],
  ['everything together', 'green tag:even split:train status:unreviewed task:vqa',
    pair => words(pair).includes('green') && pair.tags.includes('even') && pair.split === 'train' && pair.status === 'unreviewed' && pair.task === 'vqa'],
]

test.each(filters)('windows and counts agree with a plain search: %s', (_, query, matches) => {
  const filter = filterOf(query)
  const expected = all.filter(matches)
  expect(store.pairs.count(filter)).toBe(expected.length)
  expect(store.pairs.list(filter, 'oldest', 0, 50)).toEqual(expected.slice(0, 50))
  const middle = Math.floor(expected.length / 2)
  expect(store.pairs.list(filter, 'oldest', middle, 33)).toEqual(expected.slice(middle, middle + 33))
  expect(store.pairs.listIds(filter, 'newest', 0, 10)).toEqual(expected.map(pair => pair.id).reverse().slice(0, 10))
  expect(store.pairs.list(filter, 'oldest', expected.length, 10)).toEqual([])
})

test('score orders put pairs without a score last and never lose or repeat one', () => {
  for (const sort of ['lowest-score', 'highest-score'] as const) {
    const scores = store.pairs.list(filterOf(), sort, 0, 1500).map(pair => pair.score)
    expect(scores.slice(1000).every(score => score === null)).toBe(true)
    const known = scores.slice(0, 1000) as number[]
    const sorted = [...known].sort((a, b) => (sort === 'lowest-score' ? a - b : b - a))
    expect(known).toEqual(sorted)
    const pages = Array.from({ length: 40 }, (_, page) => store.pairs.listIds(filterOf(), sort, page * 500, 500)).flat()
    expect(new Set(pages).size).toBe(count)
  }
})

test('facets count what each other value of a facet would give', () => {
  const filter = filterOf('status:accepted split:train square')
  const facets = store.pairs.countFacets(filter)
  const countOf = (matches: (pair: Pair) => boolean): number => all.filter(pair => words(pair).includes('square') && matches(pair)).length
  expect(facets.total).toBe(countOf(pair => pair.status === 'accepted' && pair.split === 'train'))
  expect(facets.status.rejected).toBe(countOf(pair => pair.status === 'rejected' && pair.split === 'train'))
  expect(facets.split.test).toBe(countOf(pair => pair.status === 'accepted' && pair.split === 'test'))
  expect(facets.task.vqa).toBe(countOf(pair => pair.status === 'accepted' && pair.split === 'train' && pair.task === 'vqa'))
  expect(facets.task.edit).toBe(0)
  const even = countOf(pair => pair.status === 'accepted' && pair.split === 'train' && pair.tags.includes('even'))
  expect(facets.tags.find(({ tag }) => tag === 'even')?.count ?? 0).toBe(even)
  expect(store.pairs.countFacets(filterOf()).tags).toEqual([{ tag: 'tenth', count: 2000 }, { tag: 'even', count: 1000 }, { tag: 'odd', count: 1000 }])
})

test.each(['"', "'; DROP TABLE pairs; --", 'a AND OR NOT', 'NEAR(red', 'leftText:red', 'red*', '-red', '(((', 'item1 "x', '\0', '^red', '{a b}:'])('no text of a person is an operator: %s', text => {
  for (const name of ['text', 'left', 'tag'] as const) {
    const node: TermNode = { kind: 'term', name, test: name === 'tag' ? { kind: 'words', words: [text] } : { kind: 'phrase', text } }
    const filter = filterOf(formatFilter(node))
    expect(() => store.pairs.list(filter, 'oldest', 0, 5)).not.toThrow()
    expect(() => store.pairs.countFacets(filter)).not.toThrow()
  }
})

test('only words make a full-text query', () => {
  expect(toFullTextQuery({ kind: 'beginning', text: '  ?! ' })).toBeNull()
  expect(toFullTextQuery({ kind: 'beginning', text: 'say"hi' })).toBe('"say""hi" *')
  expect(toFullTextQuery({ kind: 'phrase', text: 'red car' }, 'leftText')).toBe('leftText : "red car"')
  expect(toFullTextQuery({ kind: 'beginning', text: 'a' })).toBe('"a"')
})

test('the text index follows edits and their undo', () => {
  const before = store.pairs.getRows([5]).get(5)
  if (before === undefined) throw new Error('Pair 5 is missing.')
  store.history.edit('edit the text', [{ kind: 'pair', id: 5, before: { rightText: before.rightText }, after: { rightText: 'zeppelin' } }])
  expect(store.pairs.listIds(filterOf('zepp'))).toEqual([5])
  expect(store.pairs.listIds(filterOf('item4')).includes(5)).toBe(false)
  store.history.undo()
  expect(store.pairs.listIds(filterOf('zepp'))).toEqual([])
  expect(store.pairs.listIds(filterOf('item4')).includes(5)).toBe(true)
})

test('wrong values are refused by the tables themselves', () => {
  expect(() => store.pairs.insert(count + 10, pairRow({ leftText: null }), 1)).toThrow(/CHECK/)
  expect(() => store.pairs.insert(count + 10, pairRow({ leftText: '' }), 1)).toThrow(/CHECK/)
  expect(() => store.pairs.insert(count + 10, pairRow({ leftImageId: 99 }), 1)).toThrow(/FOREIGN KEY/)
  expect(() => store.pairs.insert(count + 10, pairRow({ task: 'poem' as never }), 1)).toThrow(/CHECK/)
})
