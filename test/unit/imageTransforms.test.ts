// The published table of transformations: texts, groups, pick weights, places; and the names of recipes.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { imageRecipeSchema, recipeKey, sizeAfter } from '../../src/shared/imageRecipe'
import { backwardText, cropTransforms, pickShare, recipeOf, rotateTransforms, runsBackward, transformFamilies, transformText, variantsOf } from '../../src/shared/imageTransforms'
import { greatestOverlap, isLargeEnough, overlapOf, worstOverlap } from '../../src/shared/regionBoxes'

const noRandom = { integer: (from: number) => from }

describe('families', () => {
  it('have the published groups and pick weights', () => {
    expect(transformFamilies).toEqual({
      crop: { weight: 2, groupSize: 9 }, flip: { weight: 2, groupSize: 4 }, rotate: { weight: 1, groupSize: 3 },
      jitter: { weight: 1, groupSize: 3 }, grayscale: { weight: 1, groupSize: 2 },
    })
    expect(pickShare('flip')).toBe(0.5)
    expect(pickShare('crop')).toBeCloseTo(2 / 9)
  })

  it('have the published texts', () => {
    expect(cropTransforms.map(transformText)).toEqual([
      'crop to upper left', 'crop to upper center', 'crop to upper right', 'crop to center left', 'crop to center center',
      'crop to center right', 'crop to lower left', 'crop to lower center', 'crop to lower right'])
    expect(rotateTransforms.map(transformText)).toEqual([
      ...[10, 20, 30, 40, 50, 60, 70, 80, 90].map((degrees) => `rotate ${degrees} degrees counterclockwise`),
      ...[10, 20, 30, 40, 50, 60, 70, 80, 90].map((degrees) => `rotate ${degrees} degrees clockwise`)])
    expect(variantsOf('flip', noRandom).map(transformText)).toEqual(['flip horizontally', 'flip vertically'])
    expect(backwardText({ family: 'grayscale' })).toBe('colorize')
    expect(backwardText({ family: 'flip', axis: 'vertical' })).toBe('flip vertically')
    expect(transformText({ family: 'jitter', brightness: 1.4, contrast: 0.6, saturation: 0.3 }))
      .toBe('increase brightness by factor 1.4 and decrease contrast by factor 0.6 and decrease saturation by factor 0.3')
    for (const family of ['flip', 'grayscale'] as const) expect(variantsOf(family, noRandom).length * (runsBackward(family) ? 2 : 1)).toBe(transformFamilies[family].groupSize)
  })
})

describe('recipes of transformations', () => {
  const places = (width: number, height: number) => cropTransforms.map((transform) => recipeOf(transform, { width, height }).cropBoxPx!)

  it.each([[640, 480, 256], [300, 1000, 150], [900, 100, 100], [2, 2, 1], [1, 1, 1], [513, 300, 256]])('crop %i × %i to squares of %i px that touch the edges', (width, height, sidePx) => {
    const boxes = places(width, height)
    for (const box of boxes) {
      expect([box.width, box.height]).toEqual([sidePx, sidePx])
      expect(box.left + box.width).toBeLessThanOrEqual(width)
      expect(box.top + box.height).toBeLessThanOrEqual(height)
    }
    expect(boxes[0]).toMatchObject({ left: 0, top: 0 })
    expect(boxes[8]).toMatchObject({ left: width - sidePx, top: height - sidePx })
    const recipe = recipeOf(cropTransforms[4]!, { width, height })
    expect(sizeAfter(recipe, { width, height })).toEqual({ width, height })
    expect(imageRecipeSchema.parse(recipe)).toEqual(recipe)
  })

  it('swap the sides at a quarter turn only', () => {
    expect(sizeAfter(recipeOf({ family: 'rotate', degrees: -90 }, { width: 30, height: 20 }), { width: 30, height: 20 })).toEqual({ width: 20, height: 30 })
    expect(sizeAfter(recipeOf({ family: 'rotate', degrees: 80 }, { width: 30, height: 20 }), { width: 30, height: 20 })).toEqual({ width: 30, height: 20 })
  })

  it('are named the same in any order of their keys, and as before where nothing new is used', () => {
    const before = { cropBoxPx: { left: 1, top: 2, width: 3, height: 4 }, flip: null, rotateDegrees: 90 }
    expect(recipeKey(imageRecipeSchema.parse({ rotateDegrees: 90, cropBoxPx: { height: 4, width: 3, top: 2, left: 1 } }))).toBe(JSON.stringify(before))
    const grey = imageRecipeSchema.parse({ grayscale: true })
    expect(createHash('sha256').update(recipeKey(grey)).digest('hex')).not.toBe(createHash('sha256').update(recipeKey(imageRecipeSchema.parse({}))).digest('hex'))
  })
})

describe('boxes', () => {
  const box = (left: number, top: number, width: number, height: number) => ({ left, top, width, height })
  it('are told by the pixels that they share', () => {
    for (const [a, b] of [[box(0, 0, 10, 10), box(5, 5, 10, 10)], [box(2, 1, 7, 9), box(0, 0, 4, 4)], [box(0, 0, 3, 3), box(3, 0, 3, 3)]] as const) {
      const inside = (one: typeof a, x: number, y: number) => x >= one.left && x < one.left + one.width && y >= one.top && y < one.top + one.height
      let both = 0
      let either = 0
      for (let y = 0; y < 20; y++) for (let x = 0; x < 20; x++) {
        both += Number(inside(a, x, y) && inside(b, x, y))
        either += Number(inside(a, x, y) || inside(b, x, y))
      }
      expect(overlapOf(a, b)).toBeCloseTo(both / either)
    }
    expect(worstOverlap(box(0, 0, 10, 10), [box(20, 0, 5, 5), box(0, 0, 10, 5)])).toEqual({ index: 1, overlap: 0.5 })
    expect(worstOverlap(box(0, 0, 10, 10), [])).toBeNull()
    expect(greatestOverlap).toBe(0.3)
    expect([isLargeEnough(box(0, 0, 33, 33)), isLargeEnough(box(0, 0, 32, 100))]).toEqual([true, false])
  })
})
