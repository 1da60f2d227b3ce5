// Groups of transformations: sizes, ways back, shares of families, and that they hang on nothing but seed and picture.
import { describe, expect, it } from 'vitest'
import { planTransforms, transformGroupOf } from '../../../src/main/engine/services/making/transformPlan'
import { Random } from '../../../src/main/engine/toybox/random'
import { recipeKey } from '../../../src/shared/imageRecipe'
import { pickShare, transformFamilies, transformFamilyNames } from '../../../src/shared/imageTransforms'

const source = { id: 7, width: 640, height: 480 }
const all = { families: transformFamilyNames, plainShare: 0, seed: 3 }

describe.each(transformFamilyNames)('a group of %s', (family) => {
  const { pairs } = transformGroupOf(family, source, new Random(1))
  it('has the published size, and no item twice', () => {
    expect(pairs).toHaveLength(transformFamilies[family].groupSize)
    const names = pairs.map(({ left, text, right }) => JSON.stringify([left && recipeKey(left), text, right && recipeKey(right)]))
    expect(new Set(names).size).toBe(pairs.length)
  })
  it('has the picture itself on one side of every item', () => {
    for (const { left, right } of pairs) expect([left, right].filter((side) => side === null)).toHaveLength(1)
    expect(pairs.filter(({ right }) => right === null)).toHaveLength(family === 'flip' || family === 'grayscale' ? pairs.length / 2 : 0)
  })
})

it('names the ways back', () => {
  const texts = (family: 'flip' | 'grayscale') => transformGroupOf(family, source, new Random(1)).pairs.map(({ text }) => text).sort()
  expect(texts('grayscale')).toEqual(['colorize', 'grayscale'])
  expect(texts('flip')).toEqual(['flip horizontally', 'flip horizontally', 'flip vertically', 'flip vertically'])
})

it('leaves the wanted share plain and picks families by their weights', () => {
  const count = 20_000
  const groups = Array.from({ length: count }, (_, id) => planTransforms({ ...source, id }, { ...all, plainShare: 0.9 }))
  const made = groups.filter((group) => group !== null)
  expect(made.length / count).toBeCloseTo(0.1, 2)
  const total = transformFamilyNames.reduce((sum, family) => sum + pickShare(family), 0)
  for (const family of transformFamilyNames) {
    expect(made.filter((group) => group.family === family).length / made.length).toBeCloseTo(pickShare(family) / total, 1)
  }
})

it('gives a picture the same group in every scope, and only chosen families', () => {
  expect(planTransforms(source, all)).toEqual(planTransforms(source, all))
  const other = Array.from({ length: 50 }, (_, id) => planTransforms({ ...source, id }, { ...all, families: ['flip', 'crop'] })?.family)
  expect(new Set(other)).toEqual(new Set(['flip', 'crop']))
})

it('takes whole tenths of 0.3 to 2.0 for colours, and turns of 10 to 90 degrees', () => {
  for (let seed = 0; seed < 200; seed++) {
    for (const { right } of transformGroupOf('jitter', source, new Random(seed)).pairs) {
      for (const factor of Object.values(right!.jitter!)) {
        expect(Math.round(factor * 10) / 10).toBe(factor)
        expect(factor).toBeGreaterThanOrEqual(0.3)
        expect(factor).toBeLessThanOrEqual(2)
      }
    }
    for (const { right } of transformGroupOf('rotate', source, new Random(seed)).pairs) expect(Math.abs(right!.rotateDegrees) % 10).toBe(0)
  }
})
