import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-core/dist/register_all_gradients'
import { beforeAll, describe, expect, it } from 'vitest'
import { codeVectors, decodeCodes, decodeVectors } from '../../../src/main/engine/compute/titok/decoder'
import { codebook, encodeImages, encodeLatents, nearestCodes } from '../../../src/main/engine/compute/titok/encoder'
import { initialiseTitok } from '../../../src/main/engine/compute/titok/initialise'
import { readTitokConfig, titokJson, type TitokConfig } from '../../../src/main/engine/compute/titok/titokConfig'
import { AppError } from '../../../src/shared/errors'

const part = { patchPx: 8, gridSize: 8, width: 32, layerCount: 2, headCount: 4 }
const nano: TitokConfig = {
  imageSizePx: 64, latentCount: 16, tokenSize: 8, codebookSize: 64, isNormalised: true, isLegacy: false,
  encoder: part, decoder: { ...part, layerCount: 1 }, pixelStage: 'rgb',
}

/** A small linear congruential generator: seeded, good enough for weights. */
function seeded(seed: number): () => number {
  let state = seed
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
}

const toTensors = (config: TitokConfig, seed: number): Record<string, tf.Tensor> =>
  Object.fromEntries([...initialiseTitok(config, seeded(seed))].map(([name, { data, shape }]) => [name, tf.tensor(data, shape)]))
const pictures = (): tf.Tensor4D => tf.randomUniform([2, 64, 64, 3], 0, 1, 'float32', 7) as tf.Tensor4D

beforeAll(async () => { await tf.setBackend('cpu') })

describe('initialiseTitok', () => {
  it('gives weights whose sizes read back as the configuration', () => {
    expect(readTitokConfig(initialiseTitok(nano, seeded(1)), titokJson(nano))).toEqual(nano)
    const encoderOnly = { ...nano, decoder: null }
    expect(readTitokConfig(initialiseTitok(encoderOnly, seeded(1)), titokJson(encoderOnly))).toEqual(encoderOnly)
  })

  it('is repeatable, and different for another seed', () => {
    const [first, again, other] = [seeded(3), seeded(3), seeded(4)].map((random) => initialiseTitok(nano, random).get('latent_tokens')!.data)
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
  })

  it('has the deviations it names', () => {
    const projection = initialiseTitok({ ...nano, encoder: { ...part, width: 128 } }, seeded(5)).get('encoder.transformer.0.attn.in_proj_weight')!.data
    const [queries, keys, data] = [0, 1, 2].map((third) => projection.subarray((third * projection.length) / 3, ((third + 1) * projection.length) / 3)) as [Float32Array, Float32Array, Float32Array]
    expect(keys).toEqual(queries)
    const deviation = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length)
    expect(deviation).toBeGreaterThan(0.97 * 128 ** -0.5)
    expect(deviation).toBeLessThan(1.03 * 128 ** -0.5)
  })

  it('starts with latents of unit size, several codes in use and nearly grey drawings', () => {
    tf.tidy(() => {
      const parameters = toTensors(nano, 6)
      const latents = encodeLatents(parameters, nano, pictures())
      expect(latents.shape).toEqual([2, 16, 8])
      expect(tf.sqrt(tf.mean(tf.square(latents))).dataSync()[0]).toBeCloseTo(1, 0)
      const codes = encodeImages(parameters, nano, pictures())
      expect(new Set(codes.dataSync()).size).toBeGreaterThan(4)
      const drawn = decodeCodes(parameters, nano, codes)
      expect(drawn.shape).toEqual([2, 64, 64, 3])
      expect(tf.mean(tf.abs(tf.sub(drawn, 0.5))).dataSync()[0]).toBeLessThan(0.15)
    })
  })

  it('gives a codebook entry its own code back', () => {
    for (const isNormalised of [true, false]) {
      tf.tidy(() => {
        const config = { ...nano, isNormalised }
        const parameters = toTensors(config, 8)
        const entries = tf.reshape(codebook(parameters, config), [4, 16, 8]) as tf.Tensor3D
        const codes = nearestCodes(parameters, config, entries)
        expect([...codes.dataSync()]).toEqual(Array.from({ length: 64 }, (_, i) => i))
        const back = codeVectors(parameters, config, codes)
        expect(tf.max(tf.abs(tf.sub(back, entries))).dataSync()[0]).toBe(0)
      })
    }
  })

  it('lets gradients pass from the drawing to the first weights of the encoder', () => {
    const parameters = toTensors(nano, 9)
    // Differentiated one by one; the forward pass sees all.
    for (const name of ['encoder.patch_embed.weight', 'latent_tokens', 'encoder.conv_out.weight', 'decoder.mask_token', 'decoder.conv_out.weight']) {
      const size = tf.tidy(() => {
        const gradient = tf.grad((weight) => {
          const all = { ...parameters, [name]: weight }
          const drawn = decodeVectors(all, nano, encodeLatents(all, nano, pictures()))
          return tf.mean(tf.square(tf.sub(drawn, pictures())))
        })(parameters[name]!)
        return tf.norm(gradient).dataSync()[0]!
      })
      expect(size, name).toBeGreaterThan(0)
    }
    tf.dispose(parameters)
  })

  it('refuses sizes that do not fit together', () => {
    expect(() => initialiseTitok({ ...nano, imageSizePx: 60 }, seeded(1))).toThrow(/8 patches of 8 pixels to fill 60/)
    expect(() => initialiseTitok({ ...nano, pixelStage: 'codes' }, seeded(1))).toThrow(/rgb/)
  })
})

describe('readTitokConfig', () => {
  const refusal = (change: (weights: ReturnType<typeof initialiseTitok>) => void, json: unknown = titokJson(nano)): AppError => {
    const weights = initialiseTitok(nano, seeded(1))
    change(weights)
    try {
      readTitokConfig(weights, json)
    } catch (thrown) {
      return thrown as AppError
    }
    throw new Error('was accepted')
  }

  it.each([
    ['a missing codebook', /quantize\.embedding\.weight/, (w: Map<string, unknown>) => w.delete('quantize.embedding.weight')],
    ['a grid that is no square', /67 rows/, (w: Map<string, unknown>) => w.set('encoder.positional_embedding', { shape: [67, 32], data: new Float32Array(67 * 32) })],
    ['a decoder of another patch size', /192 numbers per decoded patch, found 48/, (w: Map<string, unknown>) => w.set('decoder.ffn.0.weight', { shape: [48, 32, 1, 1], data: new Float32Array(48 * 32) })],
  ])('names %s', (_, message, change) => {
    const error = refusal(change as never)
    expect(error).toBeInstanceOf(AppError)
    expect(error.code).toBe('bad-model')
    expect(error.message).toMatch(message)
  })

  it('names a config.json of another model, and heads that do not divide the width', () => {
    expect(refusal(() => {}, { text_config: {} }).message).toMatch(/model\.vq_model/)
    expect(refusal(() => {}, { model: { vq_model: { vit_enc_heads: 5 } } }).message).toMatch(/32 cannot be split into 5 heads/)
  })
})
