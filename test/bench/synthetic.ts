// Synthetic batches and models of published sizes.
import { endOfTextId, maskId, startOfTextId } from '../../src/main/engine/compute/fuselip/config'
import type { FuselipConfig } from '../../src/main/engine/compute/fuselip/config'
import type { TitokConfig } from '../../src/main/engine/compute/titok/titokConfig'
import { createRandom } from '../../src/main/engine/compute/training/random'
import type { StepBatch, StepSide } from '../../src/main/engine/compute/training/stepContract'
import { maskedShare, modelSizes, type ModelSize } from './cases'

export function configOf(size: ModelSize): FuselipConfig {
  const { width, heads, layers, context, codes, imageTokens } = modelSizes[size]
  return { width, headCount: heads, layerCount: layers, contextLength: context, codebookSize: codes, imageTokenCount: imageTokens, hasMask: true }
}

/** Rows of random text ids without padding. */
export function syntheticSide(rows: number, length: number, stream: number): StepSide {
  const random = createRandom(1, stream)
  const ids = new Int32Array(rows * length)
  const maskedPositions: number[] = [], maskedLabels: number[] = []
  for (let row = 0; row < rows; row += 1) {
    ids[row * length] = startOfTextId
    ids[row * length + length - 1] = endOfTextId
    for (let column = 1; column < length - 1; column += 1) {
      const id = 1 + random.below(49_000)
      const isMasked = random.next() < maskedShare
      ids[row * length + column] = isMasked ? maskId : id
      if (isMasked) { maskedPositions.push(row * length + column); maskedLabels.push(id) }
    }
  }
  return {
    ids, length, endPositions: new Int32Array(rows).fill(length - 1),
    maskedPositions: Int32Array.from(maskedPositions), maskedLabels: Int32Array.from(maskedLabels),
  }
}

/** Each pair's own right side is its match, all others are negatives. */
export function syntheticBatch(pairs: number, leftLength: number, rightLength: number): StepBatch {
  const cells = new Float32Array(pairs * pairs).fill(-1)
  for (let i = 0; i < pairs; i += 1) cells[i * pairs + i] = 1
  return { batchSize: pairs, left: syntheticSide(pairs, leftLength, 2), right: syntheticSide(pairs, rightLength, 3), cells }
}

export const stepSettings = { learningRate: 1e-4, weightDecay: 0.1, gradientClip: 1, mmmWeight: 0.25 }

/** The encoder of TiTok-S-128 behind a decoder too small to take time. */
export const titokSmall: TitokConfig = {
  imageSizePx: 256, latentCount: 128, tokenSize: 12, codebookSize: 4096, isNormalised: true, isLegacy: true,
  encoder: { patchPx: 16, gridSize: 16, width: 512, layerCount: 8, headCount: 8 },
  decoder: { patchPx: 16, gridSize: 16, width: 64, layerCount: 1, headCount: 2 }, pixelStage: 'rgb',
}
