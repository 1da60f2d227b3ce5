// Sizes of a FuseLIP model, and how ids are laid out (arXiv 2506.03096 §3; ids as in the published checkpoints).

export const startOfTextId = 49406
export const endOfTextId = 49407
export const maskId = 49408
export const padId = 0

export interface FuselipConfig {
  width: number
  headCount: number
  layerCount: number
  /** Rows of the positional embedding. */
  contextLength: number
  codebookSize: number
  /** Codes of one image, 128 in the published models. */
  imageTokenCount: number
  /** Whether the vocabulary holds `[MASK]`; all published models do. */
  hasMask: boolean
  /** Texts go through `repairText` first, as in the training of the published models; absent is no. */
  repairsText?: true
}

/** First id of the image codes: 49409 with `[MASK]`, 49408 without. */
export const imageOffset = (config: Pick<FuselipConfig, 'hasMask'>): number => (config.hasMask ? 49409 : 49408)
export const vocabularySize = (config: Pick<FuselipConfig, 'hasMask' | 'codebookSize'>): number => imageOffset(config) + config.codebookSize
