// The search for near hashes against a comparison of all with all, and clusters.
import { describe, expect, it } from 'vitest'
import { joinClusters } from '../../../src/main/engine/compute/quality/clusters'
import { findNearHashes, type HashColumns, type NearHashes } from '../../../src/main/engine/compute/quality/nearHashes'
import { hammingDistance } from '../../../src/main/engine/compute/quality/pictureHashes'
import { createRandom } from '../../../src/main/engine/compute/training/random'

function columns(count: number, seed: number): HashColumns {
  const random = createRandom(seed)
  const word = (): number => Math.floor(random.next() * 2 ** 32)
  const result = { high: Uint32Array.from({ length: count }, word), low: Uint32Array.from({ length: count }, word) }
  // Every third is a copy of an earlier one with up to nine bits turned over.
  for (let index = 3; index < count; index += 3) {
    const source = Math.floor(random.next() * index)
    let [high, low] = [result.high[source]!, result.low[source]!]
    for (let turn = Math.floor(random.next() * 10); turn > 0; turn--) {
      const bit = Math.floor(random.next() * 64)
      if (bit < 32) high ^= 1 << bit
      else low ^= 1 << (bit - 32)
    }
    result.high[index] = high
    result.low[index] = low
  }
  return result
}

function finish(search: Generator<number, NearHashes>): NearHashes {
  for (let step = search.next(); ; step = search.next()) if (step.done) return step.value
}

const at = ({ high, low }: HashColumns, index: number) => ({ high: high[index]!, low: low[index]! })
const listed = ({ firsts, seconds, bits }: NearHashes): string[] => Array.from(firsts, (first, index) => `${first} ${seconds[index]} ${bits[index]}`).sort()

describe('near hashes', () => {
  it.each([0, 3, 7])('are all those that a comparison of all with all finds within %i bits', (radius) => {
    const hashes = columns(1500, 5)
    const expected: string[] = []
    for (let first = 0; first < 1500; first++) {
      for (let second = first + 1; second < 1500; second++) {
        const bits = hammingDistance(at(hashes, first), at(hashes, second))
        if (bits <= radius) expected.push(`${first} ${second} ${bits}`)
      }
    }
    expect(expected.length).toBeGreaterThan(20)
    expect(listed(finish(findNearHashes(hashes, hashes, radius)))).toEqual(expected.sort())
  })

  it('are found by other hashes of the same pictures, in both directions', () => {
    const [hashes, queries] = [columns(600, 1), columns(600, 1)]
    const expected: string[] = []
    for (let query = 0; query < 600; query++) {
      for (let other = 0; other < 600; other++) {
        const bits = hammingDistance(at(queries, query), at(hashes, other))
        if (query !== other && bits <= 7) expected.push(`${Math.min(query, other)} ${Math.max(query, other)} ${bits}`)
      }
    }
    expect(listed(finish(findNearHashes(hashes, queries)))).toEqual(expected.sort())
  })

  it('stop at a motif that everything shares', () => {
    const count = 210
    const hashes = { high: new Uint32Array(count), low: Uint32Array.from({ length: count }, (_, index) => index) }
    // Only the last band differs: of the other three one bucket holds all.
    expect(finish(findNearHashes(hashes, { high: hashes.high, low: hashes.low }, 0, 200)).crowdedCount).toBe(3)
  })

  it('tell a wrong radius and other lengths', () => {
    const hashes = columns(4, 1)
    expect(() => findNearHashes(hashes, hashes, 8).next()).toThrow('0 to 7')
    expect(() => findNearHashes(hashes, columns(5, 1)).next()).toThrow('as many queries')
  })
})

describe('clusters', () => {
  it('join what hangs together', () => {
    expect(joinClusters(8, [[0, 1], [5, 6], [1, 4], [6, 7], [0, 4]])).toEqual([[0, 1, 4], [5, 6, 7]])
    expect(joinClusters(3, [])).toEqual([])
  })

  it('take no more than their limit, the surest links first', () => {
    const chain = Array.from({ length: 9 }, (_, index): [number, number] => [index, index + 1])
    const clusters = joinClusters(10, chain, 4)
    expect(clusters).toEqual([[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]])
  })
})
