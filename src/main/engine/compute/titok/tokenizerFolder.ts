// An image tokenizer on disk: a TiTok folder of its own (both kinds, decoder optional), or a FuseLIP checkpoint that brings
// its tokenizer along under `image_tokenizer.model.`.
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../../../shared/errors'
import { readModelJson, tokenizerPrefix, type ModelJson } from '../fuselip/modelFolder'
import type { WeightMap } from '../weights/namedArray'
import { readFolderWeights } from '../weights/weightFiles'
import { weightsUnder } from '../weights/weightMap'
import { titokEncoderShapes } from './parameterShapes'
import { publishedTitokJson, readTitokConfig, type TitokConfig } from './titokConfig'

export const insidePrefix = `${tokenizerPrefix}model.`
/** Beside config.json in exported checkpoints: what the reference knows by the tokenizer's name alone. */
export const insideJsonName = 'image_tokenizer.json'
const maximumJsonBytes = 1024 * 1024

export interface TokenizerFolder {
  config: TitokConfig
  /** Under their own names: `encoder.…`, `latent_tokens`, `quantize.…`, and the decoder's where there is one. */
  weights: WeightMap
}

async function readInsideJson(dir: string): Promise<unknown> {
  const path = join(dir, insideJsonName)
  const size = await stat(path).then((found) => found.size, () => null)
  if (size === null) return null
  try {
    if (size > maximumJsonBytes) throw new RangeError(`it has ${size} bytes`)
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new AppError('bad-model', `“${insideJsonName}” cannot be read: ${(cause as Error).message}.`, 'Copy the model folder again.', { cause })
  }
}

/** Whether a folder with this config.json is a tokenizer of its own. */
export const isTokenizerJson = (json: ModelJson): boolean => typeof json['model'] === 'object' && json['model'] !== null

/** Training configurations name the tokenizer by a short name, or by the address or folder that it was loaded from. */
export function publishedKind(name: string): keyof typeof publishedTitokJson | null {
  const last = name.toLowerCase().split(/[\\/]/).filter(Boolean).at(-1) ?? ''
  if (last === 'titok-s' || /titok[-_]s128(_|$)/.test(last)) return 'titok-s'
  return last === 'titok-b' || /titok[-_]bl128[-_]vq8k(_|$)/.test(last) ? 'titok-b' : null
}

async function whereIn(dir: string, json: ModelJson): Promise<{ configJson: unknown; prefix: string }> {
  const name = json['image_tokenizer']
  if (isTokenizerJson(json) || typeof name !== 'string') return { configJson: json, prefix: '' }
  const spelled = await readInsideJson(dir)
  if (spelled !== null) return { configJson: spelled, prefix: insidePrefix }
  const published = publishedKind(name)
  if (published) return { configJson: publishedTitokJson[published], prefix: insidePrefix }
  throw new AppError('bad-model', `Expected one of the image tokenizers ${Object.keys(publishedTitokJson).join(', ')}, the model names “${name.slice(0, 100)}”.`, `Add its configuration as “${insideJsonName}”, or choose another checkpoint.`)
}

/** @throws AppError 'bad-model' or 'unreadable-file' */
export async function readTokenizerFolder(dir: string): Promise<TokenizerFolder> {
  const { configJson, prefix } = await whereIn(dir, await readModelJson(dir))
  const weights = weightsUnder(await readFolderWeights(dir, (name) => name.startsWith(prefix)), prefix)
  return { config: readTitokConfig(weights, configJson), weights }
}

/**
 * Names the codes that a tokenizer gives: equal encoders have equal fingerprints, whichever file they came in and with or
 * without a decoder. Models that share a tokenizer so share its cache of codes.
 */
export function encoderFingerprint({ config, weights }: TokenizerFolder): string {
  const hash = createHash('sha256')
  hash.update(JSON.stringify([config.isLegacy, config.isNormalised, config.encoder.headCount]))
  for (const name of [...titokEncoderShapes(config).keys()].sort()) {
    const { data } = weights.get(name)!
    hash.update(name).update(Buffer.from(data.buffer, data.byteOffset, data.byteLength))
  }
  return hash.digest('hex')
}
