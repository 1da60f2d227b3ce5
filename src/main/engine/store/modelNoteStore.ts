// Free text about bundled and tuned models, by model id.
import type { Database } from './database'

export class ModelNoteStore {
  constructor(private readonly database: Database) {}

  /** The empty string where nothing was written. */
  get(modelId: string): string {
    return this.database.get<{ notes: string }>('SELECT notes FROM modelNotes WHERE modelId = ?', modelId)?.notes ?? ''
  }

  set(modelId: string, notes: string): void {
    if (notes === '') this.remove(modelId)
    else this.database.run('INSERT OR REPLACE INTO modelNotes (modelId, notes, updatedAtMs) VALUES (?, ?, ?)', modelId, notes, Date.now())
  }

  remove(modelId: string): void {
    this.database.run('DELETE FROM modelNotes WHERE modelId = ?', modelId)
  }
}
