// Starting weights of a tokenizer that is trained here (the nano one): RGB pixel stage only.
// Source: the initialisation of FuseLIP's encoder (arXiv 2506.03096, public code) for blocks, ViT's for the rest.
import { elementCount } from '../weights/weightMap'
import type { WeightMap } from '../weights/namedArray'
import type { TitokConfig, VisionTransformerConfig } from './titokConfig'

/** Normal numbers from uniform ones (Box and Muller 1958). `random` gives numbers in [0, 1). */
function normalSource(random: () => number): () => number {
  let spare: number | null = null
  return () => {
    if (spare !== null) {
      const value = spare
      spare = null
      return value
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random())) // 1 − u is never 0
    const angle = 2 * Math.PI * random()
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
}

class WeightFiller {
  readonly weights: WeightMap = new Map()
  private readonly nextNormal: () => number

  constructor(random: () => number) {
    this.nextNormal = normalSource(random)
  }

  normal(name: string, shape: number[], deviation: number): void {
    const data = new Float32Array(elementCount(shape))
    for (let i = 0; i < data.length; i++) data[i] = this.nextNormal() * deviation
    this.weights.set(name, { shape, data })
  }

  constant(name: string, shape: number[], value: number): void {
    this.weights.set(name, { shape, data: new Float32Array(elementCount(shape)).fill(value) })
  }

  layerNorm(name: string, width: number): void {
    this.constant(`${name}.weight`, [width], 1)
    this.constant(`${name}.bias`, [width], 0)
  }

  /** weight [out, in, …] with deviation in^-½, so that numbers of unit size stay so; bias 0 */
  mapping(name: string, shape: number[], deviation = elementCount(shape.slice(1)) ** -0.5): void {
    this.normal(`${name}.weight`, shape, deviation)
    this.constant(`${name}.bias`, [shape[0]!], 0)
  }

  blocks(prefix: string, { width, layerCount }: VisionTransformerConfig): void {
    const residualDeviation = width ** -0.5 * (2 * layerCount) ** -0.5
    for (let layer = 0; layer < layerCount; layer++) {
      const block = `${prefix}.transformer.${layer}`
      this.layerNorm(`${block}.ln_1`, width)
      this.normal(`${block}.attn.in_proj_weight`, [3 * width, width], width ** -0.5)
      this.constant(`${block}.attn.in_proj_bias`, [3 * width], 0)
      this.mapping(`${block}.attn.out_proj`, [width, width], residualDeviation)
      this.layerNorm(`${block}.ln_2`, width)
      this.mapping(`${block}.mlp.c_fc`, [4 * width, width], (2 * width) ** -0.5)
      this.mapping(`${block}.mlp.c_proj`, [width, 4 * width], residualDeviation)
    }
  }

  /** What encoder and decoder have in common. */
  transformer(prefix: string, config: VisionTransformerConfig, latentCount: number): void {
    const deviation = config.width ** -0.5
    this.normal(`${prefix}.class_embedding`, [1, config.width], deviation)
    this.normal(`${prefix}.positional_embedding`, [config.gridSize ** 2 + 1, config.width], deviation)
    this.normal(`${prefix}.latent_token_positional_embedding`, [latentCount, config.width], deviation)
    this.layerNorm(`${prefix}.ln_pre`, config.width)
    this.blocks(prefix, config)
    this.layerNorm(`${prefix}.ln_post`, config.width)
  }
}

/**
 * @param random numbers in [0, 1); the same sequence gives the same weights
 * @returns all weights of the tokenizer under their published names
 * @throws RangeError where the pixel stage is 'codes': its pixel codebook comes trained, never from here
 */
export function initialiseTitok(config: TitokConfig, random: () => number): WeightMap {
  const { encoder, decoder, latentCount, tokenSize, codebookSize } = config
  if (config.pixelStage !== 'rgb') throw new RangeError('Expected the pixel stage “rgb”: only such a tokenizer is trained here.')
  for (const part of [encoder, decoder]) {
    if (part && part.gridSize * part.patchPx !== config.imageSizePx) {
      throw new RangeError(`Expected ${part.gridSize} patches of ${part.patchPx} pixels to fill ${config.imageSizePx} pixels.`)
    }
  }
  const filler = new WeightFiller(random)
  filler.normal('latent_tokens', [latentCount, encoder.width], encoder.width ** -0.5)
  filler.transformer('encoder', encoder, latentCount)
  filler.mapping('encoder.patch_embed', [encoder.width, 3, encoder.patchPx, encoder.patchPx])
  filler.mapping('encoder.conv_out', [tokenSize, encoder.width, 1, 1])
  // Latents start with unit variance (ln_post, then the mapping above), so entries of unit variance lie among them.
  filler.normal('quantize.embedding.weight', [codebookSize, tokenSize], 1)
  if (decoder) initialiseDecoder(filler, decoder, config)
  return filler.weights
}

function initialiseDecoder(filler: WeightFiller, decoder: VisionTransformerConfig, { latentCount, tokenSize }: TitokConfig): void {
  filler.transformer('decoder', decoder, latentCount)
  filler.normal('decoder.mask_token', [1, 1, decoder.width], decoder.width ** -0.5)
  filler.mapping('decoder.decoder_embed', [decoder.width, tokenSize])
  // The first drawings are nearly plain mid-grey: small patch weights, bias one half, a convolution that copies.
  const patchNumbers = 3 * decoder.patchPx ** 2
  filler.normal('decoder.ffn.0.weight', [patchNumbers, decoder.width, 1, 1], 0.1 * decoder.width ** -0.5)
  filler.constant('decoder.ffn.0.bias', [patchNumbers], 0.5)
  filler.constant('decoder.conv_out.weight', [3, 3, 3, 3], 0)
  const kernel = filler.weights.get('decoder.conv_out.weight')!.data
  for (let colour = 0; colour < 3; colour++) kernel[(colour * 3 + colour) * 9 + 4] = 1
  filler.constant('decoder.conv_out.bias', [3], 0)
}
