// Looking things up in a map of weights.
import { AppError } from '../../../../shared/errors'
import type { NamedArray, WeightMap } from './namedArray'

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** The named weight; a 'bad-model' error that names what is missing otherwise. */
export function requireWeight(weights: WeightMap, name: string): NamedArray {
  const weight = weights.get(name)
  if (!weight) {
    throw new AppError(
      'bad-model',
      `Expected a weight named “${name}”; the file has ${weights.size} weights, none of that name.`,
      'Choose the weights that belong to this kind of model.',
    )
  }
  return weight
}

/** The weights whose name starts with `prefix`, under the rest of their name. The arrays are shared, not copied. */
export function weightsUnder(weights: WeightMap, prefix: string): WeightMap {
  const under: WeightMap = new Map()
  for (const [name, weight] of weights) if (name.startsWith(prefix)) under.set(name.slice(prefix.length), weight)
  return under
}
