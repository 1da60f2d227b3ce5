// Starting weights of a tokenizer that is trained here (the nano one): RGB pixel stage only.
// Source: the initialisation of FuseLIP's encoder (arXiv 2506.03096, public code) for blocks, ViT's for the rest.
import { elementCount } from '../weights/weightMap'
import type { WeightMap } from '../weights/namedArray'
import { latentPositions, patchPositions } from './positions'
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

/** Factor of query and key weights at the start: with 1, a place hardly prefers its neighbours over far ones. */
const attentionSharpness = 1.5

/**
 * Attention by similarity alone would make every token look at itself. Queries therefore prefer tokens that carry content
 * (patches in the encoder, latents in the decoder) over empty ones: share of the marking direction, and weight in the query bias.
 */
const contentShare = 0.5
const contentPreference = 0.7

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

  /** A direction that tokens with content of their own carry and empty ones (latents before, masks) carry reversed. */
  contentDirection(width: number): Float32Array {
    return Float32Array.from({ length: width }, () => this.nextNormal())
  }

  /** Adds a multiple of `direction` to every row of a weight. */
  shift(name: string, direction: Float32Array, factor: number): void {
    const { data } = this.weights.get(name)!
    for (let i = 0; i < data.length; i++) data[i]! += factor * direction[i % direction.length]!
  }

  blocks(prefix: string, { width, layerCount }: VisionTransformerConfig, content: Float32Array): void {
    const residualDeviation = width ** -0.5 * (2 * layerCount) ** -0.5
    for (let layer = 0; layer < layerCount; layer++) {
      const block = `${prefix}.transformer.${layer}`
      this.layerNorm(`${block}.ln_1`, width)
      this.normal(`${block}.attn.in_proj_weight`, [3 * width, width], width ** -0.5)
      // Keys start equal to queries, so that a place attends to its neighbourhood.
      const projection = this.weights.get(`${block}.attn.in_proj_weight`)!.data
      for (let i = 0; i < width * width; i++) projection[i]! *= attentionSharpness
      projection.copyWithin(width * width, 0, width * width)
      this.constant(`${block}.attn.in_proj_bias`, [3 * width], 0)
      const bias = this.weights.get(`${block}.attn.in_proj_bias`)!.data
      for (let row = 0; row < width; row++) {
        for (let column = 0; column < width; column++) bias[row]! += contentPreference * projection[row * width + column]! * content[column]!
      }
      // Values come out as they went in (W_out = W_valueᵀ, nearly orthogonal), so that a latent starts as a copy of the patches
      // around it, and a patch as a copy of its latents.
      this.constant(`${block}.attn.out_proj.weight`, [width, width], 0)
      const output = this.weights.get(`${block}.attn.out_proj.weight`)!.data
      for (let row = 0; row < width; row++) for (let column = 0; column < width; column++) output[row * width + column] = projection[(2 * width + column) * width + row]!
      this.constant(`${block}.attn.out_proj.bias`, [width], 0)
      this.layerNorm(`${block}.ln_2`, width)
      this.mapping(`${block}.mlp.c_fc`, [4 * width, width], (2 * width) ** -0.5)
      this.mapping(`${block}.mlp.c_proj`, [width, 4 * width], residualDeviation)
    }
  }

  /** What encoder and decoder have in common. */
  transformer(prefix: string, config: VisionTransformerConfig, latentCount: number): Float32Array {
    const content = this.contentDirection(config.width)
    const deviation = config.width ** -0.5
    this.normal(`${prefix}.class_embedding`, [1, config.width], deviation)
    this.weights.set(`${prefix}.positional_embedding`, { shape: [config.gridSize ** 2 + 1, config.width], data: patchPositions(config.gridSize, config.width) })
    this.weights.set(`${prefix}.latent_token_positional_embedding`, { shape: [latentCount, config.width], data: latentPositions(latentCount, config.gridSize, config.width) })
    this.layerNorm(`${prefix}.ln_pre`, config.width)
    this.blocks(prefix, config, content)
    this.layerNorm(`${prefix}.ln_post`, config.width)
    return content
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
  const content = filler.transformer('encoder', encoder, latentCount)
  filler.mapping('encoder.patch_embed', [encoder.width, 3, encoder.patchPx, encoder.patchPx])
  filler.shift('encoder.patch_embed.bias', content, contentShare)
  filler.shift('latent_tokens', content, -contentShare)
  filler.mapping('encoder.conv_out', [tokenSize, encoder.width, 1, 1])
  // Latents start with unit variance (ln_post, then the mapping above), so entries of unit variance lie among them.
  filler.normal('quantize.embedding.weight', [codebookSize, tokenSize], 1)
  if (decoder) initialiseDecoder(filler, decoder, config)
  return filler.weights
}

function initialiseDecoder(filler: WeightFiller, decoder: VisionTransformerConfig, { latentCount, tokenSize }: TitokConfig): void {
  const content = filler.transformer('decoder', decoder, latentCount)
  filler.normal('decoder.mask_token', [1, 1, decoder.width], decoder.width ** -0.5)
  filler.mapping('decoder.decoder_embed', [decoder.width, tokenSize])
  filler.shift('decoder.decoder_embed.bias', content, contentShare)
  filler.shift('decoder.mask_token', content, -contentShare)
  // The first drawings are nearly plain mid-grey: small patch weights, bias one half, a convolution that copies.
  const patchNumbers = 3 * decoder.patchPx ** 2
  filler.normal('decoder.ffn.0.weight', [patchNumbers, decoder.width, 1, 1], 0.1 * decoder.width ** -0.5)
  filler.constant('decoder.ffn.0.bias', [patchNumbers], 0.5)
  filler.constant('decoder.conv_out.weight', [3, 3, 3, 3], 0)
  const kernel = filler.weights.get('decoder.conv_out.weight')!.data
  for (let colour = 0; colour < 3; colour++) kernel[(colour * 3 + colour) * 9 + 4] = 1
  filler.constant('decoder.conv_out.bias', [3], 0)
}
