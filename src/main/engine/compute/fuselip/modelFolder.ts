// A model on disk: config.json and weights, in the layout of this studio or of published checkpoints. Sizes are read
// from the weights; config.json adds what weights do not show: the head count and the codes per image. Models written
// here spell every field of `FuselipConfig` and `imageTokenizer`; published ones use the keys of the public FuseLIP code.
import { readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { AppError } from '../../../../shared/errors'
import type { WeightMap } from '../weights/namedArray'
import { checkShapes } from '../weights/shapeCheck'
import { readFolderWeights } from '../weights/weightFiles'
import { requireWeight } from '../weights/weightMap'
import { imageOffset, type FuselipConfig } from './config'
import { fuselipShapes } from './parameterShapes'
import { checkReferenceJson, textConfigOf, type ModelJson } from './referenceConfig'
import { tiedCopy, trainedWeights } from './trainedWeights'

export type { ModelJson } from './referenceConfig'

export interface ModelFolder {
  config: FuselipConfig
  /** Weights of the transformer, without the second copy of the tied embedding and without the frozen image tokenizer. */
  weights: WeightMap
  /** The parsed config.json, so that a tuned model keeps every key of its base. */
  json: ModelJson
}

export const tokenizerPrefix = 'image_tokenizer.'
const latentTokensName = `${tokenizerPrefix}model.latent_tokens`
const tokenizerCodebookName = `${tokenizerPrefix}model.quantize.embedding.weight`
/** Width of one head in every published model. */
const publishedHeadWidth = 64
const publishedImageTokenCount = 128
/** config.json of every known model is a few kilobytes. */
const maximumJsonBytes = 1024 * 1024
const wrongFiles = 'Choose the config.json and the weights of one model.'

export async function readModelJson(dir: string, name = 'config.json'): Promise<ModelJson> {
  try {
    const path = join(dir, name)
    const { size } = await stat(path)
    if (size > maximumJsonBytes) throw new RangeError(`it has ${size} bytes`)
    const json: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as ModelJson
    throw new TypeError('expected a JSON object')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AppError('bad-model', `“${basename(dir)}” has no readable ${name}: ${reason}.`, 'Choose a folder that holds config.json and the weights of one model.', { cause })
  }
}

function positiveInteger(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : null
}

function matrixShape(weights: WeightMap, name: string): [number, number] {
  const { shape } = requireWeight(weights, name)
  if (shape.length !== 2) throw new AppError('bad-model', `Expected tensor “${name}” of two axes, found shape [${shape.join(', ')}].`, wrongFiles)
  return shape as [number, number]
}

/** @throws AppError 'bad-model' where weights are missing or contradict each other or config.json */
export function readFuselipConfig(weights: WeightMap, json: ModelJson): FuselipConfig {
  const [vocabulary, width] = matrixShape(weights, 'token_embedding.weight')
  const [contextLength] = matrixShape(weights, 'positional_embedding')
  const hasMask = weights.has('mask_prediction_head.dense.weight')
  const codebookSize = vocabulary - imageOffset({ hasMask })
  let layerCount = 0
  while (weights.has(`transformer.resblocks.${layerCount}.ln_1.weight`)) layerCount++
  const headCount = positiveInteger(json['headCount'] ?? textConfigOf(json)['heads']) ?? width / publishedHeadWidth
  const problem =
    codebookSize < 1 ? `a vocabulary of more than ${imageOffset({ hasMask })} ids, found ${vocabulary}`
    : layerCount < 1 ? 'weights of at least one transformer block, found none'
    : !Number.isInteger(headCount) || width % headCount !== 0 ? `heads that divide the width ${width}, found ${headCount}`
    : null
  if (problem) throw new AppError('bad-model', `Expected ${problem}.`, wrongFiles)
  const imageTokenCount = positiveInteger(json['imageTokenCount']) ?? publishedImageTokenCount
  const repairsText = json['repairsText'] === true ? { repairsText: true as const } : {}
  const config: FuselipConfig = { width, headCount, layerCount, contextLength, codebookSize, imageTokenCount, hasMask, ...repairsText }
  checkReferenceJson(json, config)
  checkShapes(trainedWeights(weights), fuselipShapes(config), 'The FuseLIP model', (name) => harmlessExtras.has(name))
  return config
}

/** Buffers and second names that some versions of PyTorch write beside the parameters. */
const harmlessExtras = new Set(['attn_mask', 'mask_prediction_head.decoder.bias'])

/** The head's output matrix is the token embedding; a checkpoint where the two differ is another kind of model. */
function checkTie(weights: WeightMap): void {
  const [copy, original] = [weights.get(tiedCopy), weights.get('token_embedding.weight')]
  if (!copy || !original || copy.data === original.data) return
  const bytes = (data: Float32Array): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  if (copy.data.length === original.data.length && bytes(copy.data).equals(bytes(original.data))) return
  throw new AppError('bad-model', `Expected “${tiedCopy}” to equal “token_embedding.weight” (tied weights); they differ.`, wrongFiles)
}

/**
 * Sorts the tensors of a checkpoint.
 * @param all with or without the image tokenizer under `image_tokenizer.`
 * @throws AppError 'bad-model'
 */
export function toModelFolder(all: WeightMap, json: ModelJson): ModelFolder {
  const weights: WeightMap = new Map([...all].filter(([name]) => !name.startsWith(tokenizerPrefix)))
  // The tokenizer's own weights, where they came along, say how many codes an image has, and how many there are.
  const latentTokens = all.get(latentTokensName)?.shape[0]
  const complete = latentTokens === undefined ? json : { imageTokenCount: latentTokens, ...json }
  const config = readFuselipConfig(weights, complete)
  checkTie(weights)
  const codes = all.get(tokenizerCodebookName)?.shape[0]
  if (codes !== undefined && codes !== config.codebookSize) {
    throw new AppError('bad-model', `Expected a codebook of ${config.codebookSize} entries (vocabulary less ${imageOffset(config)} text ids), found ${codes} in the image tokenizer.`, wrongFiles)
  }
  const trained = trainedWeights(weights)
  for (const name of harmlessExtras) trained.delete(name)
  return { config, weights: trained, json: complete }
}

/**
 * Reads config.json and the weights.
 * @throws AppError 'bad-model' or 'unreadable-file'
 */
export async function readModelFolder(dir: string): Promise<ModelFolder> {
  const json = await readModelJson(dir)
  const isWanted = (name: string): boolean => !name.startsWith(tokenizerPrefix) || name === latentTokensName || name === tokenizerCodebookName
  return toModelFolder(await readFolderWeights(dir, isWanted), json)
}

/** config.json of a model with these sizes, such that `readFuselipConfig` gives `config` back. Keys of `base` are kept. */
export function fuselipJson(config: FuselipConfig, base: ModelJson = {}): ModelJson {
  return { ...base, ...config, imageTokenizer: base['imageTokenizer'] ?? base['image_tokenizer'] ?? 'unknown' }
}
