// Phrases that name exactly one shape of a scene, with the fewest words that do.
import { withArticle } from './captions.ts'
import { domains } from './domain.ts'
import type { Scene, Shape, ShapeKind } from './scene.ts'

/** “star” where it is the only one, else “red star”; no scene holds two shapes of one colour and kind. */
export function referenceTo(scene: Scene, shape: Shape): string {
  const { vocabulary } = domains[scene.domain]
  const isOnlyOne = scene.shapes.every((other) => other === shape || other.kind !== shape.kind)
  const kind = vocabulary.kinds[shape.kind]
  return isOnlyOne ? kind : `${vocabulary.colours[shape.colour]} ${kind}`
}

export function kindWithArticle(scene: Scene, kind: ShapeKind): string {
  return withArticle(domains[scene.domain].vocabulary.kinds[kind])
}

/** Puts values into a template such as “make the {shape} {colour}”. */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new RangeError(`Template “${template}” names {${name}}, which has no value`)
    return value
  })
}
