// Large checkpoints come as several files and an index that says which tensor lies in which (`weight_map`). The index is
// not trusted: a shard is a plain file name beside it, and each tensor must really be where the index says.
// Source: the files that `save_pretrained` of huggingface/transformers writes.
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AppError } from '../../../../shared/errors'
import type { WeightMap } from './namedArray'

const maximumIndexBytes = 64 * 1024 * 1024
const maximumShards = 1000
/** No separators, no drive letters, no leading dot: the name cannot leave the folder. */
const shardName = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,200}\.(safetensors|bin)$/

export type ReadShard = (path: string, accept: (name: string) => boolean) => Promise<WeightMap>

function badIndex(path: string, reason: string, cause?: unknown): AppError {
  return new AppError('bad-model', `“${basename(path)}” is no usable index of weights: ${reason}.`, 'Copy or download all files of the model again.', { cause })
}

/** @returns shard file name → names of its tensors */
async function readIndex(path: string): Promise<Map<string, Set<string>>> {
  let parsed: unknown
  try {
    const { size } = await stat(path)
    if (size > maximumIndexBytes) throw badIndex(path, `it has ${size} bytes`)
    parsed = JSON.parse(await readFile(path, 'utf8'))
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown
    throw badIndex(path, (thrown as Error).message, thrown)
  }
  const map = (parsed as { weight_map?: unknown } | null)?.weight_map
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw badIndex(path, 'expected an object “weight_map”')
  const shards = new Map<string, Set<string>>()
  for (const [name, file] of Object.entries(map)) {
    if (typeof file !== 'string' || !shardName.test(file)) {
      throw badIndex(path, `tensor “${name}” is said to lie in ${JSON.stringify(file)?.slice(0, 120)}, which is no file name beside the index`)
    }
    const names = shards.get(file) ?? new Set()
    shards.set(file, names.add(name))
  }
  if (shards.size === 0) throw badIndex(path, 'it names no tensors')
  if (shards.size > maximumShards) throw badIndex(path, `it names ${shards.size} files, expected at most ${maximumShards}`)
  return shards
}

/**
 * Reads the tensors of all shards, one file after another. A shard without an accepted tensor is not opened.
 * @throws AppError 'bad-model', 'unreadable-file'
 */
export async function readSharded(indexPath: string, readShard: ReadShard, accept: (name: string) => boolean): Promise<WeightMap> {
  const weights: WeightMap = new Map()
  for (const [file, names] of await readIndex(indexPath)) {
    const wanted = [...names].filter(accept)
    if (wanted.length === 0) continue
    const shard = await readShard(join(dirname(indexPath), file), (name) => names.has(name) && accept(name))
    for (const name of wanted) {
      const weight = shard.get(name)
      if (!weight) throw badIndex(indexPath, `tensor “${name}” is not in “${file}”`)
      weights.set(name, weight)
    }
  }
  return weights
}
