// Two models as one family: embeddings of any blend of them with graphs that are compiled once, and a blend as a model
// of its own.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as ort from 'onnxruntime-node'
import { createEmbedder, isEncoderWeight } from '../fuselip/embedder'
import { fuselipJson, readModelFolder, type ModelFolder } from '../fuselip/modelFolder'
import type { FuselipConfig } from '../fuselip/config'
import type { DeviceOptions } from '../graph/compileFunction'
import type { EmbedBatch } from '../retrieval/embedRows'
import { writeJson } from '../training/checkpoint'
import { replaceFolder } from '../training/replaceFolder'
import { writeSafetensors } from '../weights/safetensors'
import { blendWeights, refuseUnlike, shapesOf, type BlendParent } from './blendWeights'
import { recordName } from './importModel'

export interface BlendRequest {
  baseDir: string
  tunedDir: string
  /** 0 is base, 1 is tuned. */
  amount: number
  modelDir: string
  /** Written beside the model: where it came from. */
  record: Record<string, unknown>
  /** Markdown of README.md. */
  card: string
}

const parentOf = (name: string, { config, weights, json }: ModelFolder): BlendParent =>
  ({ name, config, tokenizerId: String(json['imageTokenizer'] ?? json['image_tokenizer'] ?? ''), shapes: shapesOf(weights) })

async function readParents(baseDir: string, tunedDir: string): Promise<{ base: ModelFolder; tuned: ModelFolder }> {
  const [base, tuned] = [await readModelFolder(baseDir), await readModelFolder(tunedDir)]
  refuseUnlike(parentOf('the first model', base), parentOf('the second model', tuned))
  return { base, tuned }
}

/**
 * Writes the blend as a model folder, whole or not at all. It keeps the config.json of the tuned model without what a run
 * wrote into it.
 * @throws AppError 'bad-input' for models that differ in more than their numbers, 'bad-model', 'disk-full'
 */
export async function blendModels({ baseDir, tunedDir, amount, modelDir, record, card }: BlendRequest): Promise<{ parameterCount: number }> {
  const { base, tuned } = await readParents(baseDir, tunedDir)
  const weights = blendWeights(base.weights, tuned.weights, amount)
  const { training: _training, ...json } = tuned.json
  await replaceFolder(modelDir, async (dir) => {
    await writeJson(join(dir, 'config.json'), { ...fuselipJson(tuned.config, json), training: {} })
    await writeSafetensors(join(dir, 'model.safetensors'), weights, { metadata: { format: 'pt' } })
    await writeJson(join(dir, recordName), record)
    await writeFile(join(dir, 'README.md'), card)
  })
  let parameterCount = 0
  for (const { data } of weights.values()) parameterCount += data.length
  return { parameterCount }
}

export interface BlendEmbedder {
  config: FuselipConfig
  /** An embedder of one blend; it holds its weights until the next one is asked for and forgotten. */
  at(amount: number): EmbedBatch
  dispose(): Promise<void>
}

/** @throws AppError 'bad-input', 'bad-model' */
export async function createBlendEmbedder(baseDir: string, tunedDir: string, device: DeviceOptions): Promise<BlendEmbedder> {
  const { base, tuned } = await readParents(baseDir, tunedDir)
  const embedder = await createEmbedder(base.weights, base.config, device)
  return {
    config: base.config,
    at(amount) {
      const tensors: Record<string, ort.Tensor> = {}
      for (const [name, { data, shape }] of blendWeights(base.weights, tuned.weights, amount, isEncoderWeight)) tensors[name] = new ort.Tensor('float32', data, shape)
      return (ids, length, endPositions) => embedder.embedWith(tensors, ids, length, endPositions)
    },
    dispose: () => embedder.dispose(),
  }
}
