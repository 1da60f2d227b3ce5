// What a run needs to go on exactly where it was: weights, optimizer moments, the step and the mined groups. All
// randomness is a function of (seed, step), so there is no generator state. The last two states are kept, each with the
// checksums of its files: a state that does not match them is passed over for the one before.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { AppError } from '../../../../shared/errors'
import type { WeightMap } from '../weights/namedArray'
import { readSafetensors, writeSafetensors } from '../weights/safetensors'
import { listSteps, pruneSteps, stepFolderName, writeJson } from './checkpoint'
import { recoverFolders, replaceFolder } from './replaceFolder'

export const keptStateCount = 2
const weightsFile = 'weights.safetensors'
const momentsFile = 'moments.safetensors'

const stateSchema = z.object({
  version: z.literal(1),
  /** Optimizer steps that are done. */
  step: z.number().int().min(0),
  /** Hash of the recipe and the data; a run can only go on with the same. */
  fingerprint: z.string(),
  /** Groups that the current epoch is planned with. */
  groups: z.array(z.array(z.number().int().min(0))),
  /** Time spent in earlier sittings and this one. */
  elapsedMs: z.number(),
  /** Validation of the best checkpoint so far; null before the first. */
  best: z.object({ step: z.number(), recallAt1: z.number(), meanRank: z.number() }).nullable(),
  sha256: z.record(z.string(), z.string()),
})

type StoredState = z.infer<typeof stateSchema>
export type BestSoFar = NonNullable<StoredState['best']>

export interface ResumeState extends Omit<StoredState, 'version' | 'sha256'> {
  weights: WeightMap
  moments: WeightMap
}

export const resumeDir = (runDir: string): string => join(runDir, 'resume')

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

export type WriteWeights = (path: string, weights: WeightMap) => Promise<void>

/**
 * Writes the state and then removes all but the last two.
 * @throws AppError 'disk-full' and others; older states are then untouched
 */
export async function saveResumeState(runDir: string, state: ResumeState, writeWeights: WriteWeights = writeSafetensors): Promise<void> {
  const { weights, moments, ...plain } = state
  await replaceFolder(join(resumeDir(runDir), stepFolderName(state.step)), async (dir) => {
    await writeWeights(join(dir, weightsFile), weights)
    await writeWeights(join(dir, momentsFile), moments)
    const sha256 = { [weightsFile]: await hashFile(join(dir, weightsFile)), [momentsFile]: await hashFile(join(dir, momentsFile)) }
    await writeJson(join(dir, 'state.json'), { version: 1, ...plain, sha256 } satisfies StoredState)
  })
  await pruneSteps(resumeDir(runDir), keptStateCount)
}

async function readState(dir: string): Promise<ResumeState> {
  const { version: _version, sha256, ...plain } = stateSchema.parse(JSON.parse(await readFile(join(dir, 'state.json'), 'utf8')))
  const load = async (name: string): Promise<WeightMap> => {
    const found = await hashFile(join(dir, name))
    if (found !== sha256[name]) throw new Error(`${name} is damaged: its checksum differs from the one in state.json`)
    return (await readSafetensors(join(dir, name))).weights
  }
  return { ...plain, weights: await load(weightsFile), moments: await load(momentsFile) }
}

/**
 * The newest state that can be read; null where the run has none at all.
 * @param log receives one line for each state that is passed over
 * @throws AppError 'bad-checkpoint' where there are states and none can be read
 */
export async function loadResumeState(runDir: string, log: (line: string) => void): Promise<ResumeState | null> {
  const parent = resumeDir(runDir)
  await recoverFolders(parent)
  const steps = (await listSteps(parent)).reverse()
  for (const step of steps) {
    try {
      return await readState(join(parent, stepFolderName(step)))
    } catch (thrown) {
      const reason = thrown instanceof z.ZodError ? 'state.json has other fields than expected' : (thrown as Error).message
      log(`The saved state of step ${step} cannot be read (${reason}); trying the one before.`)
    }
  }
  if (steps.length === 0) return null
  throw new AppError(
    'bad-checkpoint', `None of the ${steps.length} saved states of this run can be read (steps ${steps.join(', ')}).`,
    'Start a new run from one of its checkpoints.',
  )
}
