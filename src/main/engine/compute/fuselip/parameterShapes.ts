// Every parameter of a FuseLIP with its shape, in the order in which the reference saves them: for checking files,
// counting parameters and writing checkpoints. Names as in the published PyTorch checkpoints.
import { elementCount } from '../weights/weightMap'
import { vocabularySize, type FuselipConfig } from './config'

/** Linear maps are stored [out, in]. Without the tied second copy of the token embedding and the image tokenizer. */
export function fuselipShapes(config: FuselipConfig): Map<string, number[]> {
  const { width: D, layerCount, contextLength } = config
  const vocabulary = vocabularySize(config)
  const shapes = new Map<string, number[]>()
  const norm = (name: string): void => { shapes.set(`${name}.weight`, [D]).set(`${name}.bias`, [D]) }
  const map = (name: string, out: number, input: number): void => { shapes.set(`${name}.weight`, [out, input]).set(`${name}.bias`, [out]) }
  shapes.set('positional_embedding', [contextLength, D]).set('logit_scale', []).set('logit_bias', [])
  for (let layer = 0; layer < layerCount; layer++) {
    const block = `transformer.resblocks.${layer}`
    norm(`${block}.ln_1`)
    shapes.set(`${block}.attn.in_proj_weight`, [3 * D, D]).set(`${block}.attn.in_proj_bias`, [3 * D])
    map(`${block}.attn.out_proj`, D, D)
    norm(`${block}.ln_2`)
    map(`${block}.mlp.c_fc`, 4 * D, D)
    map(`${block}.mlp.c_proj`, D, 4 * D)
  }
  shapes.set('token_embedding.weight', [vocabulary, D])
  norm('ln_final')
  if (config.hasMask) {
    shapes.set('mask_prediction_head.bias', [vocabulary])
    map('mask_prediction_head.dense', D, D)
    norm('mask_prediction_head.layer_norm')
  }
  return shapes
}

/** Trained numbers; the tied embedding counts once and the frozen image tokenizer not at all. */
export function countFuselipParameters(config: FuselipConfig): number {
  return [...fuselipShapes(config).values()].reduce((sum, shape) => sum + elementCount(shape), 0)
}
