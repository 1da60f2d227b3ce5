// Pairs in the style and the words that the bundled models were trained on: drawn once from a fixed seed, tokenized once
// per image tokenizer, and kept in the data folder.
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { z } from 'zod'
import { sideSchema } from '../../../../shared/contract/entities'
import { AppError } from '../../../../shared/errors'
import type { Compute } from '../../compute/thread/client'
import type { DeviceChoice } from '../../compute/thread/protocol'
import { replaceFile } from '../../compute/weights/replaceFile'
import { generateToybox, type ToySide } from '../../toybox/dataset'
import type { ToyImage } from '../../toybox/picture'
import { readShapes } from '../modelFolder'
import type { UsableModel } from '../models'
import type { Work } from '../tokens'
import type { SidePair } from './measuredSet'

/** As many as the test split of the sample project. Raise the version with any change, also of what the toybox draws. */
export const toyboxProbe = { version: 1, seed: 'probe of what the bundled models know', pairCount: 250, taskWeights: { caption: 60, edit: 40 } } as const

export interface TokenizedPairs {
  pairs: SidePair[]
  /** By the image ids that the pairs name. */
  codes: Map<number, Uint16Array>
}

type TokenizerOf = Pick<UsableModel, 'tokenizerId' | 'tokenizerDir'>

const fileSchema = z.object({ pairs: z.array(z.object({ left: sideSchema, right: sideSchema })), codes: z.array(z.array(z.number().int().min(0).max(65_535))) })

/** Side of the pictures that a tokenizer takes, from the header of its weights. */
async function imageSizePx(tokenizerDir: string): Promise<number> {
  const shapes = await readShapes(tokenizerDir)
  const patchesPerSide = Math.sqrt((shapes.get('encoder.positional_embedding')?.[0] ?? 0) - 1)
  return Math.round(patchesPerSide * (shapes.get('encoder.patch_embed.weight')?.[2] ?? 0))
}

export class ToyboxProbe {
  readonly #dir: string

  constructor(dataDir: string, private readonly dependencies: { compute: Compute; getDevice: () => DeviceChoice }) {
    this.#dir = join(dataDir, 'probes')
  }

  /** Null while it was not drawn for this tokenizer. */
  async find(model: TokenizerOf): Promise<TokenizedPairs | null> {
    const text = await readFile(await this.#path(model), 'utf8').catch(() => null)
    try {
      if (text === null) return null
      const { pairs, codes } = fileSchema.parse(JSON.parse(text))
      return { pairs, codes: new Map(codes.map((own, index) => [index + 1, Uint16Array.from(own)])) }
    } catch {
      return null
    }
  }

  async make(model: TokenizerOf, work: Work): Promise<TokenizedPairs> {
    const known = await this.find(model)
    if (known) return known
    const sizePx = await imageSizePx(model.tokenizerDir)
    const imageIds = new Map<ToyImage, number>()
    const toSide = ({ image, text }: ToySide) => {
      if (image && !imageIds.has(image)) imageIds.set(image, imageIds.size + 1)
      return { imageId: image && imageIds.get(image)!, text }
    }
    const { seed, pairCount, taskWeights } = toyboxProbe
    const pairs = [...generateToybox({ seed, count: pairCount, domain: 'plain', sizePx, taskWeights })].map(({ left, right }) => ({ left: toSide(left), right: toSide(right) }))
    const codes = await this.#tokenize([...imageIds.keys()], model.tokenizerDir, work)
    await mkdir(this.#dir, { recursive: true })
    await replaceFile(await this.#path(model), (file) => file.writeFile(JSON.stringify({ pairs, codes: codes.map((own) => [...own]) })))
    return { pairs, codes: new Map(codes.map((own, index) => [index + 1, own])) }
  }

  /** The compute thread reads pictures from files, so they lie in a temporary folder for as long as it takes. */
  async #tokenize(images: readonly ToyImage[], tokenizerDir: string, work: Work): Promise<Uint16Array[]> {
    const { compute, getDevice } = this.dependencies
    const dir = await mkdtemp(join(tmpdir(), 'fuselip-probe-'))
    try {
      const files = await Promise.all(images.map(async ({ pixels, sizePx }, index) => {
        const path = join(dir, `${index}.png`)
        await sharp(pixels, { raw: { width: sizePx, height: sizePx, channels: 3 } }).png({ compressionLevel: 1 }).toFile(path)
        return { path, recipe: null }
      }))
      const results = await compute.call('tokenizeImages', { tokenizerDir, images: files, device: getDevice() }, { signal: work.signal, onEvent: ({ done, total }) => work.report(done, total) })
      return results.map(({ codes, error }) => {
        if (codes) return codes
        throw error ? AppError.fromJson(error) : new AppError('internal', 'A drawn picture was not tokenized.')
      })
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  }

  /** A tokenizer that was replaced under its name gives other codes. */
  async #path({ tokenizerId, tokenizerDir }: TokenizerOf): Promise<string> {
    const { size, mtimeMs } = await stat(join(tokenizerDir, 'model.safetensors'))
    return join(this.#dir, `toybox-${toyboxProbe.version}-${tokenizerId}-${size.toString(36)}-${Math.round(mtimeMs).toString(36)}.json`)
  }
}
