// Which tensors of a checkpoint are trained. `mask_prediction_head.decoder.weight` is the token embedding a second time
// (tied weights), so it is left out here and written again on export.
import type { WeightMap } from '../weights/namedArray'

export const tiedCopy = 'mask_prediction_head.decoder.weight'

export function trainedWeights(weights: WeightMap): WeightMap {
  return new Map([...weights].filter(([name]) => name !== tiedCopy))
}
