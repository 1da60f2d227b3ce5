// Reads toybox sentences back into facts by their words alone, and checks them on a scene with geometry of its own:
// an oracle that shares the vocabulary with the code under test, and nothing else.
import type { Vocabulary } from '../../src/main/engine/toybox/domain.ts'
import { domains } from '../../src/main/engine/toybox/domain.ts'
import type { Scene, Shape } from '../../src/main/engine/toybox/scene.ts'

interface ReadMention {
  colour: string
  kind: string
  size: string | undefined
  place: string | undefined
  from: number
  to: number
}

const oneOf = (words: readonly string[]): string => [...words].sort((a, b) => b.length - a.length).join('|')

export function readMentions(text: string, vocabulary: Vocabulary): ReadMention[] {
  const pattern = new RegExp(
    `\\ban? (?:(${oneOf(Object.values(vocabulary.sizes))}) )?(${oneOf(Object.values(vocabulary.colours))}) `
    + `(${oneOf(Object.values(vocabulary.kinds))})\\b(?: (${oneOf(Object.values(vocabulary.places))})\\b)?`, 'g')
  return [...text.matchAll(pattern)].map((match) => ({
    size: match[1], colour: match[2]!, kind: match[3]!, place: match[4],
    from: match.index, to: match.index + match[0].length,
  }))
}

/** Every claim that the words make, laid onto different shapes in every way. */
export function isTrueOf(text: string, scene: Scene): boolean {
  const { vocabulary, look } = domains[scene.domain]
  const mentions = readMentions(text, vocabulary)
  if (mentions.length === 0) throw new Error(`No shape is mentioned in “${text}”`)
  const count = vocabulary.counts.findIndex((words) => text.includes(words))
  if (count >= 0 && count !== scene.shapes.length) return false
  const ground = look.grounds.findIndex(({ word }) => new RegExp(`\\b${word} (background|field|canvas)`).test(text))
  if (ground >= 0 && look.grounds[ground]!.word !== look.grounds[scene.ground]!.word) return false
  const links = mentions.slice(1).map((mention, index) => text.slice(mentions[index]!.to, mention.from).trim())
  return assignments(scene.shapes, mentions.length).some((shapes) =>
    mentions.every((mention, index) => fits(mention, shapes[index]!, vocabulary))
    && links.every((link, index) => linkHolds(link, shapes[index]!, shapes[index + 1]!, vocabulary)))
}

function fits(mention: ReadMention, shape: Shape, vocabulary: Vocabulary): boolean {
  return vocabulary.colours[shape.colour] === mention.colour && vocabulary.kinds[shape.kind] === mention.kind
    && (mention.size === undefined || vocabulary.sizes[shape.size] === mention.size)
    && (mention.place === undefined || placeWords(shape, vocabulary) === mention.place)
}

export function placeWords({ x, y }: Shape, vocabulary: Vocabulary): string {
  const row = y < 1 / 3 ? 0 : y < 2 / 3 ? 1 : 2
  const column = x < 1 / 3 ? 0 : x < 2 / 3 ? 1 : 2
  const { places } = vocabulary
  return [
    [places.upperLeft, places.upper, places.upperRight],
    [places.left, places.centre, places.right],
    [places.lowerLeft, places.lower, places.lowerRight],
  ][row]![column]!
}

function linkHolds(link: string, first: Shape, second: Shape, { relations }: Vocabulary): boolean {
  if (link === relations.leftOf) return first.x < second.x
  if (link === relations.rightOf) return first.x > second.x
  if (link === relations.above) return first.y < second.y
  if (link === relations.below) return first.y > second.y
  return true
}

function assignments(shapes: readonly Shape[], count: number): Shape[][] {
  if (count === 0) return [[]]
  return shapes.flatMap((shape) =>
    assignments(shapes.filter((other) => other !== shape), count - 1).map((rest) => [shape, ...rest]))
}

/** The shapes that “star” or “red star” could mean. */
export function shapesMeant(reference: string, scene: Scene): Shape[] {
  const { vocabulary } = domains[scene.domain]
  return scene.shapes.filter((shape) => {
    const kind = vocabulary.kinds[shape.kind]
    return reference === kind || reference === `${vocabulary.colours[shape.colour]} ${kind}`
  })
}
