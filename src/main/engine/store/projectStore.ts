// The one row of facts about the project, and the counter that gives every change of pairs its revision.
import type { Split, Status } from '../../../shared/contract/entities'
import type { Database } from './database'

export interface ProjectFacts {
  name: string
  isSample: boolean
  createdAtMs: number
  currentModelId: string
  revision: number
}

export interface ProjectCounts {
  pairCount: number
  imageCount: number
  countByStatus: Record<Status, number>
  countBySplit: Record<Split, number>
  groupCount: number
  judgementCount: number
  runCount: number
}

export const defaultModelId = 'bundled:nano'

export class ProjectStore {
  constructor(private readonly database: Database) {}

  /** Writes the facts of a new project; facts that are there stay. */
  ensure(project: { name: string; isSample: boolean }): void {
    this.database.run('INSERT OR IGNORE INTO project (id, name, isSample, createdAtMs, currentModelId) VALUES (1, ?, ?, ?, ?)',
      project.name, project.isSample ? 1 : 0, Date.now(), defaultModelId)
  }

  get(): ProjectFacts {
    const row = this.database.get<Omit<ProjectFacts, 'isSample'> & { isSample: number }>(
      'SELECT name, isSample, createdAtMs, currentModelId, revision FROM project')
    if (row === undefined) throw new Error('The project row is missing.')
    return { ...row, isSample: row.isSample === 1 }
  }

  rename(name: string): void {
    this.database.run('UPDATE project SET name = ?', name)
  }

  /** Scores of another model say nothing under this one, so they go. */
  setCurrentModel(modelId: string): void {
    this.database.transaction(() => {
      this.database.run('UPDATE project SET currentModelId = ?', modelId)
      this.database.run('UPDATE pairs SET score = NULL, scoreModelId = NULL WHERE scoreModelId <> ?', modelId)
    })
  }

  nextRevision(): number {
    return this.database.count('UPDATE project SET revision = revision + 1 RETURNING revision')
  }

  counts(): ProjectCounts {
    const countByStatus = { unreviewed: 0, accepted: 0, rejected: 0 }
    const countBySplit = { train: 0, validation: 0, test: 0 }
    const rows = this.database.all<{ status: Status; split: Split; count: number }>('SELECT status, split, count(*) AS count FROM pairs GROUP BY split, status')
    for (const { status, split, count } of rows) {
      countByStatus[status] += count
      countBySplit[split] += count
    }
    return {
      pairCount: rows.reduce((sum, row) => sum + row.count, 0),
      imageCount: this.database.count('SELECT count(*) FROM images WHERE isHidden = 0'),
      countByStatus,
      countBySplit,
      groupCount: this.database.count('SELECT count(*) FROM groups g WHERE EXISTS (SELECT 1 FROM groupMembers m WHERE m.groupId = g.id)'),
      judgementCount: this.database.count('SELECT count(*) FROM judgements'),
      runCount: this.database.count('SELECT count(*) FROM runs'),
    }
  }
}
