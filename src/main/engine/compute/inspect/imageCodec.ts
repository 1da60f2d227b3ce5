// One picture through an image tokenizer and back: latents and codes of the encoder, pixels of the decoder. One graph for
// each direction, for one picture at a time, compiled when it is first needed.
import type * as tf from '@tensorflow/tfjs-core'
import * as ort from 'onnxruntime-node'
import { AppError } from '../../../../shared/errors'
import type { Parameters } from '../fuselip/layers'
import { compileFunction, type CompiledFunction, type DeviceOptions } from '../graph/compileFunction'
import type { TensorSpec } from '../graph/traceFunction'
import { toModelInput } from '../image/modelInput'
import type { RgbImage } from '../image/rgbImage'
import { decodeCodes } from '../titok/decoder'
import { encodeLatents, nearestCodes } from '../titok/encoder'
import type { TitokConfig } from '../titok/titokConfig'
import { readTokenizerFolder } from '../titok/tokenizerFolder'

export interface EncodedImage {
  codes: Uint16Array
  /** [N, tokenSize] before quantisation. */
  latents: Float32Array
}

export interface ImageCodec {
  config: TitokConfig
  /** [K, tokenSize] */
  codebook: Float32Array
  /** @param image config.imageSizePx squared */
  encode(image: RgbImage): Promise<EncodedImage>
  /** @throws AppError 'bad-input' for codes of another tokenizer, 'bad-model' without a decoder */
  decode(codes: Uint16Array): Promise<RgbImage>
  dispose(): Promise<void>
}

const codebookName = 'quantize.embedding.weight'
const isEncoderWeight = (name: string): boolean => name === codebookName || /^(encoder\.|latent_tokens$)/.test(name)
const isDecoderWeight = (name: string): boolean => name === codebookName || /^(decoder\.|pixel_quantize\.|pixel_decoder\.)/.test(name)

/** Numbers of 0…1 to bytes, to the nearest. */
function toRgbImage(numbers: Float32Array, sizePx: number): RgbImage {
  return { width: sizePx, height: sizePx, data: Uint8Array.from(numbers, (value) => Math.round(value * 255)) }
}

export function checkCodes(codes: Uint16Array, { latentCount, codebookSize }: Pick<TitokConfig, 'latentCount' | 'codebookSize'>): void {
  const wrong = codes.length === latentCount ? codes.find((code) => code >= codebookSize) : undefined
  if (codes.length === latentCount && wrong === undefined) return
  const found = wrong === undefined ? `${codes.length} codes` : `the code ${wrong}`
  throw new AppError('bad-input', `Expected ${latentCount} codes below ${codebookSize}, got ${found}.`, 'Inspect the picture again with the tokenizer of this model.')
}

export const noDecoder = (): AppError => new AppError(
  'bad-model', 'The image tokenizer has no decoder, so its codes cannot be drawn.',
  'Import or pull the same tokenizer as its own model: checkpoints of FuseLIP bring the encoder only.',
)

/** @throws AppError 'bad-model' or 'unreadable-file' */
export async function createImageCodec(tokenizerDir: string, device: DeviceOptions): Promise<ImageCodec> {
  const { config, weights } = await readTokenizerFolder(tokenizerDir)
  const { imageSizePx, latentCount } = config
  const tensors = Object.fromEntries([...weights].map(([name, { data, shape }]) => [name, new ort.Tensor('float32', data, shape)]))
  let encoder: Promise<CompiledFunction> | null = null
  let decoder: Promise<CompiledFunction> | null = null

  const compile = (own: (name: string) => boolean, input: Record<string, TensorSpec>, body: (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>): Promise<CompiledFunction> => {
    const specs: Record<string, TensorSpec> = { ...input }
    for (const [name, { shape }] of weights) if (own(name)) specs[name] = { shape, dtype: 'float32' }
    return compileFunction(specs, body, device)
  }

  return {
    config,
    codebook: weights.get(codebookName)!.data,
    async encode(image) {
      encoder ??= compile(isEncoderWeight, { images: { shape: [1, imageSizePx, imageSizePx, 3], dtype: 'float32' } }, (inputs) => {
        const latents = encodeLatents(inputs as Parameters, config, inputs['images'] as tf.Tensor4D)
        return { latents, codes: nearestCodes(inputs as Parameters, config, latents) }
      })
      const outputs = await (await encoder).run({ ...tensors, images: toModelInput([image]) })
      return { codes: Uint16Array.from(outputs['codes']!.data as Int32Array), latents: Float32Array.from(outputs['latents']!.data as Float32Array) }
    },
    async decode(codes) {
      if (!config.decoder) throw noDecoder()
      checkCodes(codes, config)
      decoder ??= compile(isDecoderWeight, { drawn: { shape: [1, latentCount], dtype: 'int32' } }, (inputs) =>
        ({ image: decodeCodes(inputs as Parameters, config, inputs['drawn'] as tf.Tensor2D) }))
      const outputs = await (await decoder).run({ ...tensors, drawn: Int32Array.from(codes) })
      return toRgbImage(outputs['image']!.data as Float32Array, imageSizePx)
    },
    async dispose() {
      for (const compiled of [encoder, decoder]) await (await compiled)?.dispose()
      encoder = decoder = null
    },
  }
}
