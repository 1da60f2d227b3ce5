// How much attention each pair deserves, as it was measured, and the decisions that the measurement learns from.
import type { Side } from '../../../shared/contract/entities'
import type { PairAttention } from '../../../shared/contract/attention'
import type { Database } from './database'

/** Null where nothing was measured. */
export interface AttentionRow {
  pairId: number
  disagreement: number | null
  acceptProbability: number | null
  cluster: number | null
  clusterSize: number | null
  rarity: number | null
}

export interface MeasuredSides {
  id: number
  left: Side
  right: Side
  /** Null where the current model's score is not known. */
  score: number | null
}

export interface DecidedSides extends MeasuredSides {
  isAccepted: boolean
}

export interface AttentionState {
  modelId: string
  cacheId: string
  otherModelId: string | null
  clusterCount: number
  measuredAtMs: number
  learnedCount: number | null
  figures: string | null
}

interface SidesRow { id: number; leftImageId: number | null; leftText: string | null; rightImageId: number | null; rightText: string | null; score: number | null }

const sideColumns = 'p.id, p.leftImageId, p.leftText, p.rightImageId, p.rightText, p.score'
const toSides = (row: SidesRow): MeasuredSides => ({
  id: row.id, score: row.score,
  left: { imageId: row.leftImageId, text: row.leftText }, right: { imageId: row.rightImageId, text: row.rightText },
})

/** How near a chance is to even: 1 at one half, 0 where it is certain. */
const edgeOf = (probability: number | null): number | null => (probability === null ? null : 1 - Math.abs(2 * probability - 1))

export class AttentionStore {
  constructor(private readonly database: Database) {}

  /** A page of pairs behind an id, so that paging costs the same at its end as at its start. */
  page(afterId: number, limit: number): MeasuredSides[] {
    return this.database.all<SidesRow>(`SELECT ${sideColumns} FROM pairs p WHERE p.id > ? ORDER BY p.id LIMIT ?`, afterId, limit).map(toSides)
  }

  /** About `limit` pairs spread over the project: every n-th id. */
  sample(limit: number): MeasuredSides[] {
    const stride = Math.max(1, Math.floor(this.database.count('SELECT count(*) FROM pairs') / limit))
    return this.database.all<SidesRow>(`SELECT ${sideColumns} FROM pairs p WHERE p.id % ? = 0 ORDER BY p.id LIMIT ?`, stride, limit).map(toSides)
  }

  /** The latest decisions, newest first. */
  listDecided(limit: number): DecidedSides[] {
    return this.database.all<SidesRow & { isAccepted: number }>(
      `SELECT ${sideColumns}, d.isAccepted FROM decisions d JOIN pairs p ON p.id = d.pairId ORDER BY d.decidedAtMs DESC, d.pairId DESC LIMIT ?`, limit)
      .map(row => ({ ...toSides(row), isAccepted: row.isAccepted === 1 }))
  }

  countDecisions(): { accepted: number; rejected: number } {
    const row = this.database.get<{ accepted: number | null; total: number }>('SELECT sum(isAccepted) AS accepted, count(*) AS total FROM decisions')
    const accepted = row?.accepted ?? 0
    return { accepted, rejected: (row?.total ?? 0) - accepted }
  }

  /** Moments of decisions since a time, oldest first; pairs that were decided in one act share a moment. */
  listMoments(sinceMs: number): { atMs: number; accepted: number; rejected: number }[] {
    return this.database.all('SELECT decidedAtMs AS atMs, sum(isAccepted) AS accepted, count(*) - sum(isAccepted) AS rejected FROM decisions WHERE decidedAtMs >= ? GROUP BY decidedAtMs ORDER BY decidedAtMs', sinceMs)
  }

  /** In the order of the ids; ids that do not exist are left out. */
  getMany(pairIds: readonly number[], otherCacheId: string | null): PairAttention[] {
    return this.database.all<PairAttention>(
      `SELECT a.pairId, a.disagreement, a.acceptProbability, a.cluster, a.clusterSize, a.rarity,
        (SELECT s.score FROM modelScores s WHERE s.modelId = ? AND s.pairId = a.pairId) AS otherScore
       FROM json_each(?) j CROSS JOIN attention a ON a.pairId = j.value ORDER BY j.key`, otherCacheId, JSON.stringify(pairIds))
  }

  /** Rows that are as they were are not written again. */
  write(rows: Iterable<AttentionRow>): void {
    this.database.transaction(() => {
      for (const { pairId, disagreement, acceptProbability, cluster, clusterSize, rarity } of rows) {
        this.database.run(
          `UPDATE attention SET disagreement = ?1, acceptProbability = ?2, edge = ?3, cluster = ?4, clusterSize = ?5, rarity = ?6 WHERE pairId = ?7
            AND (disagreement IS NOT ?1 OR acceptProbability IS NOT ?2 OR cluster IS NOT ?4 OR clusterSize IS NOT ?5 OR rarity IS NOT ?6)`,
          disagreement, acceptProbability, edgeOf(acceptProbability), cluster, clusterSize, rarity, pairId)
      }
    })
  }

  /** Only what was learned from decisions; the rest stays. */
  writeChances(rows: Iterable<{ pairId: number; acceptProbability: number | null }>): void {
    this.database.transaction(() => {
      for (const { pairId, acceptProbability } of rows) {
        this.database.run('UPDATE attention SET acceptProbability = ?1, edge = ?2 WHERE pairId = ?3 AND acceptProbability IS NOT ?1', acceptProbability, edgeOf(acceptProbability), pairId)
      }
    })
  }

  getModelScores(cacheId: string, pairIds: readonly number[]): Map<number, number> {
    const rows = this.database.all<{ pairId: number; score: number }>(
      'SELECT s.pairId, s.score FROM json_each(?) j CROSS JOIN modelScores s ON s.modelId = ? AND s.pairId = j.value', JSON.stringify(pairIds), cacheId)
    return new Map(rows.map(row => [row.pairId, row.score]))
  }

  setModelScores(cacheId: string, scores: Iterable<{ pairId: number; score: number }>): void {
    this.database.transaction(() => {
      for (const { pairId, score } of scores) this.database.run('INSERT OR REPLACE INTO modelScores (modelId, pairId, score) VALUES (?, ?, ?)', cacheId, pairId, score)
    })
  }

  /** Pairs that were not measured, or changed since. */
  countUnmeasured(): number {
    return this.database.count('SELECT count(*) FROM attention WHERE rarity IS NULL')
  }

  countFlagged(): number {
    return this.database.count('SELECT count(*) FROM pairs WHERE isFlagged = 1')
  }

  getState(): AttentionState | null {
    return this.database.get<AttentionState>('SELECT modelId, cacheId, otherModelId, clusterCount, measuredAtMs, learnedCount, figures FROM attentionState') ?? null
  }

  setState({ modelId, cacheId, otherModelId, clusterCount, measuredAtMs, learnedCount, figures }: AttentionState): void {
    this.database.run('INSERT OR REPLACE INTO attentionState (id, modelId, cacheId, otherModelId, clusterCount, measuredAtMs, learnedCount, figures) VALUES (1, ?, ?, ?, ?, ?, ?, ?)',
      modelId, cacheId, otherModelId, clusterCount, measuredAtMs, learnedCount, figures)
  }

  setLearned(learnedCount: number, figures: string): void {
    this.database.run('UPDATE attentionState SET learnedCount = ?, figures = ?', learnedCount, figures)
  }

  /** Removes the scores of a model in every state of its weights (`id` and `id@state`). */
  removeModel(modelId: string): void {
    this.database.run('DELETE FROM modelScores WHERE modelId = ? OR substr(modelId, 1, ?) = ?', modelId, modelId.length + 1, `${modelId}@`)
  }
}
