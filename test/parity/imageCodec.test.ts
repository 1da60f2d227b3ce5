// The inspector's codec against the reference, for both kinds of tokenizers: codes of a picture; and against the tfjs oracle: pixels of its codes.
import { fileURLToPath } from 'node:url'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Parameters } from '../../src/main/engine/compute/fuselip/layers'
import { cpuDevice } from '../../src/main/engine/compute/graph/compileFunction'
import { createImageCodec, type ImageCodec } from '../../src/main/engine/compute/inspect/imageCodec'
import { decodeCodes } from '../../src/main/engine/compute/titok/decoder'
import { readTokenizerFolder } from '../../src/main/engine/compute/titok/tokenizerFolder'
import type { WeightMap } from '../../src/main/engine/compute/weights/namedArray'
import { readSafetensors } from '../../src/main/engine/compute/weights/safetensors'

const goldenPath = (path: string): string => fileURLToPath(new URL(`../fixtures/golden/${path}`, import.meta.url))
const sizePx = 256

let golden: WeightMap
beforeAll(async () => {
  golden = (await readSafetensors(goldenPath('golden.safetensors'))).weights
})

// The convolutional decoder takes 25 seconds a picture on the cpu backend, 2 on wasm.
describe.each([['titok-s', 'titok_s', 'wasm'], ['titok-b', 'titok_b', 'cpu']])('%s', (kind, key, drawingBackend) => {
  let codec: ImageCodec
  beforeAll(async () => {
    codec = await createImageCodec(goldenPath(kind), cpuDevice)
  })
  afterAll(() => codec.dispose())
  const codesOf = (picture: number): Uint16Array => Uint16Array.from(golden.get(`${key}.codes`)!.data.subarray(picture * 32, (picture + 1) * 32))

  it('gives the codes and latents of the reference', async () => {
    for (const picture of [0, 3]) {
      const numbers = sizePx * sizePx * 3
      const data = Uint8Array.from(golden.get('images.resized_u8')!.data.subarray(picture * numbers, (picture + 1) * numbers))
      const { codes, latents } = await codec.encode({ width: sizePx, height: sizePx, data })
      expect([...codes]).toEqual([...codesOf(picture)])
      const wanted = golden.get(`${key}.latents`)!.data.subarray(picture * latents.length, (picture + 1) * latents.length)
      const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      expect(latents.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i]!)), 0) / largest).toBeLessThan(1e-4)
    }
  })

  it('draws codes as the oracle does, to the rounding of a byte', async () => {
    const codes = codesOf(1)
    const { width, height, data } = await codec.decode(codes)
    expect([width, height]).toEqual([sizePx, sizePx])
    await tf.setBackend(drawingBackend)
    const { weights } = await readTokenizerFolder(goldenPath(kind))
    const wanted = tf.tidy(() => {
      const parameters = Object.fromEntries([...weights].map(([name, { data: numbers, shape }]) => [name, tf.tensor(numbers, shape)])) as Parameters
      return decodeCodes(parameters, codec.config, tf.tensor2d(Int32Array.from(codes), [1, codes.length], 'int32')).dataSync()
    })
    const largest = data.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i]! * 255)), 0)
    expect(largest).toBeLessThan(0.55)
    // Random weights draw far outside 0…1, so much is clamped; what is left must say something.
    expect(data.filter((value) => value > 0 && value < 255).length).toBeGreaterThan(1000)
  })
})
