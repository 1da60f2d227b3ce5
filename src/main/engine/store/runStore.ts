// Training runs, their metrics by step and their validations.
import type { Metric, RunState, Validation } from '../../../shared/contract/entities'
import type { Run } from '../../../shared/contract/runs'
import { AppError } from '../../../shared/errors'
import type { Database } from './database'
import { toPatch } from './patch'

type Row = Omit<Run, 'recipe' | 'checkpointSteps' | 'error' | 'lastMetric' | 'lastValidation'> & {
  recipe: string
  checkpointSteps: string
  error: string | null
  lastMetric: string | null
  lastValidation: string | null
}

export type NewRun = Pick<Run, 'name' | 'baseModelId' | 'recipe' | 'device' | 'totalSteps' | 'pairCount'>
export type RunPatch = Partial<Omit<Run, 'id' | 'createdAtMs' | 'lastMetric' | 'lastValidation'>>

const columns = ['name', 'state', 'baseModelId', 'recipe', 'device', 'step', 'totalSteps', 'pairCount', 'endedAtMs', 'etaMs', 'checkpointSteps', 'error', 'jobId'] as const
const select = `SELECT r.id, r.createdAtMs, ${columns.map(name => `r.${name}`).join(', ')},
  (SELECT metric FROM runMetrics m WHERE m.runId = r.id ORDER BY m.step DESC LIMIT 1) AS lastMetric,
  (SELECT validation FROM runValidations v WHERE v.runId = r.id ORDER BY v.step DESC LIMIT 1) AS lastValidation
  FROM runs r`

const read = <T>(json: string | null): T | null => (json === null ? null : (JSON.parse(json) as T))
const toRun = (row: Row): Run => ({
  ...row,
  recipe: JSON.parse(row.recipe) as Run['recipe'],
  checkpointSteps: JSON.parse(row.checkpointSteps) as number[],
  error: read(row.error),
  lastMetric: read<Metric>(row.lastMetric),
  lastValidation: read<Validation>(row.lastValidation),
})

export class RunStore {
  constructor(private readonly database: Database) {}

  create(run: NewRun): Run {
    const { insertedId } = this.database.run(
      `INSERT INTO runs (name, state, baseModelId, recipe, device, totalSteps, pairCount, createdAtMs) VALUES (?, 'queued', ?, ?, ?, ?, ?, ?)`,
      run.name, run.baseModelId, JSON.stringify(run.recipe), run.device, run.totalSteps, run.pairCount, Date.now())
    return this.get(insertedId)
  }

  update(runId: number, change: RunPatch): Run {
    const patch = toPatch<RunPatch>(columns, change)
    if (patch !== null) this.database.run(`UPDATE runs SET ${patch.assignments} WHERE id = ?`, ...patch.values, runId)
    return this.get(runId)
  }

  /** @throws AppError 'not-found' */
  get(runId: number): Run {
    const row = this.database.get<Row>(`${select} WHERE r.id = ?`, runId)
    if (row === undefined) throw new AppError('not-found', `There is no run ${runId} in this project.`, 'Reload the list of runs.')
    return toRun(row)
  }

  /** Newest first. */
  list(): Run[] {
    return this.database.all<Row>(`${select} ORDER BY r.id DESC`).map(toRun)
  }

  listByState(state: RunState): Run[] {
    return this.database.all<Row>(`${select} WHERE r.state = ? ORDER BY r.id`, state).map(toRun)
  }

  /** Removes the run with its metrics; its folder is the caller's. */
  remove(runId: number): void {
    this.database.run('DELETE FROM runs WHERE id = ?', runId)
  }

  addMetrics(runId: number, metrics: readonly Metric[]): void {
    this.database.transaction(() => {
      for (const metric of metrics) this.database.run('INSERT OR REPLACE INTO runMetrics (runId, step, metric) VALUES (?, ?, ?)', runId, metric.step, JSON.stringify(metric))
    })
  }

  addValidation(runId: number, validation: Validation): void {
    this.database.run('INSERT OR REPLACE INTO runValidations (runId, step, validation) VALUES (?, ?, ?)', runId, validation.step, JSON.stringify(validation))
  }

  /** A run that continues from a checkpoint measures the later steps again. */
  removeAfterStep(runId: number, step: number): void {
    this.database.transaction(() => {
      this.database.run('DELETE FROM runMetrics WHERE runId = ? AND step > ?', runId, step)
      this.database.run('DELETE FROM runValidations WHERE runId = ? AND step > ?', runId, step)
    })
  }

  listMetrics(runId: number, afterStep: number): Metric[] {
    return this.database.all<{ metric: string }>('SELECT metric FROM runMetrics WHERE runId = ? AND step > ? ORDER BY step', runId, afterStep)
      .map(row => JSON.parse(row.metric) as Metric)
  }

  /** The total loss at about `count` steps, evenly spread, in order. */
  sampleLosses(runId: number, count: number): number[] {
    return this.database.all<{ total: number }>(
      `SELECT json_extract(metric, '$.total') AS total FROM runMetrics
       WHERE runId = ? AND step % max(1, (SELECT max(step) FROM runMetrics WHERE runId = ?) / ?) = 0 ORDER BY step`, runId, runId, count).map(({ total }) => total)
  }

  listValidations(runId: number, afterStep: number): Validation[] {
    return this.database.all<{ validation: string }>('SELECT validation FROM runValidations WHERE runId = ? AND step > ? ORDER BY step', runId, afterStep)
      .map(row => JSON.parse(row.validation) as Validation)
  }
}
