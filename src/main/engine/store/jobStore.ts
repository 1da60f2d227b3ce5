// Jobs and their logs.
import type { Job, JobKind, JobState } from '../../../shared/contract/entities'
import { AppError } from '../../../shared/errors'
import type { Database } from './database'
import { toPatch } from './patch'

type Row = Omit<Job, 'error'> & { error: string | null }
export type JobPatch = Partial<Omit<Job, 'id' | 'kind'>>

const columns = ['title', 'state', 'phase', 'done', 'total', 'startedAtMs', 'endedAtMs', 'error', 'summary', 'runId'] as const
const select = `SELECT id, kind, ${columns.join(', ')} FROM jobs`
const toJob = (row: Row): Job => ({ ...row, error: row.error === null ? null : (JSON.parse(row.error) as Job['error']) })

export class JobStore {
  constructor(private readonly database: Database) {}

  create(job: { kind: JobKind; title: string; runId?: number | null }): Job {
    const { insertedId } = this.database.run("INSERT INTO jobs (kind, title, state, createdAtMs, runId) VALUES (?, ?, 'queued', ?, ?)",
      job.kind, job.title, Date.now(), job.runId ?? null)
    return this.get(insertedId)
  }

  update(jobId: number, change: JobPatch): Job {
    const patch = toPatch<JobPatch>(columns, change)
    if (patch !== null) this.database.run(`UPDATE jobs SET ${patch.assignments} WHERE id = ?`, ...patch.values, jobId)
    return this.get(jobId)
  }

  /** @throws AppError 'not-found' */
  get(jobId: number): Job {
    const row = this.database.get<Row>(`${select} WHERE id = ?`, jobId)
    if (row === undefined) throw new AppError('not-found', `There is no job ${jobId} in this project.`)
    return toJob(row)
  }

  /** Newest first. */
  list(limit: number): Job[] {
    return this.database.all<Row>(`${select} ORDER BY id DESC LIMIT ?`, limit).map(toJob)
  }

  /** Oldest first. */
  listByState(state: JobState): Job[] {
    return this.database.all<Row>(`${select} WHERE state = ? ORDER BY id`, state).map(toJob)
  }

  addLog(jobId: number, line: string): void {
    this.database.run('INSERT INTO jobLog (jobId, atMs, line) VALUES (?, ?, ?)', jobId, Date.now(), line)
  }

  listLog(jobId: number): { atMs: number; line: string }[] {
    return this.database.all('SELECT atMs, line FROM jobLog WHERE jobId = ? ORDER BY id', jobId)
  }
}
