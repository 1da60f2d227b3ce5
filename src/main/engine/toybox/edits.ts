// Edits of a scene with the words that ask for them, both ways: the scene after, and how to get back.
import { mentionShape, mentionText } from './captions.ts'
import type { EditKind } from './domain.ts'
import { domains } from './domain.ts'
import type { Random } from './random.ts'
import { fillTemplate, kindWithArticle, referenceTo } from './references.ts'
import type { Scene, Shape } from './scene.ts'
import { addRandomShape, colourNames, findRoom, hasRoom, hasShape, placeOf, sceneKey, shapeKinds } from './scene.ts'

export interface SceneEdit {
  kind: EditKind
  before: Scene
  after: Scene
  text: string
  /** Turns `after` back into `before`. */
  inverseText: string
}

export const editKinds: readonly EditKind[] = ['recolour', 'resize', 'move', 'reshape', 'add', 'remove', 'swap']

/** A random edit that the scene has room for; every scene allows at least a change of colour. */
export function editScene(scene: Scene, random: Random, kinds: readonly EditKind[] = editKinds): SceneEdit {
  for (const kind of random.shuffle(kinds)) {
    const edit = editors[kind](scene, random)
    if (edit !== null && sceneKey(edit.after) !== sceneKey(scene)) return { kind, before: scene, ...edit }
  }
  if (kinds.length < editKinds.length) return editScene(scene, random)
  throw new RangeError('No edit fits a scene without shapes; pass a scene with one to four shapes')
}

type Editor = (scene: Scene, random: Random) => Omit<SceneEdit, 'kind' | 'before'> | null

const editors: Record<EditKind, Editor> = {
  recolour(scene, random) {
    const shape = random.pick(scene.shapes)
    const free = colourNames.filter((colour) => !hasShape(scene, { colour, kind: shape.kind }))
    return changeShape(scene, 'recolour', shape, { ...shape, colour: random.pick(free) })
  },

  resize(scene, random) {
    const shape = random.pick(scene.shapes)
    const size = shape.size === 'small' ? 'large' : 'small'
    const others = scene.shapes.filter((other) => other !== shape)
    return hasRoom(others, size, shape) ? changeShape(scene, 'resize', shape, { ...shape, size }) : null
  },

  move(scene, random) {
    const shape = random.pick(scene.shapes)
    const others = scene.shapes.filter((other) => other !== shape)
    for (let attempt = 0; attempt < 10; attempt++) {
      const centre = findRoom(others, shape.size, random)
      if (centre === null || placeOf(centre) === placeOf(shape)) continue
      return changeShape(scene, 'move', shape, { ...shape, ...centre })
    }
    return null
  },

  reshape(scene, random) {
    const shape = random.pick(scene.shapes)
    const free = shapeKinds.filter((kind) => !hasShape(scene, { colour: shape.colour, kind }))
    return changeShape(scene, 'reshape', shape, { ...shape, kind: random.pick(free) })
  },

  add(scene, random) {
    if (scene.shapes.length >= 4) return null
    const after = { ...scene, shapes: [...scene.shapes] }
    if (!addRandomShape(after, random)) return null
    const added = after.shapes.at(-1)!
    return { after, text: additionText(scene, added), inverseText: removalText(after, added) }
  },

  remove(scene, random) {
    if (scene.shapes.length < 2) return null
    const shape = random.pick(scene.shapes)
    const after = { ...scene, shapes: scene.shapes.filter((other) => other !== shape) }
    return { after, text: removalText(scene, shape), inverseText: additionText(after, shape) }
  },

  swap(scene, random) {
    const [first, second] = random.shuffle(scene.shapes)
    // Unlike sizes might no longer fit.
    if (first === undefined || second === undefined || first.size !== second.size) return null
    if (placeOf(first) === placeOf(second)) return null
    const after = replaceShapes(
      scene,
      [first, { ...first, x: second.x, y: second.y }],
      [second, { ...second, x: first.x, y: first.y }],
    )
    const { edits } = domains[scene.domain].vocabulary
    const text = fillTemplate(edits.swap, { shape: referenceTo(scene, first), other: referenceTo(scene, second) })
    return { after, text, inverseText: text }
  },
}

function changeShape(scene: Scene, kind: EditKind, from: Shape, to: Shape): Omit<SceneEdit, 'kind' | 'before'> {
  const after = replaceShapes(scene, [from, to])
  return { after, text: changeText(scene, kind, from, to), inverseText: changeText(after, kind, to, from) }
}

function changeText(scene: Scene, kind: EditKind, from: Shape, to: Shape): string {
  const { vocabulary } = domains[scene.domain]
  return fillTemplate(vocabulary.edits[kind], {
    shape: referenceTo(scene, from),
    colour: vocabulary.colours[to.colour],
    size: vocabulary.sizes[to.size],
    place: vocabulary.placeNames[placeOf(to)],
    kind: kindWithArticle(scene, to.kind),
  })
}

function additionText(scene: Scene, shape: Shape): string {
  const domain = domains[scene.domain]
  return fillTemplate(domain.vocabulary.edits.add, { mention: mentionText(mentionShape(shape, true, true), domain) })
}

function removalText(scene: Scene, shape: Shape): string {
  return fillTemplate(domains[scene.domain].vocabulary.edits.remove, { shape: referenceTo(scene, shape) })
}

function replaceShapes(scene: Scene, ...changes: readonly (readonly [from: Shape, to: Shape])[]): Scene {
  const shapes = scene.shapes.map((shape) => changes.find(([from]) => from === shape)?.[1] ?? shape)
  return { ...scene, shapes }
}

/** Up to `count` edits of one scene, no two of them with the same words or the same result. */
export function differentEdits(scene: Scene, random: Random, count: number): SceneEdit[] {
  const edits: SceneEdit[] = []
  const results = new Set<string>()
  const texts = new Set<string>()
  for (let attempt = 0; edits.length < count && attempt < 8 * count; attempt++) {
    const edit = editScene(scene, random)
    const result = sceneKey(edit.after)
    if (results.has(result) || texts.has(edit.text)) continue
    results.add(result)
    texts.add(edit.text)
    edits.push(edit)
  }
  return edits
}

/** A near duplicate: the same ground and number of shapes, one attribute or place different. */
export function twinScene(scene: Scene, random: Random): Scene {
  return editScene(scene, random, ['recolour', 'reshape', 'swap', 'resize', 'move']).after
}
