// What the compute thread does for the token inspector. Codecs and predictors stay loaded between calls, one or two of each:
// a published decoder alone takes more than a gigabyte.
import { readModelFolder } from '../fuselip/modelFolder'
import { applyRecipe } from '../image/applyRecipe'
import { decodeImage } from '../image/decodeImage'
import { resizeBicubic } from '../image/resizeBicubic'
import type { RgbImage } from '../image/rgbImage'
import { differenceImage, type DifferenceImage } from '../inspect/differenceImage'
import { createImageCodec, type ImageCodec } from '../inspect/imageCodec'
import { psnrDecibel, structuralSimilarity } from '../inspect/imageQuality'
import { createMaskPredictor } from '../inspect/maskPredictor'
import { rankPrediction, type Prediction } from '../inspect/rankPrediction'
import { findRivals } from '../inspect/rivalCodes'
import { layOutSide, tokenLabel, type LaidOutToken, type TokenLabel } from '../inspect/tokenLabels'
import { vocabularySize } from '../fuselip/config'
import { chooseDevice } from './devices'
import type { DeviceChoice, ImageInput, SideInput } from './protocol'
import { createRecentlyUsed } from './recentlyUsed'
import type { TakeTurn } from './turns'

export interface TokenizerFacts {
  imageSizePx: number
  codeCount: number
  codebookSize: number
  hasDecoder: boolean
}

/** How two pictures of one size compare. */
export interface PictureComparison {
  /** Infinity for equal pictures. */
  psnrDecibel: number
  structuralSimilarity: number
  difference: DifferenceImage
}

export interface InspectedImage {
  tokenizer: TokenizerFacts
  sourceWidthPx: number
  sourceHeightPx: number
  /** The picture as the tokenizer reads it. */
  original: RgbImage
  codes: Uint16Array
  /** [N] the next nearest code of every latent, and how far away both are. */
  rivals: Uint16Array
  distances: Float32Array
  rivalDistances: Float32Array
  /** Null without a decoder. */
  reconstruction: ({ image: RgbImage } & PictureComparison) | null
}

export interface PredictedToken extends Omit<Prediction, 'words' | 'codes'> {
  position: number
  words: (TokenLabel & { probability: number })[]
  codes: { code: number; probability: number }[]
}

export interface InspectMethods {
  inspectImage: {
    /** Codes that are known already are drawn as they are, instead of those that this call would compute. */
    request: { tokenizerDir: string; image: ImageInput; codes: Uint16Array | null; device: DeviceChoice }
    result: InspectedImage
    event: never
  }
  /** Pixels of codes; beside the pixels of other codes, and what differs, where those are given. */
  drawCodes: {
    request: { tokenizerDir: string; codes: Uint16Array; comparedWith: Uint16Array | null; device: DeviceChoice }
    result: { image: RgbImage; comparison: PictureComparison | null }
    event: never
  }
  layOutTokens: { request: { modelDir: string; side: SideInput; device: DeviceChoice }; result: { tokens: LaidOutToken[]; hasMask: boolean; cutCount: number }; event: never }
  predictMasked: {
    request: { modelDir: string; side: SideInput; positions: number[]; count: number; device: DeviceChoice }
    result: { predictions: PredictedToken[] }
    event: never
  }
}

const loadedCodecCount = 1
const loadedPredictorCount = 1
/** A person goes from code to code of one picture, so the picture itself is drawn again and again. */
const keptDrawingCount = 8

type DrawCodes = (codes: Uint16Array) => Promise<RgbImage>

function keepDrawings(codec: ImageCodec): DrawCodes {
  const kept = new Map<string, RgbImage>()
  return async (codes) => {
    const key = codes.join(' ')
    const drawn = kept.get(key) ?? (await codec.decode(codes))
    kept.delete(key)
    kept.set(key, drawn)
    if (kept.size > keptDrawingCount) kept.delete(kept.keys().next().value!)
    return drawn
  }
}

export const compare = (first: RgbImage, second: RgbImage): PictureComparison => ({
  psnrDecibel: psnrDecibel(first, second),
  structuralSimilarity: structuralSimilarity(first, second),
  difference: differenceImage(first, second),
})

export function createInspectHandlers(takeTurn: TakeTurn) {
  const codecs = createRecentlyUsed(loadedCodecCount, async (dir, device: DeviceChoice) => {
    const codec = await createImageCodec(dir, await chooseDevice(device))
    const draw = keepDrawings(codec)
    return {
      config: codec.config,
      codebook: codec.codebook,
      encode: (image: RgbImage) => takeTurn(() => codec.encode(image)),
      draw: (codes: Uint16Array) => takeTurn(() => draw(codes)),
      dispose: () => takeTurn(() => codec.dispose()),
    }
  })
  const predictors = createRecentlyUsed(loadedPredictorCount, async (dir, device: DeviceChoice) => {
    const { config, weights } = await readModelFolder(dir)
    const predictor = createMaskPredictor(weights, config, await chooseDevice(device))
    return {
      config,
      predict: (row: Int32Array, positions: readonly number[]) => takeTurn(() => predictor.predict(row, positions)),
      dispose: () => takeTurn(() => predictor.dispose()),
    }
  })

  const handlers = {
    async inspectImage({ tokenizerDir, image, codes: known, device }: InspectMethods['inspectImage']['request']): Promise<InspectedImage> {
      const codec = await codecs.get(tokenizerDir, device)
      const { imageSizePx, latentCount, codebookSize, tokenSize, isNormalised, decoder } = codec.config
      const source = applyRecipe(await decodeImage(image.path), image.recipe)
      const original = resizeBicubic(source, imageSizePx, imageSizePx)
      const encoded = await codec.encode(original)
      const codes = known ?? encoded.codes
      const rivals = findRivals(encoded.latents, codec.codebook, codes, tokenSize, isNormalised)
      const drawn = decoder ? await codec.draw(codes) : null
      return {
        tokenizer: { imageSizePx, codeCount: latentCount, codebookSize, hasDecoder: decoder !== null },
        sourceWidthPx: source.width, sourceHeightPx: source.height,
        original, codes, rivals: rivals.codes, distances: rivals.distances, rivalDistances: rivals.rivalDistances,
        reconstruction: drawn && { image: drawn, ...compare(original, drawn) },
      }
    },

    async drawCodes({ tokenizerDir, codes, comparedWith, device }: InspectMethods['drawCodes']['request']): Promise<InspectMethods['drawCodes']['result']> {
      const codec = await codecs.get(tokenizerDir, device)
      const before = comparedWith && (await codec.draw(comparedWith))
      const image = await codec.draw(codes)
      return { image, comparison: before && compare(before, image) }
    },

    async layOutTokens({ modelDir, side, device }: InspectMethods['layOutTokens']['request']): Promise<InspectMethods['layOutTokens']['result']> {
      const { config } = await predictors.get(modelDir, device)
      const { tokens, cutCount } = layOutSide(side, config)
      return { tokens, cutCount, hasMask: config.hasMask }
    },

    async predictMasked({ modelDir, side, positions, count, device }: InspectMethods['predictMasked']['request']): Promise<InspectMethods['predictMasked']['result']> {
      const { config, predict } = await predictors.get(modelDir, device)
      const { row } = layOutSide(side, config)
      const ordered = [...new Set(positions)].sort((first, second) => first - second)
      const logits = await predict(row, ordered)
      const size = vocabularySize(config)
      const predictions = ordered.map((position, index): PredictedToken => {
        const { words, codes, ...figures } = rankPrediction(logits.subarray(index * size, (index + 1) * size), row[position]!, config, count)
        return {
          ...figures, position,
          words: words.map(({ id, probability }) => ({ ...tokenLabel(id, config), probability })),
          codes: codes.map(({ id, probability }) => ({ code: id, probability })),
        }
      })
      return { predictions }
    },
  }
  return { handlers, dispose: async (): Promise<void> => void (await Promise.all([codecs.clear(), predictors.clear()])) }
}
