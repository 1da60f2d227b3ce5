// Which transformations a picture gets, as the published training picks them: most pictures stay plain; the others get the
// group of one family. What comes out depends on seed and picture alone, whatever else is in the scope.
import type { ImageRecipe } from '../../../../shared/imageRecipe'
import {
  backwardText, pickShare, recipeOf, runsBackward, transformFamilies, transformText, variantsOf, type Transform, type TransformFamily,
} from '../../../../shared/imageTransforms'
import { Random } from '../../toybox/random'

export interface TransformOptions {
  families: readonly TransformFamily[]
  /** Of the pictures, 0…1, that stay as they are. */
  plainShare: number
  seed: number
}

export interface TransformedPair {
  /** Null is the picture itself. */
  left: ImageRecipe | null
  text: string
  right: ImageRecipe | null
}

export interface TransformGroup {
  family: TransformFamily
  pairs: TransformedPair[]
}

/** The group of one family, in the order in which it is drawn. */
export function transformGroupOf(family: TransformFamily, source: { width: number; height: number }, random: Random): TransformGroup {
  const { groupSize } = transformFamilies[family]
  const transforms = random.shuffle(variantsOf(family, random)).slice(0, runsBackward(family) ? groupSize / 2 : groupSize)
  const pairsOf = (transform: Transform): TransformedPair[] => {
    const recipe = recipeOf(transform, source)
    const forward = { left: null, text: transformText(transform), right: recipe }
    return runsBackward(family) ? [forward, { left: recipe, text: backwardText(transform), right: null }] : [forward]
  }
  return { family, pairs: transforms.flatMap(pairsOf) }
}

/** Null for a picture that stays plain. */
export function planTransforms(image: { id: number; width: number; height: number }, { families, plainShare, seed }: TransformOptions): TransformGroup | null {
  const random = new Random(`transforms/${seed}/${image.id}`)
  if (random.next() < plainShare) return null
  const family = random.weighted(Object.fromEntries(families.map((name) => [name, pickShare(name)])) as Record<TransformFamily, number>)
  return transformGroupOf(family, image, random)
}
