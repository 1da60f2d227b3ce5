// Maps that were made, and what a map shows of pairs. Everything that grows with the project is read by ranges of ids, so
// that no single read holds the database for long.
import type { Database } from './database'

export interface StoredMap {
  cacheId: string
  revision: number
  seed: number
  neighbourCount: number
  sampleCount: number
  explained: number | null
  madeAtMs: number
  /** Ascending. */
  pairIds: Int32Array
  /** [N, 2] */
  places: Float32Array
  contents: Int32Array
}

export interface MapName {
  modelId: string
  side: string
  method: string
}

export interface SideRow {
  id: number
  leftImageId: number | null
  leftText: string | null
  rightImageId: number | null
  rightText: string | null
}

/** Every field gives at most one value per pair; a tag is the most frequent one among those of the pair. */
const fieldSql = {
  status: 'SELECT p.id, p.status AS value FROM pairs p WHERE p.id BETWEEN ? AND ?',
  split: 'SELECT p.id, p.split AS value FROM pairs p WHERE p.id BETWEEN ? AND ?',
  task: 'SELECT p.id, p.task AS value FROM pairs p WHERE p.id BETWEEN ? AND ?',
  tag: 'SELECT t.pairId AS id, t.tag AS value FROM pairTags t WHERE t.pairId BETWEEN ? AND ?',
  group: 'SELECT m.pairId AS id, CAST(max(m.groupId) AS TEXT) AS value FROM groupMembers m WHERE m.pairId BETWEEN ? AND ? GROUP BY m.pairId',
  score: 'SELECT p.id, p.score AS value FROM pairs p WHERE p.id BETWEEN ? AND ? AND p.score IS NOT NULL',
  leftLength: 'SELECT p.id, length(p.leftText) AS value FROM pairs p WHERE p.id BETWEEN ? AND ? AND p.leftText IS NOT NULL',
  rightLength: 'SELECT p.id, length(p.rightText) AS value FROM pairs p WHERE p.id BETWEEN ? AND ? AND p.rightText IS NOT NULL',
} as const

export type StoredField = keyof typeof fieldSql

export class MapStore {
  constructor(private readonly database: Database) {}

  find({ modelId, side, method }: MapName): StoredMap | null {
    const row = this.database.get<Omit<StoredMap, 'pairIds' | 'places' | 'contents'> & Record<'pairIds' | 'places' | 'contents', Uint8Array>>(
      'SELECT cacheId, revision, seed, neighbourCount, sampleCount, explained, madeAtMs, pairIds, places, contents FROM maps WHERE modelId = ? AND side = ? AND method = ?', modelId, side, method)
    if (row === undefined) return null
    return { ...row, pairIds: new Int32Array(copyOf(row.pairIds)), places: new Float32Array(copyOf(row.places)), contents: new Int32Array(copyOf(row.contents)) }
  }

  set({ modelId, side, method }: MapName, map: StoredMap): void {
    this.database.run(
      `INSERT OR REPLACE INTO maps (modelId, side, method, cacheId, revision, seed, neighbourCount, sampleCount, explained, madeAtMs, pairIds, places, contents)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      modelId, side, method, map.cacheId, map.revision, map.seed, map.neighbourCount, map.sampleCount, map.explained, map.madeAtMs, bytesOf(map.pairIds), bytesOf(map.places), bytesOf(map.contents))
  }

  /** A page of pairs by id, with what a model sees of them. @param afterRevision only pairs that were changed later; −1 for all */
  listSides(afterId: number, limit: number, afterRevision = -1): SideRow[] {
    return this.database.all<SideRow>(
      'SELECT id, leftImageId, leftText, rightImageId, rightText FROM pairs WHERE id > ? AND revision > ? ORDER BY id LIMIT ?', afterId, afterRevision, limit)
  }

  /** Ids of a range (inclusive), ascending. */
  listIds(firstId: number, lastId: number): number[] {
    return this.database.all<{ id: number }>('SELECT id FROM pairs WHERE id BETWEEN ? AND ? ORDER BY id', firstId, lastId).map(({ id }) => id)
  }

  lastId(): number {
    return this.database.count('SELECT coalesce(max(id), 0) FROM pairs')
  }

  /** Pairs of a range of ids (inclusive) that have a value of the field. Several rows of one pair where it has several tags. */
  listField(field: StoredField, firstId: number, lastId: number): { id: number; value: string | number }[] {
    return this.database.all(fieldSql[field], firstId, lastId)
  }
}

const bytesOf = (array: Int32Array | Float32Array): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

/** A copy, because a view of SQLite's bytes may start at an odd address. All platforms with a binary are little endian. */
function copyOf(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.byteLength)
  new Uint8Array(copy).set(bytes)
  return copy
}
