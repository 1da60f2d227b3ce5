// Masked multimodal modelling: hides some ids of a batch behind `[MASK]`.
// Source: FuseLIP (arXiv 2506.03096) §3.2 and its public code. Not masked: end of text, padding (and with it the token
// `!`, which has the same id), `[MASK]` itself and, a quirk of that code that is kept, the first image code.
import { endOfTextId, imageOffset, maskId, padId, type FuselipConfig } from '../fuselip/config'
import type { PaddedRows } from '../fuselip/sequence'
import type { Random } from './random'
import type { StepSide } from './stepContract'

/** Whether an id may be hidden and asked for. */
export const isMaskable = (id: number, config: Pick<FuselipConfig, 'hasMask'>): boolean =>
  id !== endOfTextId && id !== padId && id !== maskId && id !== imageOffset(config)

/** One batch in forty has more; it gets a graph of its own. */
const likelyDeviations = 2

/**
 * @param padded [B, L] ids; not changed
 * @param probability chance of each id, 0 masks nothing
 */
export function maskRows(padded: PaddedRows, probability: number, random: Random, config: Pick<FuselipConfig, 'hasMask'>): StepSide {
  const ids = padded.ids.slice()
  const positions: number[] = []
  const labels: number[] = []
  const canMask = config.hasMask && probability > 0
  let maskableCount = 0
  for (let position = 0; canMask && position < ids.length; position++) {
    const id = ids[position]!
    if (!isMaskable(id, config)) continue
    maskableCount++
    if (random.next() >= probability) continue
    positions.push(position)
    labels.push(id)
    ids[position] = maskId
  }
  const deviation = Math.sqrt(maskableCount * probability * (1 - probability))
  const likelyMaskedCount = canMask ? Math.ceil(maskableCount * probability + likelyDeviations * deviation) : 0
  return { ...padded, ids, likelyMaskedCount, maskedPositions: Int32Array.from(positions), maskedLabels: Int32Array.from(labels) }
}
