// Measures and fingerprints of pictures, and distances of pairs: what a check of quality computes once and keeps.
import type { Database } from './database'

export interface MeasureRow {
  sharpness: number
  brightness: number
  contrast: number
  entropyBits: number
}

export interface HashRow {
  whole: { high: number; low: number }
  inside: { high: number; low: number }
  tiles: Uint8Array
}

/** Exactly one of measures and error is null; hashes are null for a picture of one colour as well. */
export interface NewMeasure {
  imageId: number
  measures: MeasureRow | null
  hashes: HashRow | null
  error: string | null
}

/** Column by column, because there may be a million. */
export interface StoredHashes {
  imageIds: Uint32Array
  whole: { high: Uint32Array; low: Uint32Array }
  inside: { high: Uint32Array; low: Uint32Array }
}

export interface PairDistance {
  pairId: number
  outlierness: number
  betterPairId: number | null
  betterScore: number | null
}

const hashBytes = 16

export class MeasureStore {
  constructor(private readonly database: Database) {}

  /** Pictures that some pair shows and that have no measures of this version. */
  listUnmeasured(version: number): number[] {
    return this.database.all<{ id: number }>(
      `SELECT i.id FROM images i LEFT JOIN pictureMeasures m ON m.imageId = i.id AND m.version = ?
       WHERE m.imageId IS NULL AND (EXISTS (SELECT 1 FROM pairs WHERE leftImageId = i.id) OR EXISTS (SELECT 1 FROM pairs WHERE rightImageId = i.id)) ORDER BY i.id`, version).map(row => row.id)
  }

  countMeasured(version: number): number {
    return this.database.count('SELECT count(*) FROM pictureMeasures WHERE version = ?', version)
  }

  set(version: number, entries: Iterable<NewMeasure>): void {
    this.database.transaction(() => {
      for (const { imageId, measures, hashes, error } of entries) {
        this.database.run('INSERT OR REPLACE INTO pictureMeasures (imageId, version, error, sharpness, brightness, contrast, entropyBits, hashes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
          imageId, version, error, measures?.sharpness ?? null, measures?.brightness ?? null, measures?.contrast ?? null, measures?.entropyBits ?? null, hashes === null ? null : writeHashes(hashes))
        if (hashes === null) this.database.run('DELETE FROM pictureTiles WHERE imageId = ?', imageId)
        else this.database.run('INSERT OR REPLACE INTO pictureTiles (imageId, tiles) VALUES (?, ?)', imageId, hashes.tiles)
      }
    })
  }

  sharpnessOf(imageIds: readonly number[]): Map<number, number> {
    const rows = this.database.all<{ imageId: number; sharpness: number }>(
      'SELECT m.imageId, m.sharpness FROM json_each(?) j CROSS JOIN pictureMeasures m ON m.imageId = j.value WHERE m.sharpness IS NOT NULL', JSON.stringify(imageIds))
    return new Map(rows.map(row => [row.imageId, row.sharpness]))
  }

  /** One window of the hashes by ascending picture; join windows with `joinHashes`. */
  listHashes(afterImageId: number, limit: number): { imageId: number; hashes: Uint8Array }[] {
    return this.database.all('SELECT imageId, hashes FROM pictureMeasures WHERE imageId > ? AND hashes IS NOT NULL ORDER BY imageId LIMIT ?', afterImageId, limit)
  }

  getTiles(imageIds: readonly number[]): Map<number, Uint8Array> {
    const rows = this.database.all<{ imageId: number; tiles: Uint8Array }>('SELECT t.imageId, t.tiles FROM json_each(?) j CROSS JOIN pictureTiles t ON t.imageId = j.value', JSON.stringify(imageIds))
    return new Map(rows.map(row => [row.imageId, row.tiles]))
  }

  /** Derived pictures and what they are made from. */
  listSources(): { id: number; sourceImageId: number }[] {
    return this.database.all('SELECT id, sourceImageId FROM images WHERE sourceImageId IS NOT NULL')
  }

  clearDistances(): void {
    this.database.run('DELETE FROM pairDistances')
  }

  addDistances(distances: Iterable<PairDistance>): void {
    this.database.transaction(() => {
      for (const { pairId, outlierness, betterPairId, betterScore } of distances) {
        this.database.run(
          `INSERT OR REPLACE INTO pairDistances (pairId, outlierness, betterPairId, betterScore)
           SELECT id, ?, (SELECT id FROM pairs WHERE id = ?), ? FROM pairs WHERE id = ?`, outlierness, betterPairId, betterScore, pairId)
      }
    })
  }
}

function writeHashes({ whole, inside }: HashRow): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(hashBytes))
  for (const [index, word] of [whole.high, whole.low, inside.high, inside.low].entries()) bytes.setUint32(index * 4, word, true)
  return new Uint8Array(bytes.buffer)
}

/** From rows to columns. */
export function joinHashes(rows: readonly { imageId: number; hashes: Uint8Array }[]): StoredHashes {
  const column = (): Uint32Array => new Uint32Array(rows.length)
  const result: StoredHashes = { imageIds: column(), whole: { high: column(), low: column() }, inside: { high: column(), low: column() } }
  rows.forEach(({ imageId, hashes }, row) => {
    const words = new DataView(hashes.buffer, hashes.byteOffset, hashBytes)
    result.imageIds[row] = imageId
    result.whole.high[row] = words.getUint32(0, true)
    result.whole.low[row] = words.getUint32(4, true)
    result.inside.high[row] = words.getUint32(8, true)
    result.inside.low[row] = words.getUint32(12, true)
  })
  return result
}
