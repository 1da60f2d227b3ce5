// TiTok compiled to ONNX Runtime against the reference, and a training gradient against the eager functions.
// Values: test/fixtures/golden.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-core/dist/register_all_gradients'
import { beforeAll, describe, expect, it } from 'vitest'
import type { TensorFunction } from '../../src/main/engine/compute/graph/traceFunction'
import { codeVectors, decodeVectors } from '../../src/main/engine/compute/titok/decoder'
import { encodeLatents, nearestCodes } from '../../src/main/engine/compute/titok/encoder'
import { initialiseTitok } from '../../src/main/engine/compute/titok/initialise'
import { readTitokConfig, type TitokConfig } from '../../src/main/engine/compute/titok/titokConfig'
import type { WeightMap } from '../../src/main/engine/compute/weights/namedArray'
import { readSafetensors } from '../../src/main/engine/compute/weights/safetensors'
import { runCompiled, type Given } from '../helpers/runCompiled'

const goldenPath = (path: string): string => fileURLToPath(new URL(`../fixtures/golden/${path}`, import.meta.url))

let golden: WeightMap
beforeAll(async () => {
  golden = (await readSafetensors(goldenPath('golden.safetensors'))).weights
})

function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length)
  let difference = 0
  let largest = 0
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(actual[i]! - expected[i]!))
    largest = Math.max(largest, Math.abs(expected[i]!))
  }
  return difference / largest
}

/** [4, 256, 256, 3] to the golden layout [4, 3, 64, 64], each number the mean of 4×4. */
function quarterSizeOf(images: tf.Tensor): tf.Tensor {
  const columns = tf.mean(tf.reshape(images, [4, 256, 64, 4, 3]), 3)
  return tf.transpose(tf.mean(tf.reshape(columns, [4, 64, 4, 64, 3]), 2), [0, 3, 1, 2])
}

describe.each([['titok-s', 'titok_s'], ['titok-b', 'titok_b']])('%s, compiled', (kind, key) => {
  let weights: WeightMap
  let config: TitokConfig
  beforeAll(async () => {
    weights = (await readSafetensors(goldenPath(`${kind}/model.safetensors`))).weights
    config = readTitokConfig(weights, JSON.parse(readFileSync(goldenPath(`${kind}/config.json`), 'utf8')))
  })

  it('gives the latents and codes of the reference', async () => {
    const images = golden.get('images.resized_u8')!
    const inputs = new Map<string, Given>([...weights, ['images', { shape: images.shape, data: images.data.map((value) => value / 255) }]])
    const { latents, codes } = await runCompiled(inputs, (given) => {
      const vectors = encodeLatents(given, config, given['images'] as tf.Tensor4D)
      return { latents: vectors, codes: nearestCodes(given, config, vectors) }
    })
    expect(relativeError(latents!, golden.get(`${key}.latents`)!.data)).toBeLessThan(1e-4)
    expect(codes).toEqual(golden.get(`${key}.codes`)!.data)
  })

  it('draws the reconstructions of the reference', async () => {
    const inputs = new Map<string, Given>([...weights, ['codes', { shape: [4, 32], data: Int32Array.from(golden.get(`${key}.codes`)!.data) }]])
    const { drawn } = await runCompiled(inputs, (given) => ({
      drawn: quarterSizeOf(decodeVectors(given, config, codeVectors(given, config, given['codes'] as tf.Tensor2D))),
    }))
    expect(relativeError(drawn!, golden.get(`${key}.reconstruction_64`)!.data)).toBeLessThan(1e-4)
  })
})

describe('a nano tokenizer, compiled', () => {
  it('has the gradients of the eager functions in every weight', async () => {
    const part = { patchPx: 8, gridSize: 4, width: 16, layerCount: 1, headCount: 2 }
    const config: TitokConfig = {
      imageSizePx: 32, latentCount: 4, tokenSize: 4, codebookSize: 32, isNormalised: false, isLegacy: false,
      encoder: part, decoder: part, pixelStage: 'rgb',
    }
    let state = 1
    const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
    const weights = initialiseTitok(config, random)
    weights.delete('quantize.embedding.weight') // no gradient reaches it through the drawing
    const images = { shape: [2, 32, 32, 3], data: Float32Array.from({ length: 2 * 32 * 32 * 3 }, random) }
    const names = [...weights.keys()]
    const body: TensorFunction = (given) => {
      const pictures = given['images'] as tf.Tensor4D
      const loss = (...values: tf.Tensor[]): tf.Tensor => {
        const parameters = Object.fromEntries(values.map((value, i) => [names[i]!, value]))
        const drawn = decodeVectors(parameters, config, encodeLatents(parameters, config, pictures))
        return tf.mean(tf.square(tf.sub(drawn, pictures)))
      }
      const gradients = tf.grads(loss)(names.map((name) => given[name]!))
      return Object.fromEntries(gradients.map((gradient, i) => [`gradient.${names[i]}`, gradient]))
    }
    const inputs = new Map<string, Given>([...weights, ['images', images]])
    const compiled = await runCompiled(inputs, body)
    await tf.setBackend('cpu')
    tf.tidy(() => {
      const eager = body(Object.fromEntries([...inputs].map(([name, { shape, data }]) => [name, tf.tensor(data, shape)])))
      const largest = Math.max(...names.map((name) => tf.max(tf.abs(eager[`gradient.${name}`]!)).dataSync()[0]!))
      for (const name of names) {
        const expected = eager[`gradient.${name}`]!.dataSync()
        const scale = Math.max(...expected.map(Math.abs))
        // Gradients that are zero but for rounding (the key bias of attention) have no relative error.
        if (scale > 1e-6 * largest) expect(relativeError(compiled[`gradient.${name}`]!, expected), name).toBeLessThan(1e-3)
      }
    })
  })
})
