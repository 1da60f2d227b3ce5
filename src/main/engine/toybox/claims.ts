// What a caption says of a scene, apart from its wording, and whether that is true.
import type { ColourName, Place, Relation, Scene, Shape, ShapeKind, ShapeSize } from './scene.ts'
import { placeOf, relationClearance, relationHolds } from './scene.ts'

export interface Mention {
  colour: ColourName
  kind: ShapeKind
  /** Null where the caption does not say. */
  size: ShapeSize | null
  place: Place | null
}

export interface RelationClaim {
  /** Indices into the mentions. */
  subject: number
  relation: Relation
  object: number
}

export interface Claims {
  mentions: Mention[]
  relations: RelationClaim[]
  count: number | null
  /** Index into the grounds of the domain's look. */
  ground: number | null
}

/**
 * True where the mentions can be laid onto different shapes so that every claim holds. With a `clearance` of 0
 * the slightest “left of” counts: what is false even then is false to anyone's eye.
 */
export function claimsHold(scene: Scene, claims: Claims, clearance = relationClearance): boolean {
  if (claims.count !== null && claims.count !== scene.shapes.length) return false
  if (claims.ground !== null && claims.ground !== scene.ground) return false
  return canAssign(scene, claims, clearance, [])
}

function canAssign(scene: Scene, claims: Claims, clearance: number, assigned: readonly Shape[]): boolean {
  if (assigned.length === claims.mentions.length) {
    return claims.relations.every(({ subject, relation, object }) =>
      relationHolds(assigned[subject]!, relation, assigned[object]!, clearance))
  }
  const mention = claims.mentions[assigned.length]!
  return scene.shapes.some((shape) =>
    !assigned.includes(shape) && mentionFits(shape, mention)
    && canAssign(scene, claims, clearance, [...assigned, shape]))
}

export function mentionFits(shape: Shape, mention: Mention): boolean {
  return shape.colour === mention.colour && shape.kind === mention.kind
    && (mention.size === null || shape.size === mention.size)
    && (mention.place === null || placeOf(shape) === mention.place)
}
