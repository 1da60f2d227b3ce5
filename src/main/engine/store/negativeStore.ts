// Mining results and judgements. Judgements are written through HistoryStore.edit, so that they can be undone.
import type { Split, Verdict } from '../../../shared/contract/entities'
import type { Database } from './database'
import type { JudgementRow } from './historyStore'

export interface StoredCandidate {
  id: number
  pairId: number
  otherPairId: number
  score: number
  positiveScore: number
  rank: number
  verdict: Verdict | null
}

export interface StoredJudgement {
  pairId: number
  otherPairId: number
  verdict: Verdict
  judgedAtMs: number
}

export interface MiningState {
  minedAtMs: number
  modelId: string
  split: Split
  perPair: number
  margin: number
  droppedByGuardCount: number
  droppedByIdentityCount: number
  /** `project.revision` when the mining began. */
  revision: number
}

const judgedSql = { all: '', open: 'WHERE j.id IS NULL', judged: 'WHERE j.id IS NOT NULL' }

export class NegativeStore {
  constructor(private readonly database: Database) {}

  /** Replaces the last mining; groups are written by GroupStore in the same transaction. */
  replaceCandidates(state: MiningState, candidates: Iterable<Omit<StoredCandidate, 'id' | 'verdict'>>): void {
    this.database.transaction(() => {
      this.database.run('DELETE FROM candidates')
      for (const { pairId, otherPairId, score, positiveScore, rank } of candidates) {
        this.database.run('INSERT INTO candidates (pairId, otherPairId, score, positiveScore, rank) VALUES (?, ?, ?, ?, ?)', pairId, otherPairId, score, positiveScore, rank)
      }
      this.database.run(
        `INSERT OR REPLACE INTO miningState (id, minedAtMs, modelId, split, perPair, margin, droppedByGuardCount, droppedByIdentityCount, revision)
         VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)`,
        state.minedAtMs, state.modelId, state.split, state.perPair, state.margin, state.droppedByGuardCount, state.droppedByIdentityCount, state.revision)
    })
  }

  /** Null before the first mining. */
  getState(): MiningState | null {
    return this.database.get<MiningState>(
      'SELECT minedAtMs, modelId, split, perPair, margin, droppedByGuardCount, droppedByIdentityCount, revision FROM miningState') ?? null
  }

  /** Hardest first. */
  listCandidates(judged: keyof typeof judgedSql, offset: number, limit: number): { candidates: StoredCandidate[]; total: number } {
    const from = `FROM candidates c LEFT JOIN judgements j ON j.pairId = c.pairId AND j.otherPairId = c.otherPairId ${judgedSql[judged]}`
    return {
      candidates: this.database.all<StoredCandidate>(
        `SELECT c.id, c.pairId, c.otherPairId, c.score, c.positiveScore, c.rank, j.verdict ${from} ORDER BY c.score DESC, c.id LIMIT ? OFFSET ?`, limit, offset),
      total: this.database.count(`SELECT count(*) ${from}`),
    }
  }

  countCandidates(): number {
    return this.database.count('SELECT count(*) FROM candidates')
  }

  listJudgements(): StoredJudgement[] {
    return this.database.all<StoredJudgement>('SELECT pairId, otherPairId, verdict, judgedAtMs FROM judgements ORDER BY id')
  }

  /** Brings judgements back as they were made; those that are there stay. Returns how many are new. Not an edit: it belongs to an import. */
  restoreJudgements(judgements: readonly StoredJudgement[]): number {
    return this.database.transaction(() => judgements.reduce((sum, { pairId, otherPairId, verdict, judgedAtMs }) => sum
      + this.database.run('INSERT OR IGNORE INTO judgements (pairId, otherPairId, verdict, judgedAtMs) VALUES (?, ?, ?, ?)', pairId, otherPairId, verdict, judgedAtMs).changes, 0))
  }

  /** What RowChange wants as `before`. */
  findJudgement(pairId: number, otherPairId: number): JudgementRow | null {
    return this.database.get<JudgementRow>('SELECT verdict, judgedAtMs FROM judgements WHERE pairId = ? AND otherPairId = ?', pairId, otherPairId) ?? null
  }

  /** Zero without judgements. One that was taken away leaves no trace. */
  lastJudgedAtMs(): number {
    return this.database.count('SELECT coalesce(max(judgedAtMs), 0) FROM judgements')
  }

  countJudgements(): number {
    return this.database.count('SELECT count(*) FROM judgements')
  }
}
