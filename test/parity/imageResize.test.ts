// Decoding and resizing against PIL's bicubic antialiased result, bit for bit. Values: test/fixtures/golden.
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadModelImage } from '../../src/main/engine/compute/image/modelInput'
import { readSafetensors } from '../../src/main/engine/compute/weights/safetensors'

const goldenPath = (path: string): string => fileURLToPath(new URL(`../fixtures/golden/${path}`, import.meta.url))

describe('256 × 256 model input', () => {
  it.each([0, 1, 2, 3])('of picture %i equals PIL', async (index) => {
    const { weights } = await readSafetensors(goldenPath('golden.safetensors'), (name) => name === 'images.resized_u8')
    const numbers = 256 * 256 * 3
    const expected = weights.get('images.resized_u8')!.data.subarray(index * numbers, (index + 1) * numbers)
    const image = await loadModelImage(goldenPath(`images/${index}.png`), null, 256)
    expect(image.data.length).toBe(numbers)
    expect(image.data.reduce((count, value, i) => count + Number(value !== expected[i]), 0)).toBe(0)
  })
})
