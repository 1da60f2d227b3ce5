// A FuseLIP checkpoint as the reference saves it, read from PyTorch's file format. Values: test/fixtures/golden.
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readTitokConfig, publishedTitokJson } from '../../src/main/engine/compute/titok/titokConfig'
import { readPytorch } from '../../src/main/engine/compute/weights/pytorch'
import { readSafetensors } from '../../src/main/engine/compute/weights/safetensors'
import { weightsUnder } from '../../src/main/engine/compute/weights/weightMap'

const goldenPath = (path: string): string => fileURLToPath(new URL(`../fixtures/golden/${path}`, import.meta.url))

describe('pytorch_model.bin', () => {
  it('holds the image tokenizer that the safetensors file holds, encoder only', async () => {
    const inside = weightsUnder(await readPytorch(goldenPath('fuselip/pytorch_model.bin')), 'image_tokenizer.model.')
    const { weights: outside } = await readSafetensors(goldenPath('titok-s/model.safetensors'))
    expect(inside.size).toBe(37)
    for (const [name, { shape, data }] of inside) {
      expect(outside.get(name)!.shape, name).toEqual(shape)
      expect(Buffer.from(data.buffer, data.byteOffset, data.byteLength).equals(Buffer.from(outside.get(name)!.data.buffer)), name).toBe(true)
    }
    expect(readTitokConfig(inside, publishedTitokJson['titok-s'])).toMatchObject({ decoder: null, isLegacy: true, codebookSize: 256 })
  })

  it('shares the tied token embedding', async () => {
    const weights = await readPytorch(goldenPath('fuselip/pytorch_model.bin'))
    expect(weights.get('token_embedding.weight')!.shape).toEqual([49_665, 32])
    expect(weights.get('mask_prediction_head.decoder.weight')!.data).toBe(weights.get('token_embedding.weight')!.data)
    expect(weights.get('logit_scale')).toEqual({ shape: [], data: Float32Array.of(2.1) })
  })
})
