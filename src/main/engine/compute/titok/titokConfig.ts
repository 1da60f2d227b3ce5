// The sizes of a TiTok tokenizer, read from its weights, and the few facts that weights do not show, from config.json.
// Source: TiTok (arXiv 2406.07550); key names as in its published config files.
import { AppError } from '../../../../shared/errors'
import type { WeightMap } from '../weights/namedArray'
import { checkClaims } from '../weights/shapeCheck'
import { requireWeight } from '../weights/weightMap'
import { checkTitokShapes } from './parameterShapes'

export interface VisionTransformerConfig {
  patchPx: number
  /** Patches along one side of the square picture. */
  gridSize: number
  width: number
  layerCount: number
  headCount: number
}

export interface TitokConfig {
  imageSizePx: number
  /** N: codes per picture. */
  latentCount: number
  /** Width of one code's vector. */
  tokenSize: number
  /** K */
  codebookSize: number
  /** L2-normalise latents and codebook before the distance. */
  isNormalised: boolean
  /** Reads the latent block of the encoder in memory order instead of transposing it (a quirk of the first release). */
  isLegacy: boolean
  encoder: VisionTransformerConfig
  /** Null where the file holds the encoder only, as FuseLIP checkpoints do. */
  decoder: VisionTransformerConfig | null
  /** 'codes': the decoder predicts MaskGIT-VQGAN codes, which a convolutional decoder draws. 'rgb': it predicts pixels. */
  pixelStage: 'codes' | 'rgb'
}

/** Head widths, which neither weights nor published files show: 64 in every published model, 32 in smaller ones. */
const publishedHeadWidth = 64
const smallHeadWidth = 32
const smallestPublishedWidth = 512

/** What config.json adds to the weights: `model.vq_model` of the published file. */
interface QuantiserFacts {
  use_l2_norm?: boolean
  is_legacy?: boolean
  /** Not in published files, written by `titokJson`. */
  vit_enc_heads?: number
  vit_dec_heads?: number
  /** Claims of the published file; the weights decide. */
  codebook_size?: number
  token_size?: number
  num_latent_tokens?: number
  vit_enc_patch_size?: number
}

/** The config.json content of the tokenizers inside published FuseLIP checkpoints, by their `image_tokenizer` name. */
export const publishedTitokJson = {
  'titok-s': { model: { vq_model: { use_l2_norm: true, is_legacy: true } } },
  'titok-b': { model: { vq_model: { use_l2_norm: false, is_legacy: false } } },
} as const

function badConfig(reason: string): AppError {
  return new AppError('bad-model', `The image tokenizer cannot be used: ${reason}.`, 'Choose the config.json and the weights of one model.')
}

function quantiserFacts(configJson: unknown): QuantiserFacts {
  const facts = (configJson as { model?: { vq_model?: unknown } } | null)?.model?.vq_model
  if (typeof facts !== 'object' || facts === null) throw badConfig('expected “model.vq_model” in config.json, found none')
  return facts
}

function countLayers(weights: WeightMap, prefix: string): number {
  let count = 0
  while (weights.has(`${prefix}.transformer.${count}.ln_1.weight`)) count++
  return count
}

function gridSizeOf(weights: WeightMap, prefix: string): number {
  const rows = requireWeight(weights, `${prefix}.positional_embedding`).shape[0]!
  const gridSize = Math.sqrt(rows - 1) // one row is the class token's
  if (!Number.isInteger(gridSize) || gridSize < 1) throw badConfig(`expected ${prefix} positions for a class token and a square, found ${rows} rows`)
  return gridSize
}

function headCountOf(prefix: string, width: number, heads: number | undefined): number {
  const count = heads ?? width / (width < smallestPublishedWidth ? smallHeadWidth : publishedHeadWidth)
  if (!Number.isInteger(count) || count < 1 || width % count) throw badConfig(`the ${prefix} width ${width} cannot be split into ${count} heads`)
  return count
}

/**
 * @param weights under their own names (`encoder.…`, `quantize.…`), see `weightsUnder`
 * @param configJson the parsed config.json
 * @throws AppError 'bad-model' where weights are missing or do not fit together
 */
export function readTitokConfig(weights: WeightMap, configJson: unknown): TitokConfig {
  const facts = quantiserFacts(configJson)
  const patchWeight = requireWeight(weights, 'encoder.patch_embed.weight')
  const [width, channels, patchPx] = patchWeight.shape as [number, number, number, number]
  if (patchWeight.shape.length !== 4 || channels !== 3) throw badConfig(`expected patches of three colours, found shape [${patchWeight.shape.join(', ')}]`)
  const encoder: VisionTransformerConfig = {
    patchPx,
    gridSize: gridSizeOf(weights, 'encoder'),
    width,
    layerCount: countLayers(weights, 'encoder'),
    headCount: headCountOf('encoder', width, facts.vit_enc_heads),
  }
  const imageSizePx = encoder.gridSize * patchPx
  const [codebookSize, tokenSize] = requireWeight(weights, 'quantize.embedding.weight').shape as [number, number]
  const pixelStage = weights.has('pixel_decoder.conv_in.weight') ? 'codes' : 'rgb'

  let decoder: VisionTransformerConfig | null = null
  if (weights.has('decoder.decoder_embed.weight')) {
    const decoderWidth = requireWeight(weights, 'decoder.decoder_embed.weight').shape[0]!
    const gridSize = gridSizeOf(weights, 'decoder')
    decoder = {
      patchPx: imageSizePx / gridSize,
      gridSize,
      width: decoderWidth,
      layerCount: countLayers(weights, 'decoder'),
      headCount: headCountOf('decoder', decoderWidth, facts.vit_dec_heads),
    }
    const outputs = requireWeight(weights, 'decoder.ffn.0.weight').shape[0]!
    if (pixelStage === 'rgb' && outputs !== 3 * decoder.patchPx ** 2) {
      throw badConfig(`expected ${3 * decoder.patchPx ** 2} numbers per decoded patch, found ${outputs}`)
    }
  }
  const config: TitokConfig = {
    imageSizePx,
    latentCount: requireWeight(weights, 'latent_tokens').shape[0]!,
    tokenSize,
    codebookSize,
    isNormalised: facts.use_l2_norm ?? true,
    isLegacy: facts.is_legacy ?? true, // published before the key existed
    encoder,
    decoder,
    pixelStage,
  }
  checkClaims({
    codebook_size: [facts.codebook_size, codebookSize],
    token_size: [facts.token_size, tokenSize],
    num_latent_tokens: [facts.num_latent_tokens, config.latentCount],
    vit_enc_patch_size: [facts.vit_enc_patch_size, patchPx],
  }, 'The image tokenizer')
  checkTitokShapes(weights, config)
  return config
}

/** The config.json of a model, such that `readTitokConfig` gives `config` back. */
export function titokJson(config: TitokConfig): { model: { vq_model: QuantiserFacts } } {
  return {
    model: {
      vq_model: {
        use_l2_norm: config.isNormalised,
        is_legacy: config.isLegacy,
        vit_enc_heads: config.encoder.headCount,
        ...(config.decoder ? { vit_dec_heads: config.decoder.headCount } : {}),
      },
    },
  }
}
