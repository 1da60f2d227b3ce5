// The vector of what a person asks for: a text, a picture of the project or one that was given, or both at once.
import type { QueryImage } from '../../../shared/contract/search'
import { AppError } from '../../../shared/errors'
import type { Compute } from '../compute/thread/client'
import type { DeviceChoice } from '../compute/thread/protocol'
import type { EmbeddingsService } from './embeddings'
import type { ImagesService } from './images'
import type { UsableModel } from './models'
import type { TokensService, Work } from './tokens'

export interface QueryEmbedderDependencies {
  compute: Compute
  images: ImagesService
  tokens: TokensService
  embeddings: EmbeddingsService
  getDevice: () => DeviceChoice
}

export class QueryEmbedder {
  /** Codes of query pictures by picture and tokenizer; they are forgotten with the pictures when the engine ends. */
  readonly #queryCodes = new Map<string, Uint16Array>()

  constructor(private readonly dependencies: QueryEmbedderDependencies) {}

  async embed(model: UsableModel, text: string | null, image: QueryImage | null, work: Work): Promise<Float32Array> {
    const { compute, tokens, embeddings, getDevice } = this.dependencies
    if (image?.kind === 'project') await tokens.ensure(model, [image.imageId], work)
    const codes = image?.kind === 'query' ? await this.#codesOfQueryImage(model, image.queryImageId, work)
      : image ? embeddings.toInputs(model.tokenizerId, [{ imageId: image.imageId, text }])[0]!.codes : null
    const { embeddings: vector } = await compute.call('embedSides', { modelDir: model.dir, sides: [{ codes, text }], device: getDevice() }, { signal: work.signal })
    return vector
  }

  async #codesOfQueryImage(model: UsableModel, queryImageId: string, work: Work): Promise<Uint16Array> {
    const { compute, images, getDevice } = this.dependencies
    const { path, tag } = images.queryImageFile(queryImageId)
    const key = `${model.tokenizerId}\n${tag}`
    const known = this.#queryCodes.get(key)
    if (known) return known
    const [result] = await compute.call('tokenizeImages', { tokenizerDir: model.tokenizerDir, images: [{ path, recipe: null }], device: getDevice() }, { signal: work.signal })
    if (!result?.codes) throw result?.error ? AppError.fromJson(result.error) : new AppError('unreadable-image', 'The query picture cannot be read.', 'Give another picture.')
    this.#queryCodes.set(key, result.codes)
    return result.codes
  }
}
