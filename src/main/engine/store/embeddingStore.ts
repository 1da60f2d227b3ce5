// The embedding cache. A side is named by its content, so an edit makes a new name and equal sides share one vector.
import { createHash } from 'node:crypto'
import type { Database } from './database'

/** Names a side by what the model sees of it. Images have unique content, so their id stands for it. */
export function sideKey(imageId: number | null, text: string | null): string {
  const textHash = text === null ? '' : createHash('sha256').update(text).digest('base64url')
  return `${imageId ?? ''}|${textHash}`
}

export class EmbeddingStore {
  constructor(private readonly database: Database) {}

  /**
   * Sides without a cached vector are not in the map. CROSS JOIN keeps SQLite from going through all vectors of the model and,
   * for each, through all keys.
   */
  getMany(modelId: string, contentKeys: readonly string[]): Map<string, Float32Array> {
    const rows = this.database.all<{ contentKey: string; vector: Uint8Array }>(
      'SELECT e.contentKey, e.vector FROM json_each(?) j CROSS JOIN embeddings e ON e.modelId = ? AND e.contentKey = j.value', JSON.stringify([...new Set(contentKeys)]), modelId)
    return new Map(rows.map(row => [row.contentKey, readVector(row.vector)]))
  }

  set(modelId: string, entries: Iterable<{ contentKey: string; vector: Float32Array }>): void {
    this.database.transaction(() => {
      for (const { contentKey, vector } of entries) {
        this.database.run('INSERT OR REPLACE INTO embeddings (modelId, contentKey, vector) VALUES (?, ?, ?)',
          modelId, contentKey, new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength))
      }
    })
  }

  count(modelId: string): number {
    return this.database.count('SELECT count(*) FROM embeddings WHERE modelId = ?', modelId)
  }

  /** Vectors of a model in every state of its weights (`id` and `id@state`), and their bytes. */
  measure(modelId: string): { count: number; byteCount: number } {
    const row = this.database.get<{ count: number; byteCount: number | null }>(
      'SELECT count(*) AS count, sum(length(vector)) AS byteCount FROM embeddings WHERE modelId = ? OR substr(modelId, 1, ?) = ?', modelId, modelId.length + 1, `${modelId}@`)
    return { count: row?.count ?? 0, byteCount: row?.byteCount ?? 0 }
  }

  /** Removes the vectors of a model in every state of its weights (`id` and `id@state`). */
  removeModel(modelId: string): void {
    this.removeOtherStates(modelId, '')
  }

  /** Removes the vectors that a model gave before its weights changed. */
  removeOtherStates(modelId: string, kept: string): void {
    this.database.run("DELETE FROM embeddings WHERE (modelId = ? OR substr(modelId, 1, ?) = ?) AND modelId <> ?", modelId, modelId.length + 1, `${modelId}@`, kept)
  }
}

/** A copy, because a view of SQLite's bytes may start at an odd address. All platforms with a binary are little endian. */
function readVector(bytes: Uint8Array): Float32Array {
  const vector = new Float32Array(bytes.byteLength / 4)
  new Uint8Array(vector.buffer).set(bytes)
  return vector
}
