// Captions in several phrasings, each with what it claims, and near misses: the same sentence made false by one change.
import type { Claims, Mention } from './claims.ts'
import { claimsHold } from './claims.ts'
import type { Domain } from './domain.ts'
import { domains } from './domain.ts'
import type { Random } from './random.ts'
import type { Scene, Shape } from './scene.ts'
import { colourNames, mainRelation, placeOf, places, relations, shapeKinds } from './scene.ts'

export interface Caption {
  text: string
  claims: Claims
  frame: string
}

const chanceOfRelations = 0.4
const chanceOfPlaces = 0.55
const chanceOfSizes = 0.65

/** Names every shape with its colour; often sizes, places, relations, the count or the ground. */
export function captionScene(scene: Scene, random: Random): Caption {
  const domain = domains[scene.domain]
  const shapes = random.shuffle(scene.shapes)
  const frame = random.pick(domain.vocabulary.captionFrames)
  const wantsRelations = shapes.length > 1 && random.chance(chanceOfRelations)
  const wantsPlaces = !wantsRelations && random.chance(chanceOfPlaces)
  const wantsSizes = random.chance(chanceOfSizes)
  const claims: Claims = {
    mentions: shapes.map((shape) => mentionShape(shape, wantsSizes, wantsPlaces)),
    relations: wantsRelations ? relateCouples(shapes) : [],
    count: frame.includes('{count}') ? shapes.length : null,
    ground: frame.includes('{ground}') ? scene.ground : null,
  }
  return { text: captionText(claims, frame, domain), claims, frame }
}

/** False for the scene: a colour, kind, size, place or relation replaced, or two colours or kinds exchanged. */
export function nearMissCaption(scene: Scene, random: Random, caption = captionScene(scene, random)): Caption {
  const domain = domains[scene.domain]
  for (let attempt = 0; attempt < 30; attempt++) {
    const claims = structuredClone(caption.claims)
    random.pick(alterations)(claims, random)
    const text = captionText(claims, caption.frame, domain)
    if (text !== caption.text && !claimsHold(scene, claims, 0)) return { text, claims, frame: caption.frame }
  }
  // A colour that is nowhere in the scene is always false.
  const claims = structuredClone(caption.claims)
  const absent = colourNames.filter((colour) => scene.shapes.every((shape) => shape.colour !== colour))
  random.pick(claims.mentions).colour = random.pick(absent)
  return { text: captionText(claims, caption.frame, domain), claims, frame: caption.frame }
}

const alterations: readonly ((claims: Claims, random: Random) => void)[] = [
  ({ mentions }, random) => { random.pick(mentions).colour = random.pick(colourNames) },
  ({ mentions }, random) => { random.pick(mentions).kind = random.pick(shapeKinds) },
  ({ mentions }, random) => {
    const mention = random.pick(mentions)
    if (mention.size !== null) mention.size = mention.size === 'small' ? 'large' : 'small'
  },
  ({ mentions }, random) => {
    const mention = random.pick(mentions)
    if (mention.place !== null) mention.place = random.pick(places)
  },
  (claims, random) => {
    if (claims.relations.length > 0) random.pick(claims.relations).relation = random.pick(relations)
  },
  ({ mentions }, random) => exchange(mentions, 'colour', random),
  ({ mentions }, random) => exchange(mentions, 'kind', random),
]

function exchange<Key extends 'colour' | 'kind'>(mentions: Mention[], key: Key, random: Random): void {
  if (mentions.length < 2) return
  const [first, second] = random.shuffle(mentions) as [Mention, Mention]
  ;[first[key], second[key]] = [second[key], first[key]]
}

export function mentionShape(shape: Shape, withSize: boolean, withPlace: boolean): Mention {
  return {
    colour: shape.colour,
    kind: shape.kind,
    size: withSize ? shape.size : null,
    place: withPlace ? placeOf(shape) : null,
  }
}

/** Relates the first mention to the second and the third to the fourth, where they lie far enough apart. */
function relateCouples(shapes: readonly Shape[]): Claims['relations'] {
  const couples: Claims['relations'] = []
  for (let subject = 0; subject + 1 < shapes.length; subject += 2) {
    const relation = mainRelation(shapes[subject]!, shapes[subject + 1]!)
    if (relation !== null) couples.push({ subject, relation, object: subject + 1 })
  }
  return couples
}

function captionText(claims: Claims, frame: string, domain: Domain): string {
  const { vocabulary, look } = domain
  const parts: string[] = []
  for (let index = 0; index < claims.mentions.length; index++) {
    const phrase = mentionText(claims.mentions[index]!, domain)
    const claim = claims.relations.find(({ subject }) => subject === index)
    if (claim === undefined) {
      parts.push(phrase)
    } else {
      const object = mentionText(claims.mentions[claim.object]!, domain)
      parts.push(`${phrase} ${vocabulary.relations[claim.relation]} ${object}`)
      index = claim.object
    }
  }
  const list = claims.relations.length > 0 ? joinRelated(parts, vocabulary.besides) : joinList(parts)
  return frame
    .replace('{list}', list)
    .replace('{count}', claims.count === null ? '' : vocabulary.counts[claims.count]!)
    .replace('{ground}', claims.ground === null ? '' : look.grounds[claims.ground]!.word)
}

/** “a small red circle in the upper left”. */
export function mentionText(mention: Mention, { vocabulary }: Domain): string {
  const words = [vocabulary.colours[mention.colour], vocabulary.kinds[mention.kind]]
  if (mention.size !== null) words.unshift(vocabulary.sizes[mention.size])
  if (mention.place !== null) words.push(vocabulary.places[mention.place])
  return withArticle(words.join(' '))
}

export function withArticle(words: string): string {
  return `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`
}

function joinList(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}

/** A plain “and” after “left of b” would read as if both were meant, hence a word of its own. */
function joinRelated(parts: readonly string[], besides: string): string {
  return parts.length < 2 ? parts.join('') : `${parts[0]}, ${besides} ${joinList(parts.slice(1))}`
}
