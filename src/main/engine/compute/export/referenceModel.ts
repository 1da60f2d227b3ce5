// A model as the reference saves it: its names in its order, the tied embedding twice, the frozen tokenizer inside.
import { vocabularySize, type FuselipConfig } from '../fuselip/config'
import type { ModelJson } from '../fuselip/modelFolder'
import { fuselipShapes } from '../fuselip/parameterShapes'
import { referenceJson } from '../fuselip/referenceConfig'
import { tiedCopy } from '../fuselip/trainedWeights'
import { titokEncoderShapes } from '../titok/parameterShapes'
import type { TitokConfig } from '../titok/titokConfig'
import { insidePrefix, type TokenizerFolder } from '../titok/tokenizerFolder'
import { AppError } from '../../../../shared/errors'
import type { WeightMap } from '../weights/namedArray'
import { requireWeight } from '../weights/weightMap'

/** The address that the reference loads a published tokenizer from; others keep the name that this studio gives them. */
function publishedAddress({ codebookSize, isLegacy, isNormalised }: TitokConfig): string | null {
  if (isLegacy && isNormalised && codebookSize === 4096) return 'yucornetto/tokenizer_titok_s128_imagenet'
  return !isLegacy && !isNormalised && codebookSize === 8192 ? 'yucornetto/tokenizer_titok_bl128_vq8k_imagenet' : null
}

/** @returns config.json; `json` is that of the exported model, whose own values are kept */
export function toReferenceJson(config: FuselipConfig, json: ModelJson, tokenizer: TitokConfig): ModelJson {
  const named = typeof json['image_tokenizer'] === 'string' ? json['image_tokenizer'] : null
  return referenceJson(config, json, named ?? publishedAddress(tokenizer) ?? String(json['imageTokenizer'] ?? 'unknown'))
}

/**
 * All tensors of the checkpoint. Arrays are shared with what was given.
 * @throws AppError 'bad-model' where the tokenizer does not belong to the model
 */
export function toReferenceWeights(weights: WeightMap, config: FuselipConfig, tokenizer: TokenizerFolder): WeightMap {
  if (tokenizer.config.codebookSize !== config.codebookSize || tokenizer.config.latentCount !== config.imageTokenCount) {
    throw new AppError(
      'bad-model', `Expected an image tokenizer with ${config.imageTokenCount} of ${config.codebookSize} codes (vocabulary ${vocabularySize(config)}), found ${tokenizer.config.latentCount} of ${tokenizer.config.codebookSize}.`,
      'Export the model with the tokenizer it was trained with.',
    )
  }
  const encoder = titokEncoderShapes(tokenizer.config)
  // In the order of the reference: the tokenizer follows the parameters that belong to no layer.
  const result: WeightMap = new Map()
  for (const name of fuselipShapes(config).keys()) {
    result.set(name, requireWeight(weights, name))
    if (name === 'logit_bias') for (const inner of encoder.keys()) result.set(`${insidePrefix}${inner}`, requireWeight(tokenizer.weights, inner))
  }
  if (config.hasMask) result.set(tiedCopy, requireWeight(weights, 'token_embedding.weight'))
  return result
}
