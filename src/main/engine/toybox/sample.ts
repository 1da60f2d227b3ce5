// The sample project: pairs of the shifted domain in three splits, with near duplicates so that hard negatives exist,
// and a few wrong captions so that review finds something. Files and rows are written elsewhere.
import type { Caption } from './captions.ts'
import { captionScene, nearMissCaption } from './captions.ts'
import { CaptionedScenes } from './captionedScenes.ts'
import { picture } from './dataset.ts'
import { domains } from './domain.ts'
import type { SceneEdit } from './edits.ts'
import { differentEdits, twinScene } from './edits.ts'
import type { ToyImage } from './picture.ts'
import { Random } from './random.ts'
import type { Scene } from './scene.ts'
import { generateScene, sceneKey } from './scene.ts'
import { pickTransformFamily, transformGroup } from './transforms.ts'

export const samplePictureSizePx = 128

export interface SampleImage {
  /** Without extension. Pairs that show the same picture hold the same object. */
  fileName: string
  sizePx: number
  /** Drawn when asked for, so that the list stays small; the same bytes each time. */
  draw(): Uint8Array
}

export interface SampleSide {
  image: SampleImage | null
  text: string | null
}

export interface SampleItem {
  task: 'caption' | 'edit' | 'transform'
  split: 'train' | 'validation' | 'test'
  status: 'unreviewed' | 'accepted'
  left: SampleSide
  right: SampleSide
  /** Items made from one scene (near duplicates, an edit and its inverse); they come adjacent. */
  family: string
  /** The family of an edit or a transformation, to be kept in one batch; null for captions, whose rivals are mined. */
  groupKey: string | null
  /** Where the caption was made wrong on purpose: the true one. Null otherwise. */
  trueCaption: string | null
}

interface SplitPlan {
  split: SampleItem['split']
  captions: number
  edits: number
  transforms: number
  unreviewed: number
  /** Part of the unreviewed. */
  wrong: number
}

const splitPlans: readonly SplitPlan[] = [
  { split: 'train', captions: 2600, edits: 1900, transforms: 300, unreviewed: 60, wrong: 12 },
  { split: 'validation', captions: 40, edits: 15, transforms: 5, unreviewed: 0, wrong: 0 },
  { split: 'test', captions: 150, edits: 75, transforms: 25, unreviewed: 0, wrong: 0 },
]

const chanceOfTwin = 0.55
const largestComposeFamily = 3

/** The same list for the same seed. No scene of one split can be described like a scene of another. */
export function sampleProjectItems(seed: string | number = 'sample'): SampleItem[] {
  const random = new Random(`sample project/${seed}`)
  const maker = new SampleMaker(random.fork('scenes'))
  return splitPlans.flatMap((plan) => {
    const families = [
      ...maker.captionFamilies(plan),
      ...maker.composeFamilies(plan, 'edit', plan.edits),
      ...maker.composeFamilies(plan, 'transform', plan.transforms),
    ]
    return random.fork(plan.split).shuffle(families).flat()
  })
}

class SampleMaker {
  readonly #random: Random
  /** Keys of all scenes so far, over all splits. */
  readonly #seen = new Set<string>()
  #pictureCount = 0
  #familyCount = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** Within a split each caption is true of its own picture only, so that there is one right answer. */
  captionFamilies(plan: SplitPlan): SampleItem[][] {
    const made = new CaptionedScenes<{ scene: Scene; caption: Caption; family: string }>()
    const add = (scene: Scene, family: string): boolean => {
      if (this.#seen.has(sceneKey(scene)) || made.isDescribed(scene)) return false
      for (let attempt = 0; attempt < 10; attempt++) {
        const caption = captionScene(scene, this.#random)
        if (made.areTrueOfAny(caption.claims)) continue
        this.#seen.add(sceneKey(scene))
        made.add({ scene, caption, family })
        return true
      }
      return false
    }
    while (made.entries.length < plan.captions) {
      const scene = generateScene(this.#random, { domain: 'shifted', minimumShapes: 2 })
      const family = this.#nextFamily()
      if (!add(scene, family) || !this.#random.chance(chanceOfTwin)) continue
      for (let attempt = 0; attempt < 5 && made.entries.length < plan.captions; attempt++) {
        if (add(twinScene(scene, this.#random), family)) break
      }
    }

    const unreviewed = this.#random.shuffle(made.entries).slice(0, plan.unreviewed)
    const wrong = unreviewed.slice(0, plan.wrong)
    const items = made.entries.map((entry): SampleItem => {
      const isWrong = wrong.includes(entry)
      const text = isWrong ? nearMissCaption(entry.scene, this.#random, entry.caption).text : entry.caption.text
      return {
        task: 'caption',
        split: plan.split,
        status: unreviewed.includes(entry) ? 'unreviewed' : 'accepted',
        left: { image: this.#sceneImage(entry.scene), text: null },
        right: { image: null, text },
        family: entry.family,
        groupKey: null,
        trueCaption: isWrong ? entry.caption.text : null,
      }
    })
    return splitFamilies(items)
  }

  composeFamilies(plan: SplitPlan, task: 'edit' | 'transform', count: number): SampleItem[][] {
    const families: SampleItem[][] = []
    let left = count
    while (left > 0) {
      const scene = generateScene(this.#random, { domain: 'shifted', minimumShapes: 2 })
      if (this.#seen.has(sceneKey(scene))) continue
      const sides = task === 'edit' ? this.#editSides(scene) : this.#transformSides(scene)
      if (sides.length === 0) continue
      const family = this.#nextFamily()
      const kept = sides.slice(0, Math.min(largestComposeFamily, left))
      families.push(kept.map((pair) => ({
        task, split: plan.split, status: 'accepted', ...pair, family, groupKey: family, trueCaption: null,
      })))
      left -= kept.length
    }
    return families
  }

  /** Two edits of a scene and the way back from the first: each target once, and every query's own picture a rival. */
  #editSides(scene: Scene): Pick<SampleItem, 'left' | 'right'>[] {
    const [first, second] = differentEdits(scene, this.#random, 2) as [SceneEdit, SceneEdit?]
    const scenes = [scene, first.after, ...(second === undefined ? [] : [second.after])]
    const keys = scenes.map(sceneKey)
    if (keys.some((key) => this.#seen.has(key))) return []
    keys.forEach((key) => this.#seen.add(key))
    const images = scenes.map((own) => this.#sceneImage(own))
    const [before, after, other] = images as [SampleImage, SampleImage, SampleImage?]
    const sides: Pick<SampleItem, 'left' | 'right'>[] = [
      { left: { image: before, text: first.text }, right: { image: after, text: null } },
      { left: { image: after, text: first.inverseText }, right: { image: before, text: null } },
    ]
    if (second !== undefined && other !== undefined) {
      sides.push({ left: { image: before, text: second.text }, right: { image: other, text: null } })
    }
    return sides
  }

  #transformSides(scene: Scene): Pick<SampleItem, 'left' | 'right'>[] {
    this.#seen.add(sceneKey(scene))
    const family = pickTransformFamily(this.#random)
    const groupRandom = this.#random.fork(`transform ${this.#pictureCount}`)
    const source = picture(scene, samplePictureSizePx)
    const items = transformGroup(family, source, groupRandom).slice(0, largestComposeFamily)
    const images = new Map<ToyImage, SampleImage>()
    for (const { before, text, after } of items) {
      for (const image of [before, after]) {
        if (images.has(image)) continue
        const name = images.size === 0 ? '' : ` ${text}`
        images.set(image, { ...this.#sceneImage(scene, name), draw: () => image.pixels })
      }
    }
    return items.map(({ before, text, after }) => ({
      left: { image: images.get(before)!, text },
      right: { image: images.get(after)!, text: null },
    }))
  }

  #nextFamily(): string {
    return `family ${++this.#familyCount}`
  }

  #sceneImage(scene: Scene, ending = ''): SampleImage {
    const { vocabulary } = domains[scene.domain]
    const named = scene.shapes.slice(0, 2)
    const words = named.map(({ colour, kind }) => `${vocabulary.colours[colour]} ${vocabulary.kinds[kind]}`)
    const number = String(++this.#pictureCount).padStart(4, '0')
    const fileName = `${number} ${words.join(' ')}${ending}`.replace(/[^a-z0-9]+/g, '-').slice(0, 80)
    return { fileName, sizePx: samplePictureSizePx, draw: () => picture(scene, samplePictureSizePx).pixels }
  }
}

/** Families come adjacent, so a new one begins where the name changes. */
function splitFamilies(items: readonly SampleItem[]): SampleItem[][] {
  const families: SampleItem[][] = []
  for (const item of items) {
    const last = families.at(-1)
    if (last?.[0]?.family === item.family) last.push(item)
    else families.push([item])
  }
  return families
}
