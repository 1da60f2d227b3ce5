// Finds and reads the weights of a model, whatever they are called: one safetensors file, shards with an index, or what
// `torch.save` wrote, from a bare state dict to a training checkpoint.
import { open, readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { AppError } from '../../../../shared/errors'
import type { WeightMap } from './namedArray'
import { readPytorch } from './pytorch'
import { readSafetensors } from './safetensors'
import { readSharded } from './shardedIndex'

export type AcceptName = (name: string) => boolean

/** In order of preference; safetensors first, because nothing in it can be executed by any reader. */
export const weightFileNames = [
  'model.safetensors', 'model.safetensors.index.json', 'open_clip_model.safetensors',
  'pytorch_model.bin', 'pytorch_model.bin.index.json', 'open_clip_pytorch_model.bin',
] as const
const otherWeightFile = /\.(safetensors|bin|pt|pth|ckpt)$/i

/**
 * The file that holds (or lists) the weights of a folder.
 * @throws AppError 'bad-model' where there is none, or several of which none has a usual name
 */
export async function findWeightFile(dir: string): Promise<string> {
  const names = await readdir(dir).catch((cause: unknown) => {
    throw new AppError('unreadable-file', `The folder “${basename(dir)}” cannot be read: ${(cause as Error).message}.`, 'Check the path and its permissions.', { cause })
  })
  const usual = weightFileNames.find((name) => names.includes(name))
  if (usual) return join(dir, usual)
  const others = names.filter((name) => otherWeightFile.test(name))
  if (others.length === 1) return join(dir, others[0]!)
  const found = others.length === 0 ? 'no weights' : `several files of weights (${others.sort().slice(0, 5).join(', ')})`
  throw new AppError('bad-model', `“${basename(dir)}” holds ${found}; expected one of ${weightFileNames.join(', ')}.`, 'Choose the folder of one model, or the file of weights itself.')
}

/** Told by its first bytes, not by its name: checkpoints are renamed often. */
async function isZip(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new AppError('unreadable-file', `“${basename(path)}” cannot be opened: ${(cause as Error).message}.`, 'Check the path and its permissions.', { cause })
  })
  try {
    const start = Buffer.alloc(2)
    await file.read(start, 0, 2, 0)
    return start.toString('latin1') === 'PK'
  } finally {
    await file.close()
  }
}

/**
 * Reads one file of weights of any supported form, every number as float32.
 * @throws AppError 'unreadable-file', 'bad-model'
 */
export async function readWeightFile(path: string, accept: AcceptName = () => true): Promise<WeightMap> {
  if (path.endsWith('.index.json')) return readSharded(path, readWeightFile, accept)
  if (path.endsWith('.safetensors') && !(await isZip(path))) return (await readSafetensors(path, accept)).weights
  return readPytorch(path, accept)
}

/** @throws AppError 'unreadable-file', 'bad-model' */
export const readFolderWeights = async (dir: string, accept: AcceptName = () => true): Promise<WeightMap> =>
  readWeightFile(await findWeightFile(dir), accept)
