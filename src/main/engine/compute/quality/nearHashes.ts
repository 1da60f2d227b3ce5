// All pairs of 64-bit hashes within a small Hamming distance, without comparing all with all. Each hash is cut into four
// bands of 16 bits: two hashes that differ in at most 7 bits differ in at most one bit of some band, so it is enough to look
// into the buckets of the band itself and of its 16 neighbours. Source: Norouzi, Punjani and Fleet 2012, “Fast Search in
// Hamming Space with Multi-Index Hashing” (arXiv 1307.2982), §3.
import { countOnes } from './pictureHashes'

export const nearestBits = 7
const bandCount = 4
const bandSize = 1 << 16

/** Where so many hashes share a band they are one motif; looking at all of them would be quadratic. */
const crowdedBucket = 4000

/** [N] halves of the hashes; row i of both belongs to picture i. */
export interface HashColumns {
  high: Uint32Array
  low: Uint32Array
}

export interface NearHashes {
  /** Indices of the pairs that were found, first < second, each once for each of the two directions in which it was found. */
  firsts: Uint32Array
  seconds: Uint32Array
  bits: Uint8Array
  /** Buckets of which only the first `crowdedBucket` hashes were looked at. */
  crowdedCount: number
}

const bandOf = (columns: HashColumns, index: number, band: number): number =>
  ((band < 2 ? columns.high[index]! : columns.low[index]!) >>> ((band & 1) * 16)) & 0xffff

interface Buckets {
  /** Where each bucket begins in the other three; one more at the end. */
  starts: Uint32Array
  members: Uint32Array
  /** The hashes in the order of `members`: a bucket is read from one place in memory, which is what the search costs. */
  high: Uint32Array
  low: Uint32Array
}

/** Counting sort of all hashes by one band. */
function sortByBand(columns: HashColumns, band: number): Buckets {
  const count = columns.high.length
  const starts = new Uint32Array(bandSize + 1)
  for (let index = 0; index < count; index++) starts[bandOf(columns, index, band) + 1]!++
  for (let value = 0; value < bandSize; value++) starts[value + 1]! += starts[value]!
  const next = starts.slice()
  const [members, high, low] = [new Uint32Array(count), new Uint32Array(count), new Uint32Array(count)]
  for (let index = 0; index < count; index++) {
    const place = next[bandOf(columns, index, band)]!++
    members[place] = index
    high[place] = columns.high[index]!
    low[place] = columns.low[index]!
  }
  return { starts, members, high, low }
}

class Found {
  firsts = new Uint32Array(1024)
  seconds = new Uint32Array(1024)
  bits = new Uint8Array(1024)
  count = 0

  add(first: number, second: number, bits: number): void {
    if (this.count === this.firsts.length) this.#grow()
    this.firsts[this.count] = Math.min(first, second)
    this.seconds[this.count] = Math.max(first, second)
    this.bits[this.count++] = bits
  }

  #grow(): void {
    const [firsts, seconds, bits] = [new Uint32Array(this.count * 2), new Uint32Array(this.count * 2), new Uint8Array(this.count * 2)]
    firsts.set(this.firsts)
    seconds.set(this.seconds)
    bits.set(this.bits)
    this.firsts = firsts
    this.seconds = seconds
    this.bits = bits
  }
}

/** Between two chunks whoever runs this answers others. */
const chunkSize = 2000

/**
 * Looks up every query among the hashes. A query is not paired with the hash of its own row.
 * @param queries the hashes themselves, or other hashes of the same pictures
 * @yields how many queries are done
 */
export function* findNearHashes(hashes: HashColumns, queries: HashColumns, radius: number = nearestBits, crowd: number = crowdedBucket): Generator<number, NearHashes> {
  if (!(radius >= 0 && radius <= nearestBits)) throw new RangeError(`Expected a radius of 0 to ${nearestBits} bits, got ${radius}.`)
  if (hashes.high.length !== queries.high.length) throw new RangeError(`Expected as many queries as hashes, got ${queries.high.length} and ${hashes.high.length}.`)
  const count = hashes.high.length
  const bands: Buckets[] = []
  for (let band = 0; band < bandCount; band++) {
    bands.push(sortByBand(hashes, band))
    yield 0
  }
  const isItself = hashes === queries
  const found = new Found()
  const crowded = new Set<number>()
  /** The last query that found each hash: one that shares several bands is taken once. */
  const seenBy = new Int32Array(count).fill(-1)
  for (let query = 0; query < count; query++) {
    const high = queries.high[query]!
    const low = queries.low[query]!
    for (let band = 0; band < bandCount; band++) {
      const buckets = bands[band]!
      const value = bandOf(queries, query, band)
      for (let flip = -1; flip < 16; flip++) {
        const bucket = flip < 0 ? value : value ^ (1 << flip)
        const start = buckets.starts[bucket]!
        let end = buckets.starts[bucket + 1]!
        if (end - start > crowd) {
          crowded.add(band * bandSize + bucket)
          end = start + crowd
        }
        for (let position = start; position < end; position++) {
          const bits = countOnes(high ^ buckets.high[position]!) + countOnes(low ^ buckets.low[position]!)
          if (bits > radius) continue
          const other = buckets.members[position]!
          // Within a bucket hashes come by ascending index; each pair of the same kind is met from its larger one.
          if (isItself && other >= query) break
          if (seenBy[other] === query || other === query) continue
          seenBy[other] = query
          found.add(query, other, bits)
        }
      }
    }
    if (query % chunkSize === chunkSize - 1) yield query + 1
  }
  return { firsts: found.firsts.slice(0, found.count), seconds: found.seconds.slice(0, found.count), bits: found.bits.slice(0, found.count), crowdedCount: crowded.size }
}
