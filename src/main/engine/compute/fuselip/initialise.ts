// Starting weights of a FuseLIP that is trained from scratch (arXiv 2506.03096, public code; the MMM head as BERT's).
import type { WeightMap } from '../weights/namedArray'
import { vocabularySize } from './config'
import type { FuselipConfig } from './config'

const initialLogitScale = Math.log(10)
const initialLogitBias = -10

/** @param nextUniform numbers in 0…1, 1 excluded */
export function initialiseFuselip(config: FuselipConfig, nextUniform: () => number): WeightMap {
  const weights: WeightMap = new Map()
  const { width, layerCount, contextLength } = config
  const nextNormal = (): number => Math.sqrt(-2 * Math.log(1 - nextUniform())) * Math.cos(2 * Math.PI * nextUniform())
  const fill = (name: string, shape: number[], next: () => number): void => {
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1))
    for (let i = 0; i < data.length; i += 1) data[i] = next()
    weights.set(name, { shape, data })
  }
  const normal = (name: string, shape: number[], deviation: number): void => fill(name, shape, () => nextNormal() * deviation)
  const constant = (name: string, shape: number[], value: number): void => fill(name, shape, () => value)
  const norm = (name: string): void => { constant(`${name}.weight`, [width], 1); constant(`${name}.bias`, [width], 0) }

  normal('token_embedding.weight', [vocabularySize(config), width], 0.02)
  normal('positional_embedding', [contextLength, width], 0.01)
  const projection = width ** -0.5 * (2 * layerCount) ** -0.5
  for (let layer = 0; layer < layerCount; layer += 1) {
    const block = `transformer.resblocks.${layer}`
    norm(`${block}.ln_1`)
    normal(`${block}.attn.in_proj_weight`, [3 * width, width], width ** -0.5)
    constant(`${block}.attn.in_proj_bias`, [3 * width], 0)
    normal(`${block}.attn.out_proj.weight`, [width, width], projection)
    constant(`${block}.attn.out_proj.bias`, [width], 0)
    norm(`${block}.ln_2`)
    normal(`${block}.mlp.c_fc.weight`, [4 * width, width], (2 * width) ** -0.5)
    constant(`${block}.mlp.c_fc.bias`, [4 * width], 0)
    normal(`${block}.mlp.c_proj.weight`, [width, 4 * width], projection)
    constant(`${block}.mlp.c_proj.bias`, [width], 0)
  }
  norm('ln_final')
  constant('logit_scale', [], initialLogitScale)
  constant('logit_bias', [], initialLogitBias)
  if (config.hasMask) {
    normal('mask_prediction_head.dense.weight', [width, width], 0.02)
    constant('mask_prediction_head.dense.bias', [width], 0)
    norm('mask_prediction_head.layer_norm')
    constant('mask_prediction_head.bias', [vocabularySize(config)], 0)
  }
  return weights
}
