// A model on disk: config.json and model.safetensors, or the pytorch_model.bin of published checkpoints. Sizes are read
// from the weights; config.json adds what weights do not show: the head count and the codes per image. Models written
// here spell every field of `FuselipConfig` and `imageTokenizer`; published ones use the keys of the public FuseLIP code.
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { AppError } from '../../../../shared/errors'
import type { NamedArray, WeightMap } from '../weights/namedArray'
import { readPytorch } from '../weights/pytorch'
import { readSafetensors } from '../weights/safetensors'
import { requireWeight } from '../weights/weightMap'
import { imageOffset, type FuselipConfig } from './config'
import { trainedWeights } from './trainedWeights'

export type ModelJson = Record<string, unknown>

export interface ModelFolder {
  config: FuselipConfig
  /** Weights of the transformer, without the second copy of the tied embedding and without the frozen image tokenizer. */
  weights: WeightMap
  /** The parsed config.json, so that a tuned model keeps every key of its base. */
  json: ModelJson
}

export const tokenizerPrefix = 'image_tokenizer.'
/** Width of one head in every published model. */
const publishedHeadWidth = 64
const publishedImageTokenCount = 128

const isMissing = (thrown: unknown): boolean => (thrown as { code?: unknown }).code === 'ENOENT'

/** Weights of a folder, from whichever file is there. */
export async function readFolderWeights(dir: string, accept: (name: string) => boolean): Promise<WeightMap> {
  try {
    return (await readSafetensors(join(dir, 'model.safetensors'), accept)).weights
  } catch (thrown) {
    if (!(thrown instanceof AppError && isMissing(thrown.cause))) throw thrown
  }
  const weights = await readPytorch(join(dir, 'pytorch_model.bin'))
  return new Map([...weights].filter(([name]) => accept(name)))
}

export async function readModelJson(dir: string): Promise<ModelJson> {
  try {
    const json: unknown = JSON.parse(await readFile(join(dir, 'config.json'), 'utf8'))
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as ModelJson
    throw new TypeError('expected a JSON object')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AppError('bad-model', `“${basename(dir)}” has no readable config.json: ${reason}.`, 'Choose a folder that holds config.json and the weights of one model.', { cause })
  }
}

function positiveInteger(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : null
}

/** @throws AppError 'bad-model' where weights are missing or contradict config.json */
export function readFuselipConfig(weights: WeightMap, json: ModelJson): FuselipConfig {
  const [vocabulary, width] = requireWeight(weights, 'token_embedding.weight').shape as [number, number]
  const contextLength = requireWeight(weights, 'positional_embedding').shape[0]!
  const hasMask = weights.has('mask_prediction_head.dense.weight')
  const codebookSize = vocabulary - imageOffset({ hasMask })
  let layerCount = 0
  while (weights.has(`transformer.resblocks.${layerCount}.ln_1.weight`)) layerCount++
  const textConfig = json['text_config'] as ModelJson | null | undefined
  const headCount = positiveInteger(json['headCount'] ?? textConfig?.['heads']) ?? width / publishedHeadWidth
  const problem =
    codebookSize < 1 ? `a vocabulary of more than ${imageOffset({ hasMask })} ids, found ${vocabulary}`
    : layerCount < 1 ? 'weights of at least one transformer block, found none'
    : !Number.isInteger(headCount) || width % headCount !== 0 ? `heads that divide the width ${width}, found ${headCount}`
    : null
  if (problem) throw new AppError('bad-model', `Expected ${problem}.`, 'Choose the config.json and the weights of one model.')
  const imageTokenCount = positiveInteger(json['imageTokenCount']) ?? publishedImageTokenCount
  return { width, headCount, layerCount, contextLength, codebookSize, imageTokenCount, hasMask }
}

/**
 * Reads config.json and the weights.
 * @throws AppError 'bad-model' or 'unreadable-file'
 */
export async function readModelFolder(dir: string): Promise<ModelFolder> {
  const json = await readModelJson(dir)
  const latentTokens: NamedArray[] = []
  const all = await readFolderWeights(dir, (name) => !name.startsWith(tokenizerPrefix) || name.endsWith('model.latent_tokens'))
  const weights: WeightMap = new Map()
  for (const [name, weight] of all) {
    if (name.startsWith(tokenizerPrefix)) latentTokens.push(weight)
    else weights.set(name, weight)
  }
  // The tokenizer's own weights, where they came along, say how many codes an image has.
  const fromTokenizer = latentTokens[0]?.shape[0]
  const complete = fromTokenizer === undefined ? json : { imageTokenCount: fromTokenizer, ...json }
  return { config: readFuselipConfig(weights, complete), weights: trainedWeights(weights), json: complete }
}

/** config.json of a model with these sizes, such that `readFuselipConfig` gives `config` back. Keys of `base` are kept. */
export function fuselipJson(config: FuselipConfig, base: ModelJson = {}): ModelJson {
  return { ...base, ...config, imageTokenizer: base['imageTokenizer'] ?? base['image_tokenizer'] ?? 'unknown' }
}
