// A domain is data: the words for what a scene holds and the looks it is drawn with. Code never asks which one it has.
import { plainDomain } from './plainDomain.ts'
import type { ColourName, Place, Relation, ShapeKind, ShapeSize } from './scene.ts'
import { shiftedDomain } from './shiftedDomain.ts'

export type DomainName = 'plain' | 'shifted'
export type Rgb = readonly [red: number, green: number, blue: number]
export type Texture = 'none' | 'slope' | 'weave' | 'dots' | 'waves' | 'stripes' | 'grid'
export type Fill = 'flat' | 'gradient' | 'striped' | 'outlined' | 'dotted'

export interface Ground {
  word: string
  base: Rgb
  /** What the texture mixes in. */
  accent: Rgb
  texture: Texture
}

export interface Look {
  colours: Record<ColourName, Rgb>
  grounds: readonly Ground[]
  fills: readonly Fill[]
  /** What outlines and stripes are mixed towards. */
  fillShade: Rgb
  /** Largest change of each channel of a shape's colour, of 255. */
  hueJitter: number
  /** Largest change of a pixel, of 255. */
  noise: number
  /** Darkness of the soft shadow under shapes, 0…1. */
  shadow: number
}

export interface Vocabulary {
  colours: Record<ColourName, string>
  kinds: Record<ShapeKind, string>
  sizes: Record<ShapeSize, string>
  /** Said between two mentions: “left of”. */
  relations: Record<Relation, string>
  /** Said after a mention: “in the upper left”. */
  places: Record<Place, string>
  /** Where something is moved to: “the upper left”. */
  placeNames: Record<Place, string>
  /** From zero. */
  counts: readonly [string, string, string, string, string]
  /** Before what is listed beside a related couple. */
  besides: string
  /** `{list}`, `{count}` and `{ground}` are filled in; a frame that names the count or the ground claims it. */
  captionFrames: readonly string[]
  questions: Record<QuestionKind, string>
  yes: string
  no: string
  edits: Record<EditKind, string>
}

export type QuestionKind = 'count' | 'colourOf' | 'kindOf' | 'sizeOf' | 'whereIs' | 'isThere' | 'related' | 'ground'
export type EditKind = 'recolour' | 'resize' | 'move' | 'reshape' | 'add' | 'remove' | 'swap'

export interface Domain {
  look: Look
  vocabulary: Vocabulary
}

export const domains: Record<DomainName, Domain> = { plain: plainDomain, shifted: shiftedDomain }
