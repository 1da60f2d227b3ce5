// What the tokens of a picture or a pair are worth: codes and their reconstruction, and what the model makes of a row with
// tokens hidden. Pictures of the project come from the token cache, so that what is shown is what training reads.
import { stat } from 'node:fs/promises'
import type { Comparison, InspectedPicture, MaskPrediction, TokenRow } from '../../../shared/contract/inspector'
import type { QueryImage } from '../../../shared/contract/search'
import { AppError } from '../../../shared/errors'
import type { Compute } from '../compute/thread/client'
import { measureCompression } from '../compute/inspect/compression'
import type { PictureComparison } from '../compute/thread/inspectHandlers'
import type { DeviceChoice, ImageInput, SideInput } from '../compute/thread/protocol'
import type { Store } from '../store/openStore'
import type { DrawingsService } from './drawings'
import type { ImagesService } from './images'
import type { ModelsService, UsableModel } from './models'
import { silentWork, type TokensService } from './tokens'

export interface InspectorDependencies {
  store: Store
  compute: Compute
  images: ImagesService
  models: ModelsService
  tokens: TokensService
  drawings: DrawingsService
  getDevice: () => DeviceChoice
}

interface Sequence {
  image: QueryImage | null
  text: string | null
  modelId: string | null
}

export class InspectorService {
  constructor(private readonly dependencies: InspectorDependencies) {}

  /** @throws AppError 'not-found', 'unreadable-image' */
  async inspectPicture({ image, modelId }: { image: QueryImage; modelId: string | null }, signal?: AbortSignal): Promise<InspectedPicture> {
    const { compute, drawings, getDevice } = this.dependencies
    const model = await this.#model(modelId)
    const codes = image.kind === 'project' ? await this.#cachedCodes(model, image.imageId, signal) : null
    const found = await compute.call('inspectImage', { tokenizerDir: model.tokenizerDir, image: this.#input(image), codes, device: getDevice() }, { signal })
    const { tokenizer, sourceWidthPx, sourceHeightPx, reconstruction } = found
    return {
      modelId: model.id,
      tokenizer: { id: model.tokenizerId, ...tokenizer },
      sourceWidthPx, sourceHeightPx,
      originalId: await drawings.add(found.original),
      codes: [...found.codes].map((code, i) => ({ code, rival: found.rivals[i]!, distance: found.distances[i]!, rivalDistance: found.rivalDistances[i]! })),
      reconstruction: reconstruction && { drawingId: await drawings.add(reconstruction.image), ...(await this.#comparison(reconstruction)) },
      compression: measureCompression({ ...tokenizer, sourceWidthPx, sourceHeightPx, fileBytes: await this.#fileBytes(image) }),
    }
  }

  /** @throws AppError 'bad-input' for codes of another tokenizer, 'bad-model' without a decoder */
  async drawCodes({ codes, comparedWith, modelId }: { codes: number[]; comparedWith: number[] | null; modelId: string | null }, signal?: AbortSignal): Promise<{ drawingId: string; comparison: Comparison | null }> {
    const { compute, drawings, getDevice } = this.dependencies
    const { tokenizerDir } = await this.#model(modelId)
    const { image, comparison } = await compute.call('drawCodes', {
      tokenizerDir, codes: Uint16Array.from(codes), comparedWith: comparedWith && Uint16Array.from(comparedWith), device: getDevice(),
    }, { signal })
    return { drawingId: await drawings.add(image), comparison: comparison && (await this.#comparison(comparison)) }
  }

  /** @throws AppError 'bad-input' with neither picture nor text */
  async listTokens(sequence: Sequence, signal?: AbortSignal): Promise<TokenRow> {
    const { compute, getDevice } = this.dependencies
    const model = await this.#model(sequence.modelId)
    const { tokens, hasMask, cutCount } = await compute.call('layOutTokens', { modelDir: model.dir, side: await this.#side(model, sequence, signal), device: getDevice() }, { signal })
    return { tokens, cutCount, obstacle: hasMask ? null : `${model.name} was built without masked modelling, so it cannot predict hidden tokens.` }
  }

  /** @throws AppError 'bad-input' for positions that cannot be hidden, 'bad-model' without masked modelling */
  async predict({ positions, count, ...sequence }: Sequence & { positions: number[]; count: number }, signal?: AbortSignal): Promise<MaskPrediction> {
    const { compute, getDevice } = this.dependencies
    const model = await this.#model(sequence.modelId)
    const side = await this.#side(model, sequence, signal)
    const { predictions } = await compute.call('predictMasked', { modelDir: model.dir, side, positions, count, device: getDevice() }, { signal })
    const { codes } = side
    // Codes come first in a row, so a position below their number is the place of a code.
    const hidden = predictions.filter(({ position }) => codes !== null && position < codes.length)
    if (codes === null || hidden.length === 0) return { predictions, filled: null }
    const filled = codes.slice()
    for (const { position, codes: likely } of hidden) filled[position] = likely[0]!.code
    return { predictions, filled: await this.#filled(model, codes, filled, signal) }
  }

  /** Null where the tokenizer has no decoder; the predictions are worth showing without. */
  async #filled(model: UsableModel, codes: Uint16Array, filled: Uint16Array, signal?: AbortSignal): Promise<MaskPrediction['filled']> {
    const { compute, drawings, getDevice } = this.dependencies
    const { tokenizerDir } = model
    try {
      const before = await compute.call('drawCodes', { tokenizerDir, codes, comparedWith: null, device: getDevice() }, { signal })
      const { image, comparison } = await compute.call('drawCodes', { tokenizerDir, codes: filled, comparedWith: codes, device: getDevice() }, { signal })
      return { fromId: await drawings.add(before.image), drawingId: await drawings.add(image), codes: [...filled], ...(await this.#comparison(comparison!)) }
    } catch (thrown) {
      if (thrown instanceof AppError && thrown.code === 'bad-model') return null
      throw thrown
    }
  }

  #model(modelId: string | null): Promise<UsableModel> {
    return this.dependencies.models.resolve(modelId ?? this.dependencies.store.project.get().currentModelId)
  }

  async #side(model: UsableModel, { image, text }: Sequence, signal?: AbortSignal): Promise<SideInput> {
    if (image === null) return { codes: null, text }
    return { codes: image.kind === 'project' ? await this.#cachedCodes(model, image.imageId, signal) : await this.#codesOfQueryImage(model, image, signal), text }
  }

  /** Tokenizes the picture first where that was not done yet. */
  async #cachedCodes(model: UsableModel, imageId: number, signal?: AbortSignal): Promise<Uint16Array> {
    const { store, tokens } = this.dependencies
    store.images.get(imageId)
    let reason = ''
    await tokens.ensure(model, [imageId], { ...silentWork(signal), log: (line) => { reason = line } })
    const codes = store.tokens.find(imageId, model.tokenizerId)
    if (!codes) throw new AppError('unreadable-image', reason || `Picture ${imageId} has no tokens because it cannot be read.`, 'Look at the file, or choose another picture.')
    return codes
  }

  async #codesOfQueryImage(model: UsableModel, image: QueryImage, signal?: AbortSignal): Promise<Uint16Array> {
    const { compute, getDevice } = this.dependencies
    const [result] = await compute.call('tokenizeImages', { tokenizerDir: model.tokenizerDir, images: [this.#input(image)], device: getDevice() }, { signal })
    if (!result?.codes) throw result?.error ? AppError.fromJson(result.error) : new AppError('unreadable-image', 'The picture cannot be read.', 'Give another picture.')
    return result.codes
  }

  #input(image: QueryImage): ImageInput {
    const { images } = this.dependencies
    return image.kind === 'project' ? images.modelInput(image.imageId) : { path: images.queryImageFile(image.queryImageId).path, recipe: null }
  }

  async #fileBytes(image: QueryImage): Promise<number | null> {
    if (image.kind === 'project') return this.dependencies.store.images.get(image.imageId).byteCount
    return (await stat(this.#input(image).path)).size
  }

  async #comparison({ psnrDecibel, structuralSimilarity, difference }: PictureComparison): Promise<Comparison> {
    return { psnrDecibel: Number.isFinite(psnrDecibel) ? psnrDecibel : null, structuralSimilarity, differenceId: await this.dependencies.drawings.add(difference.image), differenceGain: difference.gain }
  }
}
