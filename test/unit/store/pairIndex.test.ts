// What is kept in memory for filters follows every kind of write: after each one, lists, orders and counts are compared with
// a plain reading of the pairs.
import type { PairAttention } from '../../../src/shared/contract/attention'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { andBits, bitsOfIds, countBits, countCommon, idsOfBits, minusBits, orBits, setBit } from '../../../src/main/engine/store/pairBits'
import { createStore, type Store } from '../../../src/main/engine/store/openStore'
import { statusSchema, type Pair } from '../../../src/shared/contract/entities'
import type { PairSort } from '../../../src/shared/contract/pairs'
import { formatFilter } from '../../../src/shared/filter/formatFilter'
import { pairRow } from '../../helpers/pairRows'
import { matchesFilter } from '../../helpers/plainFilter'
import { randomTree, tagNames, vocabulary } from '../../helpers/randomFilter'
import { seededRandom } from '../../helpers/seededRandom'
import { temporaryFolder } from '../../helpers/temporaryFolder'

const random = seededRandom(23)
const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!
const root = temporaryFolder()
let store: Store

const text = (): string => Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(vocabulary)).join(' ')
const score = (): number => Math.round(random() * 20) / 20
const newRow = () => pairRow({
  leftText: text(), rightText: text(), status: pick(statusSchema.options), split: pick(['train', 'test']), task: pick(['vqa', 'caption']),
  score: random() < 0.5 ? score() : null, scoreModelId: 'bundled:nano', tags: tagNames.filter(() => random() < 0.2),
})

beforeAll(() => {
  store = createStore(join(root, 'followed'), { name: 'followed', isSample: false })
  for (let count = 0; count < 150; count++) store.history.createPair('add', newRow())
})
afterAll(() => store.close())

/** Straight from the database, without what is kept in memory. */
const readAll = (): Pair[] => store.pairs.getMany(Array.from({ length: 1000 }, (_, index) => index + 1))
const randomId = (): number => pick(readAll()).id

function changeStatus(): void {
  const id = randomId()
  const row = store.pairs.getRows([id]).get(id)!
  store.history.edit('status', [{ kind: 'pair', id, before: { status: row.status }, after: { status: pick(statusSchema.options) } }])
}

const writes: Record<string, () => void> = {
  'a status': changeStatus,
  'tags and a text': () => {
    const id = randomId()
    const row = store.pairs.getRows([id]).get(id)!
    store.history.edit('tags', [{ kind: 'pair', id, before: { tags: row.tags, rightText: row.rightText }, after: { tags: [pick(tagNames)], rightText: text() } }])
  },
  'undo': () => void store.history.undo(),
  'redo': () => void store.history.redo(),
  'a new pair': () => void store.history.createPair('add', newRow()),
  'a pair that goes': () => {
    const id = randomId()
    store.history.edit('remove', [{ kind: 'pair', id, before: store.pairs.getRows([id]).get(id)!, after: null }])
  },
  'scores': () => store.pairs.setScores('bundled:nano', Array.from({ length: 1 + Math.floor(random() * 5) }, () => ({ pairId: randomId(), score: score() }))),
  'attention': () => store.attention.write(Array.from({ length: 1 + Math.floor(random() * 5) }, () => ({
    pairId: randomId(), disagreement: score(), acceptProbability: random() < 0.2 ? null : Math.round(random() * 50) / 50, cluster: 1, clusterSize: 2, rarity: score(),
  }))),
  'groups': () => store.groups.replaceMined([readAll().filter(() => random() < 0.1).map(({ id }) => id)]),
  'an edit that is rolled back after it was looked at': () => expect(() => store.transaction(() => {
    changeStatus()
    store.history.createPair('add', newRow())
    expect(store.pairs.count({ query: '' })).toBe(readAll().length)
    throw new Error('no')
  })).toThrow('no'),
  'nothing': () => undefined,
}

const byScore = (first: Pair, second: Pair): number => (first.score === null || second.score === null ? Number(first.score === null) - Number(second.score === null) : first.score - second.score)
let attentionOf = new Map<number, PairAttention>()
/** The largest first; those that were not measured last, oldest first. */
const byAttention = (valueOf: (attention: PairAttention) => number | null) => (first: Pair, second: Pair): number => {
  const [a, b] = [valueOf(attentionOf.get(first.id)!), valueOf(attentionOf.get(second.id)!)]
  return (a === null || b === null ? Number(a === null) - Number(b === null) : b - a) || first.id - second.id
}
const orders: Record<PairSort, (first: Pair, second: Pair) => number> = {
  oldest: (first, second) => first.id - second.id,
  // Without a neighbourhood in the filter.
  nearest: (first, second) => first.id - second.id,
  newest: (first, second) => second.id - first.id,
  'lowest-score': (first, second) => byScore(first, second) || first.id - second.id,
  'highest-score': (first, second) => (first.score === null || second.score === null ? byScore(first, second) : second.score - first.score) || second.id - first.id,
  disagreement: byAttention(({ disagreement }) => disagreement),
  edge: byAttention(({ acceptProbability }) => (acceptProbability === null ? null : 1 - Math.abs(2 * acceptProbability - 1))),
  rarity: byAttention(({ rarity }) => rarity),
}

test('lists, orders and facets are right after each of six hundred writes', () => {
  const queries = Array.from({ length: 12 }, () => randomTree(random, 2))
  for (let round = 0; round < 600; round++) {
    const [name, write] = pick(Object.entries(writes))
    write()
    const all = readAll()
    attentionOf = new Map(store.attention.getMany(all.map(({ id }) => id), null).map((attention) => [attention.pairId, attention]))
    // Some are asked again and again, so that they are followed; some are new.
    const node = random() < 0.8 ? pick(queries) : randomTree(random, 2)
    const query = formatFilter(node)
    const sort = pick(Object.keys(orders) as PairSort[])
    const expected = all.filter((pair) => matchesFilter(node, pair, { attention: attentionOf.get(pair.id) })).sort(orders[sort])
    expect(store.pairs.listIds({ query }, sort), `${query} by ${sort} after ${name}`).toEqual(expected.map(({ id }) => id))
    const facets = store.pairs.countFacets({ query: '' })
    expect(facets.total).toBe(all.length)
    expect(facets.status.accepted, name).toBe(all.filter(({ status }) => status === 'accepted').length)
    expect(facets.tags.find(({ tag }) => tag === 'odd')?.count ?? 0, name).toBe(all.filter(({ tags }) => tags.includes('odd')).length)
  }
})

test('more changes than are followed one by one are read anew', () => {
  store.transaction(() => {
    const revision = store.project.nextRevision()
    for (let id = 1001; id <= 9000; id++) store.pairs.insert(id, pairRow({ status: 'rejected', score: (id % 97) / 97, scoreModelId: 'bundled:nano', tags: ['many'] }), revision)
  })
  expect(store.pairs.count({ query: 'tag:many status:rejected' })).toBe(8000)
  expect(store.pairs.countFacets({ query: '' }).tags[0]).toEqual({ tag: 'many', count: 8000 })
  expect(store.pairs.listIds({ query: 'tag:many' }, 'highest-score', 0, 2)).toEqual([8923, 8826].map((id) => id))
})

test('sets of bits are sets', () => {
  const first = new Set([0, 1, 31, 32, 63, 64, 100])
  const second = new Set([1, 32, 99, 100])
  const [firstBits, secondBits] = [bitsOfIds(first, 4), bitsOfIds(second, 4)]
  const ids = (bits: Uint32Array): number[] => [...idsOfBits(bits)]
  expect(ids(firstBits)).toEqual([...first])
  expect(ids(andBits(firstBits, secondBits))).toEqual([1, 32, 100])
  expect(ids(orBits(firstBits, secondBits))).toEqual([0, 1, 31, 32, 63, 64, 99, 100])
  expect(ids(minusBits(firstBits, secondBits))).toEqual([0, 31, 63, 64])
  expect([countBits(firstBits), countCommon(firstBits, secondBits)]).toEqual([7, 3])
  setBit(firstBits, 31, false)
  setBit(firstBits, 33, true)
  expect(ids(firstBits)).toEqual([0, 1, 32, 33, 63, 64, 100])
})
