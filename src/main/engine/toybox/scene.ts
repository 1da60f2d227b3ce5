// What a toybox picture shows: one to four shapes on a plane. Names here are neutral; a domain gives words and looks.
import type { DomainName } from './domain.ts'
import { domains } from './domain.ts'
import type { Random } from './random.ts'

export const shapeKinds = ['circle', 'square', 'triangle', 'star', 'ring', 'cross', 'diamond', 'heart'] as const
/** `neutral` is black where the ground is pale and ivory where it is dark. */
export const colourNames = ['red', 'orange', 'yellow', 'green', 'cyan', 'blue', 'purple', 'pink', 'neutral'] as const
export const shapeSizes = ['small', 'large'] as const
export const relations = ['leftOf', 'rightOf', 'above', 'below'] as const
/** Rows from the top, columns from the left. */
export const places = [
  'upperLeft', 'upper', 'upperRight', 'left', 'centre', 'right', 'lowerLeft', 'lower', 'lowerRight',
] as const

export type ShapeKind = (typeof shapeKinds)[number]
export type ColourName = (typeof colourNames)[number]
export type ShapeSize = (typeof shapeSizes)[number]
export type Relation = (typeof relations)[number]
export type Place = (typeof places)[number]

export interface Shape {
  kind: ShapeKind
  colour: ColourName
  size: ShapeSize
  /** Centre, as fractions of the picture; y grows downward. */
  x: number
  y: number
  tiltDegrees: number
  /** Index into the fills of the domain's look. */
  fill: number
  /** −1…1 for red, green and blue, times the look's hue jitter. Kept here so that editing one shape spares the others. */
  hueShift: readonly [number, number, number]
}

export interface Scene {
  domain: DomainName
  shapes: Shape[]
  /** Index into the grounds of the domain's look. */
  ground: number
  /** Decides texture phase and noise, so that an edited scene keeps its looks. */
  lookSeed: number
}

export interface SceneOptions {
  domain: DomainName
  minimumShapes?: number
  maximumShapes?: number
}

export const radiusBySize: Record<ShapeSize, number> = { small: 0.1, large: 0.17 }

const marginFraction = 0.02
const maximumTiltDegrees = 10
/** Centres keep this far from the thirds of the picture, so that the name of a place is beyond doubt. */
const placeClearance = 0.025
/** Below this difference neither “left of” nor “right of” is said. */
export const relationClearance = 0.12

export function generateScene(random: Random, options: SceneOptions): Scene {
  const { look } = domains[options.domain]
  const least = options.minimumShapes ?? 1
  const most = options.maximumShapes ?? 4
  const weights = { 1: 15, 2: 30, 3: 35, 4: 20 }
  const allowed = Object.fromEntries(Object.entries(weights).filter(([count]) => +count >= least && +count <= most))
  for (;;) {
    const count = Number(random.weighted(allowed))
    const scene: Scene = {
      domain: options.domain,
      shapes: [],
      ground: random.integer(0, look.grounds.length - 1),
      lookSeed: random.integer(0, 0x7fffffff),
    }
    while (scene.shapes.length < count && addRandomShape(scene, random)) continue
    if (scene.shapes.length === count) return scene
  }
}

/** Adds one shape where there is room; false (and nothing added) when none was found. */
export function addRandomShape(scene: Scene, random: Random): boolean {
  const shape: Shape = {
    kind: random.pick(shapeKinds),
    colour: random.pick(colourNames),
    size: random.pick(shapeSizes),
    x: 0,
    y: 0,
    tiltDegrees: random.between(-maximumTiltDegrees, maximumTiltDegrees),
    fill: random.integer(0, domains[scene.domain].look.fills.length - 1),
    hueShift: [random.between(-1, 1), random.between(-1, 1), random.between(-1, 1)],
  }
  if (hasShape(scene, shape)) return false
  const centre = findRoom(scene.shapes, shape.size, random)
  if (centre === null) return false
  scene.shapes.push({ ...shape, ...centre })
  return true
}

/** No scene holds two shapes of the same colour and kind, so that a mention names one shape. */
export function hasShape(scene: Scene, wanted: Pick<Shape, 'colour' | 'kind'>, except?: Shape): boolean {
  return scene.shapes.some((shape) => shape !== except && shape.colour === wanted.colour && shape.kind === wanted.kind)
}

export function findRoom(others: readonly Shape[], size: ShapeSize, random: Random): { x: number; y: number } | null {
  const edge = radiusBySize[size] + marginFraction
  for (let attempt = 0; attempt < 60; attempt++) {
    const centre = { x: random.between(edge, 1 - edge), y: random.between(edge, 1 - edge) }
    if (isClearPlace(centre.x) && isClearPlace(centre.y) && hasRoom(others, size, centre)) return centre
  }
  return null
}

/** Room inside the picture and beside the others. */
export function hasRoom(others: readonly Shape[], size: ShapeSize, centre: { x: number; y: number }): boolean {
  const edge = radiusBySize[size] + marginFraction
  if (Math.min(centre.x, centre.y) < edge || Math.max(centre.x, centre.y) > 1 - edge) return false
  return others.every((other) => {
    const wanted = radiusBySize[size] + radiusBySize[other.size]
    return Math.hypot(other.x - centre.x, other.y - centre.y) > wanted
  })
}

function isClearPlace(fraction: number): boolean {
  return Math.abs(fraction - 1 / 3) > placeClearance && Math.abs(fraction - 2 / 3) > placeClearance
}

export function placeOf(shape: Pick<Shape, 'x' | 'y'>): Place {
  const third = (fraction: number): number => Math.min(2, Math.floor(fraction * 3))
  return places[third(shape.y) * 3 + third(shape.x)]!
}

export function relationHolds(
  subject: Shape, relation: Relation, object: Shape, clearance = relationClearance,
): boolean {
  const across = object.x - subject.x
  const down = object.y - subject.y
  switch (relation) {
    case 'leftOf': return across > clearance
    case 'rightOf': return -across > clearance
    case 'above': return down > clearance
    case 'below': return -down > clearance
  }
}

/** The relation along the axis on which two shapes lie further apart; null when they are too close on both. */
export function mainRelation(subject: Shape, object: Shape): Relation | null {
  const isAcross = Math.abs(object.x - subject.x) > Math.abs(object.y - subject.y)
  const candidates: Relation[] = isAcross ? ['leftOf', 'rightOf'] : ['above', 'below']
  return candidates.find((relation) => relationHolds(subject, relation, object)) ?? null
}

/** What can be said of a scene's shapes one by one, in a fixed order: scenes with equal keys count as the same. */
export function sceneKey(scene: Scene): string {
  return scene.shapes.map((shape) => `${shape.size} ${shape.colour} ${shape.kind} ${placeOf(shape)}`).sort().join(', ')
}
