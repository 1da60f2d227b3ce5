// TiTok against the reference: latents, codes and reconstructions of four pictures, for both kinds of tokenizer.
// Values: test/fixtures/golden, made once with the public PyTorch code on small random weights.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Parameters } from '../../src/main/engine/compute/fuselip/layers'
import { codeVectors, decodeCodes, decodeVectors } from '../../src/main/engine/compute/titok/decoder'
import { encodeImages, encodeLatents, nearestCodes } from '../../src/main/engine/compute/titok/encoder'
import { readTitokConfig, type TitokConfig } from '../../src/main/engine/compute/titok/titokConfig'
import { readSafetensors } from '../../src/main/engine/compute/weights/safetensors'
import type { WeightMap } from '../../src/main/engine/compute/weights/namedArray'

const goldenPath = (path: string): string => fileURLToPath(new URL(`../fixtures/golden/${path}`, import.meta.url))

let golden: WeightMap
beforeAll(async () => {
  await tf.setBackend('cpu')
  golden = (await readSafetensors(goldenPath('golden.safetensors'))).weights
})

function goldenTensor(name: string): tf.Tensor {
  const { shape, data } = golden.get(name)!
  return tf.tensor(data, shape)
}

/** The first `count` golden pictures as model input. */
function goldenImages(count: number): tf.Tensor4D {
  return tf.slice(tf.div(goldenTensor('images.resized_u8'), 255), 0, count) as tf.Tensor4D
}

/** Largest difference, relative to the largest reference value. */
function relativeError(actual: tf.Tensor, expected: tf.Tensor): number {
  expect(actual.shape).toEqual(expected.shape)
  return tf.tidy(() => tf.div(tf.max(tf.abs(tf.sub(actual, expected))), tf.max(tf.abs(expected))).dataSync()[0]!)
}

/** Mean of 4×4 pixels: [B, 256, 256, 3] → [B, 64, 64, 3]. */
function quarterSize(images: tf.Tensor4D): tf.Tensor {
  const batch = images.shape[0]
  const columns = tf.mean(tf.reshape(images, [batch, 256, 64, 4, 3]), 3)
  return tf.mean(tf.reshape(columns, [batch, 64, 4, 64, 3]), 2)
}

describe.each([
  // The convolutional decoder takes 25 seconds a picture on the cpu backend, 2 on wasm.
  { kind: 'titok-s', key: 'titok_s', isLegacy: true, drawingBackend: 'wasm' },
  { kind: 'titok-b', key: 'titok_b', isLegacy: false, drawingBackend: 'cpu' },
])('$kind', ({ kind, key, isLegacy, drawingBackend }) => {
  let config: TitokConfig
  let parameters: Parameters

  beforeAll(async () => {
    const { weights } = await readSafetensors(goldenPath(`${kind}/model.safetensors`))
    config = readTitokConfig(weights, JSON.parse(readFileSync(goldenPath(`${kind}/config.json`), 'utf8')))
    parameters = Object.fromEntries([...weights].map(([name, { data, shape }]) => [name, tf.tensor(data, shape)]))
  })
  afterAll(() => tf.dispose(parameters))

  it('reads its sizes from the weights', () => {
    expect(config).toMatchObject({ isLegacy, isNormalised: isLegacy, imageSizePx: 256, latentCount: 32, pixelStage: isLegacy ? 'codes' : 'rgb' })
    expect(config.encoder).toMatchObject({ patchPx: 16, gridSize: 16, layerCount: isLegacy ? 2 : 3 })
  })

  it('gives the latents and codes of the reference', () => {
    tf.tidy(() => {
      const latents = encodeLatents(parameters, config, goldenImages(4))
      expect(relativeError(latents, goldenTensor(`${key}.latents`))).toBeLessThan(1e-4)
      const codes = nearestCodes(parameters, config, latents)
      expect(codes.dtype).toBe('int32')
      expect([...codes.dataSync()]).toEqual([...golden.get(`${key}.codes`)!.data])
    })
  })

  it('draws the reconstructions of the reference', async () => {
    await tf.setBackend(drawingBackend)
    tf.tidy(() => {
      const codes = tf.cast(goldenTensor(`${key}.codes`), 'int32') as tf.Tensor2D
      const drawn = decodeVectors(parameters, config, codeVectors(parameters, config, codes))
      const expected = tf.transpose(goldenTensor(`${key}.reconstruction_64`), [0, 2, 3, 1])
      expect(relativeError(quarterSize(drawn), expected)).toBeLessThan(1e-4)
    })
    await tf.setBackend('cpu')
  })

  it('leaves no tensor behind', () => {
    const before = tf.memory().numTensors
    tf.tidy(() => { encodeImages(parameters, config, goldenImages(1)) })
    expect(tf.memory().numTensors).toBe(before)
  })
})

it('clamps decoded pictures to 0…1', async () => {
  const { weights } = await readSafetensors(goldenPath('titok-b/model.safetensors'))
  const config = readTitokConfig(weights, JSON.parse(readFileSync(goldenPath('titok-b/config.json'), 'utf8')))
  tf.tidy(() => {
    const parameters = Object.fromEntries([...weights].map(([name, { data, shape }]) => [name, tf.tensor(data, shape)]))
    const pixels = decodeCodes(parameters, config, tf.zeros([1, 32], 'int32') as tf.Tensor2D).dataSync()
    expect(pixels.every((value) => value >= 0 && value <= 1)).toBe(true)
  })
})
