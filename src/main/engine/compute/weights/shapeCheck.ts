// Compares the tensors of a file with those that a configuration asks for, before anything is computed with them.
import { AppError } from '../../../../shared/errors'
import type { WeightMap } from './namedArray'

export type ShapeTable = ReadonlyMap<string, readonly number[]>

const shownNames = 3
const wrongFiles = 'Choose the config.json and the weights of one model.'

export const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`

function listNames(names: readonly string[]): string {
  const shown = names.slice(0, shownNames).map((name) => `“${name}”`).join(', ')
  return names.length > shownNames ? `${shown} and ${names.length - shownNames} more` : shown
}

/**
 * @param label names the model in the message, for example “The FuseLIP model”
 * @param isKnown names beyond the table that may be there and are not checked
 * @throws AppError 'bad-model' naming the tensor, its expected and its found shape
 */
export function checkShapes(weights: WeightMap, expected: ShapeTable, label: string, isKnown: (name: string) => boolean = () => false): void {
  const missing = [...expected.keys()].filter((name) => !weights.has(name))
  if (missing.length) {
    const shape = expected.get(missing[0]!)!
    throw new AppError('bad-model', `${label} lacks ${listNames(missing)}; “${missing[0]}” is expected with shape ${shapeText(shape)}.`, wrongFiles)
  }
  for (const [name, shape] of expected) {
    const found = weights.get(name)!.shape
    if (found.length === shape.length && found.every((size, axis) => size === shape[axis])) continue
    throw new AppError('bad-model', `${label}: expected tensor “${name}” of shape ${shapeText(shape)}, found ${shapeText(found)}.`, wrongFiles)
  }
  const foreign = [...weights.keys()].filter((name) => !expected.has(name) && !isKnown(name))
  if (foreign.length) throw new AppError('bad-model', `${label} has tensors that do not belong to it: ${listNames(foreign)}.`, wrongFiles)
}

/**
 * Numbers that config.json claims against those read from the weights. Absent claims are no contradiction.
 * @param claims key as config.json spells it → [claimed, found]
 */
export function checkClaims(claims: Record<string, readonly [claimed: unknown, found: number]>, label: string): void {
  for (const [key, [claimed, found]] of Object.entries(claims)) {
    if (claimed === undefined || claimed === null || claimed === found) continue
    throw new AppError('bad-model', `${label}: config.json says ${key} = ${JSON.stringify(claimed)}, the weights have ${found}.`, wrongFiles)
  }
}
