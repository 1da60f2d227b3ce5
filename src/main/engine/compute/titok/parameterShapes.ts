// The parameters of a TiTok tokenizer with their shapes, for checking files. The convolutional pixel decoder of the
// legacy kind is not listed: its sizes are its own and are read from its weights (see pixelDecoder.ts).
import { AppError } from '../../../../shared/errors'
import type { WeightMap } from '../weights/namedArray'
import { checkShapes } from '../weights/shapeCheck'
import { requireWeight } from '../weights/weightMap'
import type { TitokConfig, VisionTransformerConfig } from './titokConfig'

function addTransformer(shapes: Map<string, number[]>, prefix: string, { width: D, layerCount, gridSize }: VisionTransformerConfig): void {
  const norm = (name: string): void => { shapes.set(`${prefix}.${name}.weight`, [D]).set(`${prefix}.${name}.bias`, [D]) }
  const map = (name: string, out: number, input: number): void => {
    shapes.set(`${prefix}.${name}.weight`, [out, input]).set(`${prefix}.${name}.bias`, [out])
  }
  shapes.set(`${prefix}.class_embedding`, [1, D]).set(`${prefix}.positional_embedding`, [gridSize ** 2 + 1, D])
  norm('ln_pre')
  for (let layer = 0; layer < layerCount; layer++) {
    const block = `transformer.${layer}`
    norm(`${block}.ln_1`)
    shapes.set(`${prefix}.${block}.attn.in_proj_weight`, [3 * D, D]).set(`${prefix}.${block}.attn.in_proj_bias`, [3 * D])
    map(`${block}.attn.out_proj`, D, D)
    norm(`${block}.ln_2`)
    map(`${block}.mlp.c_fc`, 4 * D, D)
    map(`${block}.mlp.c_proj`, D, 4 * D)
  }
  norm('ln_post')
}

/** In the order in which the reference saves them. */
export function titokEncoderShapes({ encoder, latentCount, tokenSize, codebookSize }: TitokConfig): Map<string, number[]> {
  const { width: D, gridSize, patchPx } = encoder
  const shapes = new Map<string, number[]>([
    ['latent_tokens', [latentCount, D]],
    ['encoder.class_embedding', [1, D]],
    ['encoder.positional_embedding', [gridSize ** 2 + 1, D]],
    ['encoder.latent_token_positional_embedding', [latentCount, D]],
    ['encoder.patch_embed.weight', [D, 3, patchPx, patchPx]],
    ['encoder.patch_embed.bias', [D]],
  ])
  addTransformer(shapes, 'encoder', encoder)
  return shapes
    .set('encoder.conv_out.weight', [tokenSize, D, 1, 1])
    .set('encoder.conv_out.bias', [tokenSize])
    .set('quantize.embedding.weight', [codebookSize, tokenSize])
}

/** Nothing where the file holds the encoder only. The pixel codebook's size is that of the last map before it. */
function decoderShapes({ decoder, tokenSize, pixelStage }: TitokConfig, weights: WeightMap): Map<string, number[]> {
  const shapes = new Map<string, number[]>()
  if (!decoder) return shapes
  const { width: D, patchPx } = decoder
  addTransformer(shapes, 'decoder', decoder)
  shapes.set('decoder.decoder_embed.weight', [D, tokenSize]).set('decoder.decoder_embed.bias', [D]).set('decoder.mask_token', [1, 1, D])
  if (pixelStage === 'rgb') {
    const numbers = 3 * patchPx ** 2
    return shapes
      .set('decoder.ffn.0.weight', [numbers, D, 1, 1]).set('decoder.ffn.0.bias', [numbers])
      .set('decoder.conv_out.weight', [3, 3, 3, 3]).set('decoder.conv_out.bias', [3])
  }
  const [pixelCodes, channels] = requireWeight(weights, 'pixel_quantize.embedding.weight').shape as [number, number]
  const [, , ...kernel] = requireWeight(weights, 'pixel_decoder.conv_in.weight').shape
  const firstWidth = requireWeight(weights, 'pixel_decoder.conv_in.weight').shape[0]!
  return shapes
    .set('decoder.ffn.0.weight', [2 * D, D, 1, 1]).set('decoder.ffn.0.bias', [2 * D])
    .set('decoder.ffn.2.weight', [pixelCodes, 2 * D, 1, 1]).set('decoder.ffn.2.bias', [pixelCodes])
    .set('pixel_decoder.conv_in.weight', [firstWidth, channels, ...kernel])
}

/** @throws AppError 'bad-model' naming the tensor, its expected and its found shape */
export function checkTitokShapes(weights: WeightMap, config: TitokConfig): void {
  const expected = new Map([...titokEncoderShapes(config), ...decoderShapes(config, weights)])
  // Published files carry more (statistics of training); what is not used is not judged.
  checkShapes(weights, expected, 'The image tokenizer', () => true)
  if (!config.decoder) return
  const positions = requireWeight(weights, 'decoder.latent_token_positional_embedding').shape
  if (positions.length !== 2 || positions[0]! < config.latentCount || positions[1] !== config.decoder.width) {
    throw new AppError(
      'bad-model', `The image tokenizer: expected tensor “decoder.latent_token_positional_embedding” of shape [${config.latentCount}, ${config.decoder.width}], found [${positions.join(', ')}].`,
      'Choose the config.json and the weights of one model.',
    )
  }
}
