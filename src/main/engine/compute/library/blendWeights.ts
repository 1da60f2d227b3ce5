// Weight interpolation of two models of one architecture: w = (1 − a)·base + a·tuned, every tensor (WiSE-FT,
// arXiv 2109.01903). Between a model and its fine-tuned child, recall on old and new data trades off along a.
import { AppError } from '../../../../shared/errors'
import type { FuselipConfig } from '../fuselip/config'
import { tiedCopy } from '../fuselip/trainedWeights'
import type { WeightMap } from '../weights/namedArray'

/** What must be equal in two models that are blended; all of it is known from config.json and the header of the weights. */
export interface BlendParent {
  name: string
  config: FuselipConfig
  tokenizerId: string
  shapes: ReadonlyMap<string, readonly number[]>
}

const comparedKeys = ['width', 'headCount', 'layerCount', 'contextLength', 'codebookSize', 'imageTokenCount', 'hasMask'] as const
const advice = 'Blend a model with one that was fine-tuned from it.'

export const shapesOf = (weights: WeightMap): Map<string, number[]> => new Map([...weights].map(([name, { shape }]) => [name, shape]))

/** @throws AppError 'bad-input' naming the first thing in which the two differ */
export function refuseUnlike(base: BlendParent, tuned: BlendParent): void {
  const refuse = (what: string, ofBase: unknown, ofTuned: unknown): never => {
    throw new AppError('bad-input', `“${base.name}” and “${tuned.name}” cannot be blended: expected the same ${what}, found ${String(ofBase)} and ${String(ofTuned)}.`, advice)
  }
  if (base.tokenizerId !== tuned.tokenizerId) refuse('image tokenizer', base.tokenizerId, tuned.tokenizerId)
  for (const key of comparedKeys) if (base.config[key] !== tuned.config[key]) refuse(key, base.config[key], tuned.config[key])
  if ((base.config.repairsText === true) !== (tuned.config.repairsText === true)) refuse('repair of texts', base.config.repairsText === true, tuned.config.repairsText === true)
  const names = new Set([...base.shapes.keys(), ...tuned.shapes.keys()])
  names.delete(tiedCopy)
  for (const name of names) {
    const [ofBase, ofTuned] = [base.shapes.get(name), tuned.shapes.get(name)].map((shape) => (shape ? `[${shape.join(', ')}]` : 'none'))
    if (ofBase !== ofTuned) refuse(`shape of “${name}”`, ofBase, ofTuned)
  }
}

/**
 * Computed in double precision and rounded once. At 0 and 1 the numbers are those of the parent, bit for bit (also −0).
 * @param amount 0 is base, 1 is tuned
 * @param isWanted leaves tensors out; by default none
 * @returns new arrays, except at 0 and 1, where they are the parent's own; names in the order of `base`
 * @throws AppError 'bad-input' for an amount outside 0…1
 */
export function blendWeights(base: WeightMap, tuned: WeightMap, amount: number, isWanted: (name: string) => boolean = () => true): WeightMap {
  if (!(amount >= 0 && amount <= 1)) throw new AppError('bad-input', `Expected an amount from 0 (base) to 1 (tuned), got ${amount}.`)
  const blended: WeightMap = new Map()
  for (const [name, from] of base) {
    if (!isWanted(name)) continue
    const to = tuned.get(name)
    if (!to || to.data.length !== from.data.length) throw new AppError('bad-input', `Expected a tensor “${name}” of ${from.data.length} numbers in both models.`, advice)
    if (amount === 0 || amount === 1) {
      blended.set(name, amount === 0 ? from : to)
      continue
    }
    const [a, b] = [from.data, to.data]
    const data = new Float32Array(a.length)
    for (let i = 0; i < data.length; i++) data[i] = (1 - amount) * a[i]! + amount * b[i]!
    blended.set(name, { shape: from.shape, data })
  }
  return blended
}
