// Measured retrieval: the last result of every model on every split.
import type { Evaluation } from '../../../shared/contract/search'
import type { Database } from './database'

export class EvaluationStore {
  constructor(private readonly database: Database) {}

  set(evaluation: Evaluation): void {
    this.database.run('INSERT OR REPLACE INTO evaluations (modelId, split, result, evaluatedAtMs) VALUES (?, ?, ?, ?)',
      evaluation.modelId, evaluation.split, JSON.stringify(evaluation), evaluation.evaluatedAtMs)
  }

  /** Newest first. */
  list(): Evaluation[] {
    return this.database.all<{ result: string }>('SELECT result FROM evaluations ORDER BY evaluatedAtMs DESC, modelId, split')
      .map(row => JSON.parse(row.result) as Evaluation)
  }

  removeModel(modelId: string): void {
    this.database.run('DELETE FROM evaluations WHERE modelId = ?', modelId)
  }
}
