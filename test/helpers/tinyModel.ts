// A FuseLIP model small enough to train in a test: random weights from a seed, written as a model folder.
import { join } from 'node:path'
import { mkdirSync } from 'node:fs'
import { vocabularySize, type FuselipConfig } from '../../src/main/engine/compute/fuselip/config'
import { createRandom } from '../../src/main/engine/compute/training/random'
import { writeModelFolder } from '../../src/main/engine/compute/training/checkpoint'
import type { WeightMap } from '../../src/main/engine/compute/weights/namedArray'

export const trainableConfig: FuselipConfig = { width: 16, headCount: 2, layerCount: 2, contextLength: 32, codebookSize: 64, imageTokenCount: 6, hasMask: true }

export function randomWeights(config: FuselipConfig, seed: number): WeightMap {
  const random = createRandom(seed)
  const weights: WeightMap = new Map()
  const normal = (name: string, shape: number[], deviation: number): void => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () =>
      deviation * Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next()))
    weights.set(name, { shape, data })
  }
  const fill = (name: string, shape: number[], value: number): void => {
    weights.set(name, { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value) })
  }
  const norm = (name: string): void => {
    fill(`${name}.weight`, [D], 1)
    fill(`${name}.bias`, [D], 0)
  }
  const { width: D, layerCount, contextLength } = config
  const vocabulary = vocabularySize(config)
  normal('token_embedding.weight', [vocabulary, D], 0.02)
  normal('positional_embedding', [contextLength, D], 0.01)
  for (let layer = 0; layer < layerCount; layer++) {
    const block = `transformer.resblocks.${layer}`
    norm(`${block}.ln_1`)
    normal(`${block}.attn.in_proj_weight`, [3 * D, D], D ** -0.5)
    fill(`${block}.attn.in_proj_bias`, [3 * D], 0)
    normal(`${block}.attn.out_proj.weight`, [D, D], D ** -0.5 * (2 * layerCount) ** -0.5)
    fill(`${block}.attn.out_proj.bias`, [D], 0)
    norm(`${block}.ln_2`)
    normal(`${block}.mlp.c_fc.weight`, [4 * D, D], (2 * D) ** -0.5)
    fill(`${block}.mlp.c_fc.bias`, [4 * D], 0)
    normal(`${block}.mlp.c_proj.weight`, [D, 4 * D], D ** -0.5 * (2 * layerCount) ** -0.5)
    fill(`${block}.mlp.c_proj.bias`, [D], 0)
  }
  norm('ln_final')
  fill('logit_scale', [], Math.log(10))
  fill('logit_bias', [], -10)
  normal('mask_prediction_head.dense.weight', [D, D], D ** -0.5)
  fill('mask_prediction_head.dense.bias', [D], 0)
  norm('mask_prediction_head.layer_norm')
  fill('mask_prediction_head.bias', [vocabulary], 0)
  return weights
}

/** Writes the model below `root` and answers its folder. */
export async function writeTinyModel(root: string): Promise<string> {
  const dir = join(root, 'tiny')
  mkdirSync(root, { recursive: true })
  await writeModelFolder(dir, { config: trainableConfig, baseJson: { imageTokenizer: 'tiny-titok' }, weights: randomWeights(trainableConfig, 11), training: {} })
  return dir
}
