// The toybox as a stream of training items. A group (items that must share a batch) is made from the seed and its index
// alone, so training can start anywhere in the stream and several readers can share it.
import { captionScene } from './captions.ts'
import { claimsHold } from './claims.ts'
import type { DomainName } from './domain.ts'
import { drawScene } from './draw.ts'
import { differentEdits, twinScene } from './edits.ts'
import type { ToyImage } from './picture.ts'
import { resampleBox } from './picture.ts'
import { pickQuestions } from './questions.ts'
import { Random } from './random.ts'
import { cropRegion, sceneRegions } from './regions.ts'
import type { Scene } from './scene.ts'
import { generateScene, sceneKey } from './scene.ts'
import { transformFamilies } from '../../../shared/imageTransforms.ts'
import { pickTransformFamily, transformGroup } from './transforms.ts'

export type ToyTask = 'caption' | 'vqa' | 'edit' | 'transform' | 'region'

export interface ToySide {
  image: ToyImage | null
  text: string | null
}

export interface ToyItem {
  task: ToyTask
  left: ToySide
  right: ToySide
  /** Shared by items that must share a batch; null for an item that stands alone. */
  groupKey: string | null
}

export interface ToyboxOptions {
  seed: string | number
  domain: DomainName
  sizePx: number
  /** Share of items, not of groups, by task; defaults to `defaultTaskWeights`. */
  taskWeights?: Partial<Record<ToyTask, number>>
}

export const defaultTaskWeights: Record<ToyTask, number> = { caption: 55, vqa: 10, edit: 15, transform: 12, region: 8 }

/** Share of caption groups that hold a scene and near duplicates of it: 1 to `mostTwins`, each number as often. */
const chanceOfTwins = 0.5
const mostTwins = 3
const questionsPerGroup = 4
/** Results that differ in one attribute only teach it; a batch of scenes drawn apart is told apart by the colours alone. */
const editsPerGroup = 4
const waysBackPerGroup = 2

/** Items per group as expected, by which a task's weight is divided. */
const families = Object.values(transformFamilies)
const meanTransformGroup = families.reduce((sum, { weight }) => sum + weight, 0)
  / families.reduce((sum, { weight, groupSize }) => sum + weight / groupSize, 0)
const meanGroupSize: Record<ToyTask, number> = {
  caption: 1 + chanceOfTwins * (1 + mostTwins) / 2, vqa: questionsPerGroup, edit: editsPerGroup + waysBackPerGroup, transform: meanTransformGroup, region: 3.4,
}

/** `count` items from the start of the stream; the last group may be cut. */
export function* generateToybox(options: ToyboxOptions & { count: number }): Generator<ToyItem> {
  let left = options.count
  if (left <= 0) return
  for (const item of toyboxItems(options)) {
    yield item
    if (--left === 0) return
  }
}

/** Endless; begins with the group of index `startGroup`. */
export function* toyboxItems(options: ToyboxOptions, startGroup = 0): Generator<ToyItem> {
  for (let group = startGroup; ; group++) yield* toyboxGroup(options, group)
}

export function toyboxGroup(options: ToyboxOptions, group: number): ToyItem[] {
  const random = new Random(`toybox/${options.seed}`).fork(group)
  const weights = options.taskWeights ?? defaultTaskWeights
  const perGroup = Object.entries(weights).map(([task, weight]) => [task, weight / meanGroupSize[task as ToyTask]])
  const task = random.weighted(Object.fromEntries(perGroup) as Record<ToyTask, number>)
  const pairs = groupMakers[task](options, random)
  const groupKey = pairs.length > 1 ? `${task} ${group}` : null
  return pairs.map(({ left, right }) => ({ task, left, right, groupKey }))
}

type SidePair = Pick<ToyItem, 'left' | 'right'>

const groupMakers: Record<ToyTask, (options: ToyboxOptions, random: Random) => SidePair[]> = {
  caption({ domain, sizePx }, random) {
    const scene = generateScene(random, { domain })
    const twinCount = random.chance(chanceOfTwins) ? random.integer(1, mostTwins) : 0
    const twins = new Map([scene, ...Array.from({ length: twinCount }, () => twinScene(scene, random))].map((own) => [sceneKey(own), own]))
    const scenes = [...twins.values()]
    return scenes.map((own) => ({
      left: { image: picture(own, sizePx), text: null },
      right: { image: null, text: captionApart(own, scenes, random) },
    }))
  },

  vqa({ domain, sizePx }, random) {
    const scene = generateScene(random, { domain })
    const image = picture(scene, sizePx)
    return pickQuestions(scene, random, questionsPerGroup).map(({ text, answer }) => ({
      left: { image, text },
      right: { image: null, text: answer },
    }))
  },

  edit({ domain, sizePx }, random) {
    const scene = generateScene(random, { domain })
    const before = picture(scene, sizePx)
    const edits = differentEdits(scene, random, editsPerGroup).map((edit) => ({ ...edit, picture: picture(edit.after, sizePx) }))
    return [
      ...edits.map((edit) => ({ left: { image: before, text: edit.text }, right: { image: edit.picture, text: null } })),
      ...edits.slice(0, waysBackPerGroup).map((edit) => ({ left: { image: edit.picture, text: edit.inverseText }, right: { image: before, text: null } })),
    ]
  },

  transform({ domain, sizePx }, random) {
    const family = pickTransformFamily(random)
    const scene = generateScene(random, { domain, minimumShapes: 2 })
    // A crop enlarges by two, hence drawn at twice the size and shrunk at the end.
    const isCrop = family === 'crop'
    const items = transformGroup(family, picture(scene, isCrop ? 2 * sizePx : sizePx), random)
    const shrink = (image: ToyImage): ToyImage =>
      resampleBox(image, { leftPx: 0, topPx: 0, sidePx: image.sizePx }, sizePx)
    const source = isCrop ? shrink(picture(scene, 2 * sizePx)) : null
    return items.map(({ before, text, after }) => ({
      left: { image: source ?? before, text },
      right: { image: isCrop ? shrink(after) : after, text: null },
    }))
  },

  region({ domain, sizePx }, random) {
    const scene = generateScene(random, { domain, minimumShapes: 3 })
    const largePx = 2 * sizePx
    const large = picture(scene, largePx)
    const image = picture(scene, sizePx)
    return sceneRegions(scene, largePx, random).map((region) => ({
      left: { image, text: region.phrase },
      right: { image: cropRegion(large, region, sizePx), text: null },
    }))
  },
}

export function picture(scene: Scene, sizePx: number): ToyImage {
  return { pixels: drawScene(scene, sizePx), sizePx }
}

/** A caption of one scene that is false for the others; after many attempts, whatever comes. */
export function captionApart(scene: Scene, others: readonly Scene[], random: Random): string {
  for (let attempt = 0; ; attempt++) {
    const { text, claims } = captionScene(scene, random)
    if (attempt === 40 || others.every((other) => other === scene || !claimsHold(other, claims))) return text
  }
}
