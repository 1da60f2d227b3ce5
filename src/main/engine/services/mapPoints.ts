// The points of a map: which vectors they stand for, what tells that a pair has changed, and reading by ranges of ids.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { MapSide } from '../../../shared/contract/maps'
import type { SideRow } from '../store/mapStore'
import type { PairVectors } from './sideVectors'

export interface GatheredVectors {
  pairIds: Int32Array
  /** [N, D] in shared memory. */
  vectors: Float32Array
  leftOutCount: number
}

/** One row per pair whose side is embedded; of a pair as a whole the normalised mean of both sides. */
export function gatherVectors({ pairIds, leftRows, rightRows, vectors, width }: PairVectors, side: MapSide): GatheredVectors {
  const rowsOf = (i: number): number[] => (side === 'left' ? [leftRows[i]!] : side === 'right' ? [rightRows[i]!] : [leftRows[i]!, rightRows[i]!])
  const places = [...pairIds.keys()].filter((i) => rowsOf(i).every((row) => row >= 0))
  const gathered = new Float32Array(new SharedArrayBuffer(places.length * width * 4))
  places.forEach((i, place) => {
    const target = gathered.subarray(place * width, (place + 1) * width)
    for (const row of rowsOf(i)) for (let k = 0; k < width; k++) target[k]! += vectors[row * width + k]!
    const length = Math.hypot(...target) || 1
    for (let k = 0; k < width; k++) target[k]! /= length
  })
  return { pairIds: Int32Array.from(places, (i) => pairIds[i]!), vectors: gathered, leftOutCount: pairIds.length - places.length }
}

/** FNV-1a over what a model sees of a pair (32 bits: one change in four billion goes unnoticed). */
export function contentHash({ leftImageId, leftText, rightImageId, rightText }: Omit<SideRow, 'id'>): number {
  let hash = 0x811c9dc5
  for (const char of JSON.stringify([leftImageId, leftText, rightImageId, rightText])) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193)
  return hash | 0
}

/** Points in one read: some 50 ms of the database. */
const rangeSize = 25_000

/** Calls with the first place and the one behind the last of each range; other calls are answered in between. */
export async function eachRange(pairIds: Int32Array, read: (start: number, end: number) => void): Promise<void> {
  for (let start = 0; start < pairIds.length; start += rangeSize) {
    read(start, Math.min(pairIds.length, start + rangeSize))
    await nextTurn()
  }
}
