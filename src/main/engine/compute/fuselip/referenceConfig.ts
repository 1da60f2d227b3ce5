// config.json as the public FuseLIP code writes and reads it (its keys are the arguments of its model class, so none may
// be added), and which of its options this studio computes.
import { AppError } from '../../../../shared/errors'
import { checkClaims } from '../weights/shapeCheck'
import { vocabularySize, type FuselipConfig } from './config'

export type ModelJson = Record<string, unknown>

/** Options with one supported value, each with what another value would mean. Absent ones have that value. */
const supported: Record<string, readonly [value: unknown, meaning: string]> = {
  mask_pad: [true, 'padding that takes part in attention'],
  use_eoi: [false, 'an end-of-image token'],
}
const supportedInText: Record<string, readonly [value: unknown, meaning: string]> = {
  mlp_ratio: [4, 'another width of the feed-forward layers'],
  ls_init_value: [null, 'layer scale'],
  no_causal_mask: [true, 'a causal mask'],
  proj_bias: [false, 'a projection after the transformer'],
  pool_type: ['eot', 'another position of the embedding'],
  pad_id: [0, 'another padding id'],
}

const label = 'The FuseLIP model'
export const textConfigOf = (json: ModelJson): ModelJson => {
  const value = json['text_config']
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as ModelJson : {}
}

function checkOptions(json: ModelJson, options: typeof supported, prefix: string): void {
  for (const [key, [value, meaning]] of Object.entries(options)) {
    if (json[key] === undefined || json[key] === value) continue
    throw new AppError(
      'bad-model', `${label} uses ${meaning} (${prefix}${key} = ${JSON.stringify(json[key])}), which is not supported; expected ${JSON.stringify(value)}.`,
      'Choose a checkpoint of the published form.',
    )
  }
}

/** @throws AppError 'bad-model' for options that would be computed wrongly, and for sizes that the weights contradict */
export function checkReferenceJson(json: ModelJson, config: FuselipConfig): void {
  const text = textConfigOf(json)
  checkOptions(json, supported, '')
  checkOptions(text, supportedInText, 'text_config.')
  checkClaims({
    'text_config.width': [text['width'], config.width],
    'text_config.layers': [text['layers'], config.layerCount],
    'text_config.vocab_size': [text['vocab_size'], vocabularySize(config)],
    'text_config.context_length': [text['context_length'], config.contextLength],
    context_length: [json['context_length'], config.contextLength],
    width: [json['width'], config.width],
    layerCount: [json['layerCount'], config.layerCount],
    codebookSize: [json['codebookSize'], config.codebookSize],
    contextLength: [json['contextLength'], config.contextLength],
  }, label)
}

/** Sizes by width, as the reference names them. */
const sizeNames: Record<number, string> = { 384: 'small', 512: 'base', 768: 'large' }

/**
 * config.json for the reference: its keys and no others. Values of the model's own config.json are kept where it has them.
 * @param tokenizerName `titok-s` or `titok-b` for the published tokenizers
 */
export function referenceJson(config: FuselipConfig, base: ModelJson, tokenizerName: string): ModelJson {
  const maskProbability = base['mlm_probability'] ?? (config.hasMask ? 0.1 : 0)
  return {
    model_name: base['model_name'] ?? 'fuse-clip-titok',
    text_config: {
      context_length: config.contextLength,
      vocab_size: vocabularySize(config),
      width: config.width,
      heads: config.headCount,
      layers: config.layerCount,
      mlp_ratio: 4,
      ls_init_value: null,
      no_causal_mask: true,
      pad_id: 0,
      proj_bias: false,
      output_tokens: false,
      pool_type: 'eot',
    },
    mask_pad: true,
    image_tokenizer: tokenizerName,
    use_eoi: false,
    context_length: config.contextLength,
    transformer_size: base['transformer_size'] ?? sizeNames[config.width] ?? 'small',
    mlm_probability: maskProbability,
    rand_repl_probability: base['rand_repl_probability'] ?? 0,
  }
}
