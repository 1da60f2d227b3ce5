// What stands in the way of deleting a model. One answer for the person who asks beforehand and for the deletion itself.
import type { Run } from '../../../shared/contract/runs'
import { AppError } from '../../../shared/errors'
import type { Store } from '../store/openStore'
import { importedFolderId, runIdOfModel } from './models'

type Runs = Pick<Store, 'runs'>

export const isActive = (run: Run): boolean => run.state === 'queued' || run.state === 'running'
export const modelIdsOfRun = (runId: number): string[] => [`run:${runId}:best`, `run:${runId}:last`]

/** A paused run without a checkpoint would start again from its base, so it needs that as much as a running one. */
const needsBase = (run: Run): boolean => isActive(run) || (run.state === 'paused' && run.checkpointSteps.length === 0)

/** Why a run with its models cannot be deleted; null when it can. */
export function findRunObstacle({ runs }: Runs, run: Run): AppError | null {
  if (isActive(run)) return new AppError('conflict', `The run “${run.name}” is ${run.state}.`, 'Stop it before deleting it.')
  const child = runs.list().find((other) => other.id !== run.id && needsBase(other) && modelIdsOfRun(run.id).includes(other.baseModelId))
  return child ? new AppError('conflict', `The run “${child.name}” was started from this one and is ${child.state}.`, 'Wait until it has ended, or stop it.') : null
}

/** Why a model cannot be deleted; null when it can. For a tuned model: why its run cannot be. */
export function findModelObstacle(store: Runs, modelId: string): AppError | null {
  const runId = runIdOfModel(modelId)
  if (runId !== null) return findRunObstacle(store, store.runs.get(runId))
  if (importedFolderId(modelId) === null) return new AppError('bad-input', 'A bundled model comes with the studio and is needed by it.', 'Only imported models and runs can be deleted.')
  const run = store.runs.list().find((other) => other.baseModelId === modelId && needsBase(other))
  return run ? new AppError('conflict', `The run “${run.name}” was started from this model and is ${run.state}.`, 'Wait until it has ended, or stop it.') : null
}
