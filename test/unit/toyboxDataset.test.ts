// The stream of training items, text-guided transformations, region crops, and the sample project.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { ToyItem, ToyTask, ToyboxOptions } from '../../src/main/engine/toybox/dataset.ts'
import {
  defaultTaskWeights, generateToybox, picture, toyboxGroup, toyboxItems,
} from '../../src/main/engine/toybox/dataset.ts'
import type { ToyImage } from '../../src/main/engine/toybox/picture.ts'
import { meanDifference, resampleBox } from '../../src/main/engine/toybox/picture.ts'
import { Random } from '../../src/main/engine/toybox/random.ts'
import { cropRegion, sceneRegions } from '../../src/main/engine/toybox/regions.ts'
import { sampleProjectItems } from '../../src/main/engine/toybox/sample.ts'
import { generateScene, radiusBySize } from '../../src/main/engine/toybox/scene.ts'
import { cropTransforms, rotateTransforms, transformFamilies, transformText, type Transform } from '../../src/shared/imageTransforms.ts'
import { applyTransform, transformGroup } from '../../src/main/engine/toybox/transforms.ts'
import { readMentions } from '../helpers/toyboxReader.ts'
import { domains } from '../../src/main/engine/toybox/domain.ts'

const options: ToyboxOptions = { seed: 5, domain: 'plain', sizePx: 32 }
const pixelKey = (pixels: Uint8Array): string => createHash('sha1').update(pixels).digest('hex')
const sideKey = ({ image, text }: ToyItem['left']): string => `${image === null ? '' : pixelKey(image.pixels)}|${text}`

function gradientImage(sizePx: number): ToyImage {
  const pixels = new Uint8Array(sizePx * sizePx * 3)
  for (let pixel = 0; pixel < sizePx * sizePx; pixel++) {
    pixels.set([(pixel % sizePx) * 3, Math.floor(pixel / sizePx) * 3, 60], pixel * 3)
  }
  return { pixels, sizePx }
}
const at = ({ pixels, sizePx }: ToyImage, row: number, column: number): number[] =>
  [...pixels.subarray((row * sizePx + column) * 3, (row * sizePx + column) * 3 + 3)]

describe('toybox stream', () => {
  it('is the same for one seed, other for another, and can start anywhere', () => {
    const items = [...generateToybox({ ...options, count: 60 })]
    expect(items).toHaveLength(60)
    expect([...generateToybox({ ...options, count: 60 })]).toEqual(items)
    expect([...generateToybox({ ...options, seed: 6, count: 60 })]).not.toEqual(items)
    const later = toyboxItems(options, 7)
    for (const item of toyboxGroup(options, 7)) expect(later.next().value).toEqual(item)
    expect([...generateToybox({ ...options, count: 0 })]).toEqual([])
  })

  it('keeps a group adjacent, with different targets and different queries', () => {
    const ended = new Set<string>()
    let last: string | null = null
    let group: ToyItem[] = []
    for (const item of generateToybox({ ...options, count: 1500 })) {
      if (item.groupKey !== last || item.groupKey === null) {
        if (last !== null) ended.add(last)
        group = []
        last = item.groupKey
      }
      if (item.groupKey !== null) expect(ended.has(item.groupKey)).toBe(false)
      for (const other of group) expect(sideKey(other.left)).not.toBe(sideKey(item.left))
      // A flip and a flip back share a target, the source picture, as do two edits that are taken back.
      const sharesTargets = item.task === 'transform' || item.task === 'edit'
      if (!sharesTargets) for (const other of group) expect(sideKey(other.right)).not.toBe(sideKey(item.right))
      group.push(item)
    }
    expect(ended.size).toBeGreaterThan(200)
  })

  it('gives each task its share of the items and its form', () => {
    const counts = new Map<ToyTask, number>()
    for (const { task, left, right } of generateToybox({ ...options, sizePx: 16, count: 6000 })) {
      counts.set(task, (counts.get(task) ?? 0) + 1)
      expect(left.image?.pixels).toHaveLength(16 * 16 * 3)
      expect(left.text === null).toBe(task === 'caption')
      expect(right.text === null).toBe(task === 'edit' || task === 'transform' || task === 'region')
      expect(right.image === null).toBe(right.text !== null)
    }
    for (const [task, weight] of Object.entries(defaultTaskWeights)) {
      expect(Math.abs(counts.get(task as ToyTask)! / 60 - weight), task).toBeLessThan(4)
    }
  })

  it('makes only the tasks asked for', () => {
    const items = [...generateToybox({ ...options, taskWeights: { vqa: 1 }, count: 40 })]
    expect(new Set(items.map(({ task }) => task))).toEqual(new Set(['vqa']))
  })
})

describe('transforms', () => {
  const image = gradientImage(64)

  it('crops the named place and enlarges it', () => {
    const corner = applyTransform(image, { family: 'crop', row: 0, column: 2 })
    expect(corner.sizePx).toBe(64)
    expect(at(corner, 0, 0)[0]).toBeCloseTo(32 * 3, -1)
    expect(at(corner, 0, 0)[1]).toBeLessThan(3)
    expect(at(corner, 63, 63)).toEqual([63 * 3 - 1, 31 * 3 + 1, 60].map((value) => expect.closeTo(value, -0.5)))
  })

  it('rotates clockwise about the centre, black outside', () => {
    const turned = applyTransform(image, { family: 'rotate', degrees: 90 })
    // A quarter turn clockwise brings the left edge to the top: new (row, column) shows old (63 − column, row).
    expect(at(turned, 0, 0)).toEqual(at(image, 63, 0))
    expect(at(turned, 10, 50)).toEqual(at(image, 13, 10))
    expect(at(applyTransform(image, { family: 'rotate', degrees: -40 }), 0, 0)).toEqual([0, 0, 0])
    const back = applyTransform(turned, { family: 'rotate', degrees: -90 })
    expect(meanDifference(back, image)).toBeLessThan(0.5)
  })

  it('flips and flips back', () => {
    for (const axis of ['horizontal', 'vertical'] as const) {
      const flipped = applyTransform(image, { family: 'flip', axis })
      expect(at(flipped, 3, 5)).toEqual(axis === 'horizontal' ? at(image, 3, 58) : at(image, 60, 5))
      expect(applyTransform(flipped, { family: 'flip', axis })).toEqual(image)
    }
  })

  it('greys by luma and leaves grey alone when factors are 1', () => {
    const grey = applyTransform(image, { family: 'grayscale' })
    const [red, green, blue] = at(image, 20, 40) as [number, number, number]
    expect(at(grey, 20, 40)).toEqual(new Array(3).fill(Math.round(0.299 * red + 0.587 * green + 0.114 * blue)))
    expect(applyTransform(image, { family: 'jitter', brightness: 1, contrast: 1, saturation: 1 })).toEqual(image)
    const dark = applyTransform(image, { family: 'jitter', brightness: 0.5, contrast: 1, saturation: 1 })
    expect(at(dark, 40, 40)).toEqual(at(image, 40, 40).map((value) => Math.round(value / 2)))
  })

  it('says what it does in the fixed words', () => {
    const cases: [Transform, string][] = [
      [{ family: 'crop', row: 0, column: 0 }, 'crop to upper left'],
      [{ family: 'crop', row: 1, column: 1 }, 'crop to center center'],
      [{ family: 'rotate', degrees: 30 }, 'rotate 30 degrees clockwise'],
      [{ family: 'rotate', degrees: -70 }, 'rotate 70 degrees counterclockwise'],
      [{ family: 'jitter', brightness: 1.4, contrast: 0.6, saturation: 2 },
        'increase brightness by factor 1.4 and decrease contrast by factor 0.6 and increase saturation by factor 2.0'],
      [{ family: 'grayscale' }, 'grayscale'],
    ]
    for (const [transform, text] of cases) expect(transformText(transform)).toBe(text)
    expect(new Set(cropTransforms.map(transformText)).size).toBe(9)
    expect(new Set(rotateTransforms.map(transformText)).size).toBe(18)
  })

  it('fills groups of the stated size, leaving out results that look alike or show nothing', () => {
    const source = picture(generateScene(new Random('full'), { domain: 'shifted', minimumShapes: 4 }), 64)
    for (const family of ['crop', 'rotate', 'jitter', 'flip', 'grayscale'] as const) {
      const filled = family === 'crop' ? gradientImage(64) : source
      expect(transformGroup(family, filled, new Random(family))).toHaveLength(transformFamilies[family].groupSize)
    }
    const blank: ToyImage = { pixels: new Uint8Array(64 * 64 * 3).fill(200), sizePx: 64 }
    expect(transformGroup('crop', blank, new Random(1))).toEqual([])
    const [there, back] = transformGroup('grayscale', source, new Random(1))
    expect([there!.text, back!.text]).toEqual(['grayscale', 'colorize'])
    expect(back!.after).toBe(source)
  })
})

describe('resampleBox', () => {
  it('keeps a picture at its own size and averages when it shrinks', () => {
    const image = gradientImage(32)
    expect(resampleBox(image, { leftPx: 0, topPx: 0, sidePx: 32 }, 32)).toEqual(image)
    const small = resampleBox(image, { leftPx: 0, topPx: 0, sidePx: 32 }, 16)
    const four = [at(image, 6, 8), at(image, 6, 9), at(image, 7, 8), at(image, 7, 9)]
    const mean = [0, 1, 2].map((channel) => Math.round(four.reduce((sum, pixel) => sum + pixel[channel]!, 0) / 4))
    expect(at(small, 3, 4).every((value, channel) => Math.abs(value - mean[channel]!) <= 1)).toBe(true)
  })
})

describe('regions', () => {
  it('frame the shape that the phrase names', () => {
    for (let seed = 0; seed < 60; seed++) {
      const random = new Random(`region ${seed}`)
      const scene = generateScene(random, { domain: 'plain', minimumShapes: 3 })
      const image = picture(scene, 128)
      const regions = sceneRegions(scene, 128, random)
      expect(regions).toHaveLength(scene.shapes.length)
      for (const region of regions) {
        const { box, shape, phrase } = region
        const [mention] = readMentions(phrase, domains.plain.vocabulary)
        expect([mention!.colour, mention!.kind]).toEqual([domains.plain.vocabulary.colours[shape.colour], shape.kind])
        const radiusPx = radiusBySize[shape.size] * 128
        expect(box.leftPx).toBeLessThanOrEqual(shape.x * 128 - radiusPx + 1)
        expect(box.leftPx + box.sidePx).toBeGreaterThanOrEqual(shape.x * 128 + radiusPx - 1)
        expect(Math.min(box.leftPx, box.topPx)).toBeGreaterThanOrEqual(0)
        expect(Math.max(box.leftPx, box.topPx) + box.sidePx).toBeLessThanOrEqual(128)
        expect(cropRegion(image, region, 32).pixels).toHaveLength(32 * 32 * 3)
      }
    }
  })
})

describe('sample project', () => {
  const items = sampleProjectItems()
  const of = (split: string, isCaption: boolean) =>
    items.filter((item) => item.split === split && (item.task === 'caption') === isCaption)

  it('has the planned splits and is the same each time', () => {
    expect(['train', 'validation', 'test'].map((split) => [of(split, true).length, of(split, false).length]))
      .toEqual([[2600, 2200], [40, 20], [150, 100]])
    const again = sampleProjectItems()
    const outline = (list: typeof items): unknown => list.map(({ left, right, ...rest }) =>
      ({ ...rest, texts: [left.text, right.text], files: [left.image?.fileName, right.image?.fileName] }))
    expect(outline(again)).toEqual(outline(items))
    expect(again[3]!.left.image!.draw()).toEqual(items[3]!.left.image!.draw())
    expect(outline(sampleProjectItems('other'))).not.toEqual(outline(items))
  })

  it('shares no picture between splits, and names each picture once', () => {
    const drawn = new Set<unknown>()
    const splitByPicture = new Map<string, string>()
    const pictureByName = new Map<string, string>()
    for (const { split, left, right } of items) {
      for (const image of [left.image, right.image]) {
        if (image === null || drawn.has(image)) continue
        drawn.add(image)
        const pixels = image.draw()
        expect(pixels).toHaveLength(image.sizePx ** 2 * 3)
        const key = pixelKey(pixels)
        expect(splitByPicture.get(key) ?? split).toBe(split)
        splitByPicture.set(key, split)
        expect(pictureByName.get(image.fileName) ?? key).toBe(key)
        pictureByName.set(image.fileName, key)
        expect(image.fileName).toMatch(/^[a-z0-9-]+$/)
      }
    }
    expect(pictureByName.size).toBe(splitByPicture.size)
  })

  it('has captions of one right answer, and targets that are found once', () => {
    for (const split of ['train', 'validation', 'test']) {
      const texts = of(split, true).filter(({ trueCaption }) => trueCaption === null).map(({ right }) => right.text)
      expect(new Set(texts).size).toBe(texts.length)
      const targets = of(split, false).map(({ right }) => right.image!.fileName)
      expect(new Set(targets).size).toBe(targets.length)
    }
  })

  it('hides twelve wrong captions among sixty that nobody has reviewed', () => {
    const unreviewed = items.filter(({ status }) => status === 'unreviewed')
    expect(unreviewed).toHaveLength(60)
    const wrong = items.filter(({ trueCaption }) => trueCaption !== null)
    expect(wrong).toHaveLength(12)
    for (const item of wrong) {
      expect([item.split, item.status, item.task]).toEqual(['train', 'unreviewed', 'caption'])
      expect(item.right.text).not.toBe(item.trueCaption)
    }
  })

  it('holds near duplicates in train and test, and keeps a family adjacent', () => {
    const ended = new Set<string>()
    items.forEach(({ family }, index) => {
      expect(ended.has(family)).toBe(false)
      if (items[index + 1]?.family !== family) ended.add(family)
    })
    for (const split of ['train', 'test']) {
      const captions = of(split, true)
      const families = new Set(captions.map(({ family }) => family))
      expect(captions.length - families.size).toBeGreaterThan(captions.length / 4)
    }
    expect(items.every(({ task, groupKey }) => (groupKey === null) === (task === 'caption'))).toBe(true)
  })
})
