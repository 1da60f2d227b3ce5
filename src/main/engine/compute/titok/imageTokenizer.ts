// The frozen image tokenizer at work: pictures to codes, in batches of one fixed size so that one graph is compiled.
import type * as tf from '@tensorflow/tfjs-core'
import type { Parameters } from '../fuselip/layers'
import { compileFunction, type DeviceOptions } from '../graph/compileFunction'
import { isGpu } from '../graph/session'
import { createResidentArrays } from '../graph/residentArrays'
import type { TensorSpec } from '../graph/traceFunction'
import { toModelInput } from '../image/modelInput'
import type { RgbImage } from '../image/rgbImage'
import { encodeImages } from './encoder'
import type { TitokConfig } from './titokConfig'
import { readTokenizerFolder } from './tokenizerFolder'

/** Pictures that callers hand over at once. */
export const imageBatchSize = 16

/**
 * Rows that a processor multiplies at once. More leave its caches: products of 512 × 2048 ran at 86–91 GF/s with 385 or 770
 * rows, at 78 with 1540 and at 59 with 6160.
 */
const processorRows = 800

/** Pictures computed together. */
function picturesAtOnce({ encoder, latentCount }: TitokConfig, device: DeviceOptions): number {
  if (isGpu(device)) return imageBatchSize
  return Math.min(imageBatchSize, Math.max(1, Math.floor(processorRows / (1 + encoder.gridSize ** 2 + latentCount))))
}

export interface ImageTokenizer {
  config: TitokConfig
  /**
   * @param images at most `imageBatchSize`, each of config.imageSizePx squared
   * @returns config.latentCount codes for each image
   */
  encode(images: readonly RgbImage[]): Promise<Uint16Array[]>
  dispose(): Promise<void>
}

const isEncoderWeight = (name: string): boolean => /^(encoder\.|latent_tokens$|quantize\.embedding\.weight$)/.test(name)

/** @throws AppError 'bad-model' or 'unreadable-file' */
export async function createImageTokenizer(tokenizerDir: string, device: DeviceOptions): Promise<ImageTokenizer> {
  const { config, weights: all } = await readTokenizerFolder(tokenizerDir)
  const weights = new Map([...all].filter(([name]) => isEncoderWeight(name)))
  const size = config.imageSizePx
  const together = picturesAtOnce(config, device)
  const specs: Record<string, TensorSpec> = { images: { shape: [together, size, size, 3], dtype: 'float32' } }
  for (const [name, { shape }] of weights) specs[name] = { shape, dtype: 'float32' }
  const compiled = await compileFunction(specs, (inputs) => ({ codes: encodeImages(inputs as Parameters, config, inputs['images'] as tf.Tensor4D) }), device)
  const memory = createResidentArrays(device)
  const parameters = await memory.place(weights)
  return {
    config,
    async encode(images) {
      if (images.length === 0) return []
      if (images.length > imageBatchSize) throw new RangeError(`Expected at most ${imageBatchSize} images, got ${images.length}.`)
      const found: Uint16Array[] = []
      for (let start = 0; start < images.length; start += together) {
        const filled = Array.from({ length: together }, (_, i) => images[Math.min(start + i, images.length - 1)]!)
        const outputs = await compiled.run({ ...parameters, images: toModelInput(filled) })
        const codes = outputs['codes']!.data as Int32Array // [B, N]
        for (let i = 0; i < Math.min(together, images.length - start); i++) {
          found.push(Uint16Array.from(codes.subarray(i * config.latentCount, (i + 1) * config.latentCount)))
        }
      }
      return found
    },
    async dispose() {
      await compiled.dispose()
      memory.release(parameters)
      await memory.dispose()
    },
  }
}
