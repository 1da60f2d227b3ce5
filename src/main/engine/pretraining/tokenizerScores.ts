// How well a tokenizer keeps pictures that it was not trained on: error, codebook use, compression.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type * as tf from '@tensorflow/tfjs-core'
import { compileFunction } from '../compute/graph/compileFunction'
import type { DeviceOptions } from '../compute/graph/compileFunction'
import { decodeCodes } from '../compute/titok/decoder'
import { encodeImages } from '../compute/titok/encoder'
import { readTitokConfig } from '../compute/titok/titokConfig'
import { readSafetensors } from '../compute/weights/safetensors'
import { toInput, tokenizerPicture } from './tokenizerPictures'

export interface TokenizerScores {
  pictureCount: number
  /** Mean squared error over pixels in 0…1. */
  meanSquaredError: number
  /** Peak signal-to-noise ratio of the mean error, in dB. */
  psnrDecibel: number
  usedCodeCount: number
  codebookSize: number
  /** 2^entropy of the code frequencies: how many codes are in real use. */
  codePerplexity: number
  /** Bytes of 8-bit RGB for one byte of codes. */
  compressionRatio: number
}

const pictureCount = 512
const block = 64
/** Held-out pictures come from another seed than any training picture. */
const heldOutSeedOffset = 1_000_000

export async function scoreTokenizer(dir: string, seed: number, device: DeviceOptions): Promise<TokenizerScores> {
  const { weights } = await readSafetensors(join(dir, 'model.safetensors'))
  const config = readTitokConfig(weights, JSON.parse(await readFile(join(dir, 'config.json'), 'utf8')))
  const specs = Object.fromEntries([...weights].map(([name, array]) => [name, { shape: array.shape, dtype: 'float32' as const }]))
  const size = config.imageSizePx
  const run = await compileFunction({ ...specs, images: { shape: [block, size, size, 3], dtype: 'float32' } }, (inputs) => {
    const codes = encodeImages(inputs, config, inputs['images'] as tf.Tensor4D)
    return { codes, drawn: decodeCodes(inputs, config, codes) }
  }, device)
  const feeds = Object.fromEntries([...weights].map(([name, array]) => [name, array.data]))
  const counts = new Float64Array(config.codebookSize)
  let squaredSum = 0, numberCount = 0
  for (let start = 0; start < pictureCount; start += block) {
    const images = toInput(Array.from({ length: block }, (_, i) => tokenizerPicture(seed + heldOutSeedOffset, start + i, size)), size)
    const outputs = await run.run({ ...feeds, images })
    const drawn = outputs['drawn']!.data as Float32Array
    for (let i = 0; i < images.length; i += 1) squaredSum += (Math.min(1, Math.max(0, drawn[i]!)) - images[i]!) ** 2
    numberCount += images.length
    for (const code of outputs['codes']!.data as Int32Array) counts[code]! += 1
  }
  await run.dispose()
  const total = counts.reduce((sum, count) => sum + count, 0)
  const entropyBits = -counts.reduce((sum, count) => (count ? sum + (count / total) * Math.log2(count / total) : sum), 0)
  const meanSquaredError = squaredSum / numberCount
  return {
    pictureCount, meanSquaredError, psnrDecibel: -10 * Math.log10(meanSquaredError),
    usedCodeCount: counts.filter((count) => count > 0).length, codebookSize: config.codebookSize, codePerplexity: 2 ** entropyBits,
    compressionRatio: (size * size * 3 * 8) / (config.latentCount * Math.log2(config.codebookSize)),
  }
}
