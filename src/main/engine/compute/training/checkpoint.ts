// The models that a run leaves behind: `checkpoints/step-000050`, …, the last three, and `checkpoints/best`. Each is a
// whole model folder (config.json, model.safetensors in float32) that search and evaluation open like any other.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { FuselipConfig } from '../fuselip/config'
import { fuselipJson, type ModelJson } from '../fuselip/modelFolder'
import type { WeightMap } from '../weights/namedArray'
import { replaceFile } from '../weights/replaceFile'
import { writeSafetensors } from '../weights/safetensors'
import { listFolders, recoverFolders, replaceFolder } from './replaceFolder'

export const keptCheckpointCount = 3
const stepPattern = /^step-(\d{6,})$/

export const stepFolderName = (step: number): string => `step-${String(step).padStart(6, '0')}`
export const checkpointsDir = (runDir: string): string => join(runDir, 'checkpoints')

export async function writeJson(path: string, value: unknown): Promise<void> {
  await replaceFile(path, async (file) => { await file.writeFile(`${JSON.stringify(value, null, 2)}\n`, 'utf8') })
}

/** Steps that `parent` holds a folder for, ascending. */
export async function listSteps(parent: string): Promise<number[]> {
  const names = await listFolders(parent)
  return names.flatMap((name) => {
    const match = stepPattern.exec(name)
    return match ? [Number(match[1])] : []
  }).sort((a, b) => a - b)
}

/** Removes all but the newest `keepCount` step folders. Called only after a newer one is safely on disk. */
export async function pruneSteps(parent: string, keepCount: number): Promise<void> {
  const steps = await listSteps(parent)
  for (const step of steps.slice(0, -keepCount)) await rm(join(parent, stepFolderName(step)), { recursive: true, force: true })
}

export interface SavedModel {
  config: FuselipConfig
  /** config.json of the base model; its keys are kept. */
  baseJson: ModelJson
  weights: WeightMap
  /** Added under `training` of config.json: step, seed and so on. */
  training: ModelJson
}

/** Writes one model folder, whole or not at all. */
export async function writeModelFolder(dir: string, model: SavedModel): Promise<void> {
  await replaceFolder(dir, async (temporaryDir) => {
    await writeJson(join(temporaryDir, 'config.json'), { ...fuselipJson(model.config, model.baseJson), training: model.training })
    await writeSafetensors(join(temporaryDir, 'model.safetensors'), model.weights, { metadata: { format: 'pt' } })
  })
}

/** @throws AppError 'disk-full' and others; older checkpoints are then untouched */
export async function saveCheckpoint(runDir: string, step: number, model: SavedModel): Promise<void> {
  await writeModelFolder(join(checkpointsDir(runDir), stepFolderName(step)), model)
  await pruneSteps(checkpointsDir(runDir), keptCheckpointCount)
}

export async function saveBest(runDir: string, model: SavedModel): Promise<void> {
  await writeModelFolder(join(checkpointsDir(runDir), 'best'), model)
}

export async function recoverCheckpoints(runDir: string): Promise<void> {
  await recoverFolders(checkpointsDir(runDir))
}
