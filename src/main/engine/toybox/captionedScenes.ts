// Scenes with their captions, asked for contradictions: a caption that would also be true of another scene. Both are kept
// by one shape that they name, so that a question looks at a few of them instead of at all.
import type { Caption } from './captions.ts'
import type { Claims } from './claims.ts'
import { claimsHold } from './claims.ts'
import type { Scene } from './scene.ts'

export interface CaptionedScene {
  scene: Scene
  caption: Caption
}

type ShapeName = `${string} ${string}`

const nameOf = ({ colour, kind }: { colour: string; kind: string }): ShapeName => `${colour} ${kind}`

export class CaptionedScenes<Entry extends CaptionedScene> {
  readonly entries: Entry[] = []
  readonly #byShape = new Map<ShapeName, Entry[]>()
  readonly #byFirstMention = new Map<ShapeName, Entry[]>()

  add(entry: Entry): void {
    this.entries.push(entry)
    for (const name of new Set(entry.scene.shapes.map(nameOf))) append(this.#byShape, name, entry)
    append(this.#byFirstMention, firstMention(entry.caption.claims), entry)
  }

  /** Whether a caption of these is true of the scene, be it by the slightest relation. */
  isDescribed(scene: Scene): boolean {
    return scene.shapes.some((shape) =>
      this.#byFirstMention.get(nameOf(shape))?.some(({ caption }) => claimsHold(scene, caption.claims, 0)))
  }

  /** Whether the claims are true of a scene of these. */
  areTrueOfAny(claims: Claims): boolean {
    return this.#byShape.get(firstMention(claims))?.some(({ scene }) => claimsHold(scene, claims, 0)) ?? false
  }
}

/** Every caption mentions a shape. */
const firstMention = ({ mentions }: Claims): ShapeName => nameOf(mentions[0]!)

function append<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}
