// The SQL of a filter against the plain reading of it, on a small project at random.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startOfDay } from '../../../src/main/engine/store/filterDays'
import { createStore, type Store } from '../../../src/main/engine/store/openStore'
import type { Pair } from '../../../src/shared/contract/entities'
import { findingKindNames } from '../../../src/shared/quality/findingKinds'
import { formatFilter } from '../../../src/shared/filter/formatFilter'
import { parseFilter } from '../../../src/shared/filter/parseFilter'
import { matchesFilter, type PairPlaces } from '../../helpers/plainFilter'
import { randomTree, tagNames, vocabulary } from '../../helpers/randomFilter'
import { seededRandom } from '../../helpers/seededRandom'
import { temporaryFolder } from '../../helpers/temporaryFolder'

const random = seededRandom(5)
const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!
const root = temporaryFolder()
const places = new Map<number, PairPlaces>()
let store: Store
let all: Pair[]

const sizeOf = (index: number): { widthPx: number; heightPx: number } => ({ widthPx: 10 + ((index * 37) % 400), heightPx: 10 + ((index * 53) % 400) })
const image = (index: number): number => store.images.ensure({ hash: `h${index}`, ...sizeOf(index), format: 'png', byteCount: 1, relativePath: `images/${index}.png`, sourceName: `${index}.png` })

/** Every fifth picture could not be measured. */
const measuresOf = (imageId: number) => (imageId % 5 === 0 ? null : { sharpness: (imageId * 7) % 100, brightness: (imageId * 11) % 100, contrast: (imageId * 13) % 100 })

beforeAll(() => {
  store = createStore(join(root, 'small'), { name: 'small', isSample: false })
  store.transaction(() => {
    const imports = [1, 2].map((number) => store.imports.start(`source ${number}`, `/source/${number}`, 'key'))
    for (let id = 1; id <= 400; id++) {
      const text = (): string | null => (random() < 0.25 ? null : Array.from({ length: 1 + Math.floor(random() * 6) }, () => pick(vocabulary)).join(pick([' ', ', ', '-'])))
      const leftText = text()
      const rightText = text()
      const importId = random() < 0.3 ? null : pick(imports)
      store.pairs.insert(id, {
        leftImageId: leftText === null || random() < 0.3 ? image(id % 37) : null, leftText, rightImageId: rightText === null ? image(id % 23) : null, rightText,
        task: pick(['caption', 'vqa', 'edit', 'transform', 'region', 'compose']), split: pick(['train', 'validation', 'test']), status: pick(['unreviewed', 'accepted', 'rejected']),
        score: random() < 0.4 ? null : Math.round((random() * 2 - 1) * 100) / 100, scoreModelId: 'bundled:nano', importKey: null, importId,
        tags: tagNames.filter(() => random() < 0.2), isFlagged: random() < 0.3 ? 1 : 0,
      }, 1)
      const { leftImageId, rightImageId } = store.pairs.getRows([id]).get(id)!
      const pictures = [leftImageId, rightImageId].filter((imageId) => imageId !== null).map((imageId) => {
        const { widthPx, heightPx } = store.images.get(imageId)
        return { widthPx, heightPx, ...measuresOf(imageId) }
      })
      const groupIds = [1, 2, 3, 4, 5].filter(() => random() < 0.12)
      places.set(id, { groupIds, importId, pictures, findings: [] })
    }
    // The numbers of the groups are 1 to 5, in the order of their making.
    store.groups.replaceMined([1, 2, 3, 4, 5].map((groupId) => [...places].filter(([, { groupIds }]) => groupIds?.includes(groupId)).map(([pairId]) => pairId)))
  })
  const imageIds = [...new Set(store.images.list().map(({ id }) => id))].filter((id) => measuresOf(id) !== null)
  store.measures.set(1, imageIds.map((imageId) => ({ imageId, measures: { ...measuresOf(imageId)!, entropyBits: 1 }, hashes: null, error: null })))
  // Findings of a check that came to its end; a rejected pair has none that is open.
  for (const kind of findingKindNames) {
    const found = [...places.keys()].filter(() => random() < 0.1 && kind !== 'leak')
    store.findings.add(1, kind, found.map((pairId) => ({ pairId, value: 1, severity: 1, detail: '', relatedPairId: null, clusterId: null, textLength: null })))
    for (const pair of store.pairs.getMany(found)) if (pair.status !== 'rejected') places.get(pair.id)!.findings!.push(kind)
  }
  store.findings.finishCheck(1, 1, store.findings.getState().figures)
  const some = (): number | null => (random() < 0.3 ? null : Math.round(random() * 50) / 50)
  store.attention.write([...places.keys()].map((pairId) => ({ pairId, disagreement: some(), acceptProbability: some(), cluster: random() < 0.3 ? null : Math.floor(random() * 12), clusterSize: null, rarity: some() })))
  for (const attention of store.attention.getMany([...places.keys()], null)) places.get(attention.pairId)!.attention = attention
  all = store.pairs.list({ query: '' }, 'oldest', 0, -1)
})
afterAll(() => store.close())

test('two thousand filters at random match what a plain reading of them matches', () => {
  let nonTrivialCount = 0
  for (let round = 0; round < 2000; round++) {
    const node = randomTree(random, 3)
    const query = formatFilter(node)
    const expected = all.filter((pair) => matchesFilter(node, pair, places.get(pair.id))).map(({ id }) => id)
    expect(store.pairs.listIds({ query }), query).toEqual(expected)
    if (expected.length > 0 && expected.length < all.length) nonTrivialCount++
  }
  expect(nonTrivialCount).toBeGreaterThan(1000)
})

test('facets leave out the terms of their own name, and no others', () => {
  for (let round = 0; round < 60; round++) {
    const rest = formatFilter({ kind: 'or', nodes: [randomTree(random, 1), randomTree(random, 1)] })
    const query = `(${rest}) status:accepted split:train,test`
    const facets = store.pairs.countFacets({ query })
    const countOf = (text: string): number => all.filter((pair) => matchesFilter(parseFilter(text).value!, pair, places.get(pair.id))).length
    expect(facets.total).toBe(countOf(query))
    expect(facets.status.rejected, query).toBe(countOf(`(${rest}) status:rejected split:train,test`))
    expect(facets.split.validation, query).toBe(countOf(`(${rest}) status:accepted split:validation`))
    expect(facets.task.vqa, query).toBe(countOf(`${query} task:vqa`))
  }
})

test('a filter that is none is refused with its place and advice', () => {
  expect(() => store.pairs.list({ query: 'red colour:blue' }, 'oldest', 0, 1)).toThrow(expect.objectContaining({
    code: 'bad-input', message: 'The filter is not understood at character 5: There is no term “colour”.', advice: expect.stringContaining('status, split') }))
})

test('days begin at midnight here, also in years of two digits and where a day is not 24 hours', () => {
  const now = new Date(2026, 10, 24, 15, 30).getTime()
  expect(startOfDay('today', 0, now)).toBe(new Date(2026, 10, 24).getTime())
  expect(startOfDay('yesterday', 0, now)).toBe(new Date(2026, 10, 23).getTime())
  expect(startOfDay('30d', 1, now)).toBe(new Date(2026, 9, 26).getTime())
  expect(startOfDay('2026-02-28', 1, now)).toBe(new Date(2026, 2, 1).getTime())
  expect(new Date(startOfDay('0099-12-31', 0, now)).getFullYear()).toBe(99)
})
