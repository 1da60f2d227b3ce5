// A model from random weights, of a given size, for a given image tokenizer: ready to be trained from scratch.
import { join } from 'node:path'
import { initialiseFuselip } from '../fuselip/initialise'
import type { FuselipConfig } from '../fuselip/config'
import { writeJson, writeModelFolder } from '../training/checkpoint'
import { createRandom } from '../training/random'
import { readTokenizerFolder } from '../titok/tokenizerFolder'
import { recordName } from './importModel'

export interface CreateRequest {
  size: Pick<FuselipConfig, 'width' | 'headCount' | 'layerCount' | 'contextLength'>
  tokenizerId: string
  tokenizerDir: string
  modelDir: string
  seed: number
  record: Record<string, unknown>
}

/** Vocabulary and codes per picture are those of the tokenizer. @throws AppError 'bad-model', 'disk-full' */
export async function createModel({ size, tokenizerId, tokenizerDir, modelDir, seed, record }: CreateRequest): Promise<{ parameterCount: number }> {
  const tokenizer = await readTokenizerFolder(tokenizerDir)
  const config: FuselipConfig = { ...size, codebookSize: tokenizer.config.codebookSize, imageTokenCount: tokenizer.config.latentCount, hasMask: true }
  const weights = initialiseFuselip(config, createRandom(seed).next)
  await writeModelFolder(modelDir, { config, baseJson: { imageTokenizer: tokenizerId }, weights, training: { seed, step: 0 } })
  await writeJson(join(modelDir, recordName), record)
  let parameterCount = 0
  for (const { data } of weights.values()) parameterCount += data.length
  return { parameterCount }
}
