// Recipes against what Pillow makes of the same picture, bit for bit. Values: test/fixtures/golden/recipes.json.
import { describe, expect, it } from 'vitest'
import { applyRecipe } from '../../src/main/engine/compute/image/applyRecipe'
import { imageRecipeSchema, sizeAfter } from '../../src/shared/imageRecipe'
import golden from '../fixtures/golden/recipes.json'

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))
const source = { width: golden.width, height: golden.height, data: bytes(golden.data) }

describe('recipes', () => {
  it.each(golden.cases.map((entry) => [JSON.stringify(entry.recipe), entry] as const))('%s', (_, { recipe, data }) => {
    const parsed = imageRecipeSchema.parse(recipe)
    const drawn = applyRecipe(source, parsed)
    expect({ width: drawn.width, height: drawn.height }).toEqual(sizeAfter(parsed, source))
    const expected = bytes(data)
    expect(drawn.data.length).toBe(expected.length)
    expect(drawn.data.reduce((count, value, index) => count + Number(value !== expected[index]), 0)).toBe(0)
  })
})
