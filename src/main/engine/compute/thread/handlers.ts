// What the compute thread does for each method of the protocol. Models and tokenizers stay loaded between calls.
import { AppError } from '../../../../shared/errors'
import type { ErrorJson } from '../../../../shared/errors'
import { measureRecall } from '../evaluation/recall'
import { createEmbedder } from '../fuselip/embedder'
import type { FuselipConfig } from '../fuselip/config'
import { readModelFolder } from '../fuselip/modelFolder'
import { bucketLengths } from '../fuselip/sequence'
import type { DeviceOptions } from '../graph/compileFunction'
import { loadModelImage } from '../image/modelInput'
import type { RgbImage } from '../image/rgbImage'
import { createBlendEmbedder } from '../library/blendModels'
import { createCompiledScorer } from '../mining/blockScores'
import { mineNegatives, type MiningOptions, type MiningRequest } from '../mining/mine'
import { embedRows, type EmbedBatch } from '../retrieval/embedRows'
import { findNearest } from '../retrieval/nearest'
import { createImageTokenizer, imageBatchSize } from '../titok/imageTokenizer'
import { sideRow } from '../training/batches'
import { createTrainingStep } from '../training/compiledStep'
import { measureStep } from '../training/measureStep'
import { train } from '../training/trainer'
import { createAttentionHandlers } from './attentionHandlers'
import { chooseDevice, listDevices } from './devices'
import { createInspectHandlers } from './inspectHandlers'
import { modelHandlers } from './modelHandlers'
import type { ComputeMethods, DeviceChoice, ImageInput, MiningResult, ModelInfo, SideShape } from './protocol'
import { createQualityHandlers } from './qualityHandlers'
import { createRecentlyUsed, stampOf } from './recentlyUsed'
import type { ComputeHandlers } from './serve'
import { createTurns } from './turns'

/** A base model, its tuned child and one more for comparison. */
const loadedModelCount = 3
const loadedTokenizerCount = 2
/** Both parents in memory; one slider is looked at at a time. */
const loadedBlendCount = 1

interface LoadedModel {
  config: FuselipConfig
  embed: EmbedBatch
  dispose(): Promise<void>
}

type TokenizedImage = ComputeMethods['tokenizeImages']['result'][number]

export function createHandlers(): ComputeHandlers & { dispose(): Promise<void> } {
  const takeTurn = createTurns()
  const steering = new Map<string, { action: 'pause' | 'stop' | null }>()

  const models = createRecentlyUsed<LoadedModel, DeviceChoice>(loadedModelCount, async (dir, device) => {
    const { config, weights } = await readModelFolder(dir)
    const embedder = await createEmbedder(weights, config, await chooseDevice(device))
    return {
      config,
      embed: (ids, length, ends) => takeTurn(() => embedder.embed(ids, length, ends)),
      // After this an embedder compiles again when it is still asked, so a call in progress comes to its end.
      dispose: () => takeTurn(() => embedder.dispose()),
    }
  })

  const tokenizers = createRecentlyUsed(loadedTokenizerCount, async (dir, device: DeviceChoice) => {
    const tokenizer = await createImageTokenizer(dir, await chooseDevice(device))
    return { ...tokenizer, encode: (images: readonly RgbImage[]) => takeTurn(() => tokenizer.encode(images)), dispose: () => takeTurn(() => tokenizer.dispose()) }
  })

  const blends = createRecentlyUsed(loadedBlendCount, async (baseDir, { tunedDir, device }: { tunedDir: string; tunedStamp: string; device: DeviceChoice }) => {
    const blend = await createBlendEmbedder(baseDir, tunedDir, await chooseDevice(device))
    return { ...blend, dispose: () => takeTurn(() => blend.dispose()) }
  })

  const inspect = createInspectHandlers(takeTurn)

  /** Below this much work plain code is done before a graph is compiled. */
  const compiledMiningPairs = 500
  const mine = async (request: MiningRequest, device: DeviceOptions, options: MiningOptions): Promise<MiningResult> => {
    if (request.leftKeys.length < compiledMiningPairs) return mineNegatives(request, options)
    const scorer = await takeTurn(() => createCompiledScorer(request.width, device))
    try {
      const score: typeof scorer.score = (anchors, targets) => takeTurn(() => scorer.score(anchors, targets))
      return await mineNegatives(request, { ...options, scorer: { ...scorer, score } })
    } finally {
      await takeTurn(() => scorer.dispose())
    }
  }

  return {
    ...modelHandlers,
    ...inspect.handlers,
    ...createAttentionHandlers(takeTurn),
    ...createQualityHandlers(takeTurn),

    listDevices: () => listDevices(),

    async describeModel({ modelDir }): Promise<ModelInfo> {
      const { config, weights } = await readModelFolder(modelDir)
      let parameterCount = 0
      for (const { data } of weights.values()) parameterCount += data.length
      const { width, layerCount, contextLength, imageTokenCount, codebookSize } = config
      return { parameterCount, width, layers: layerCount, contextLength, imageTokenCount, codebookSize }
    },

    async tokenizeImages({ tokenizerDir, images, device }, { signal, emit }) {
      const tokenizer = await tokenizers.get(tokenizerDir, device)
      const results: TokenizedImage[] = []
      for (let start = 0; start < images.length; start += imageBatchSize) {
        signal.throwIfAborted()
        const batch = await Promise.all(images.slice(start, start + imageBatchSize).map((image) => readImage(image, tokenizer.config.imageSizePx)))
        const codes = await tokenizer.encode(batch.flatMap(({ pixels }) => (pixels ? [pixels] : [])))
        let next = 0
        for (const { pixels, error } of batch) results.push({ codes: pixels ? codes[next++]! : null, error })
        emit({ kind: 'progress', done: results.length, total: images.length })
      }
      return results
    },

    async embedSides({ modelDir, sides, device }, { signal, emit }) {
      const { config, embed } = await models.get(modelDir, device)
      const rows = sides.map((side) => sideRow(side, config))
      const onProgress = (done: number, total: number): void => emit({ kind: 'progress', done, total })
      const embeddings = await embedRows(rows, config.width, bucketLengths(config), embed, { signal, onProgress })
      return { embeddings, width: config.width }
    },

    async embedBlend({ baseDir, tunedDir, amount, sides, device }, { signal, emit }) {
      const { config, at } = await blends.get(baseDir, { tunedDir, tunedStamp: await stampOf(tunedDir), device })
      const embed = at(amount)
      const rows = sides.map((side) => sideRow(side, config))
      const onProgress = (done: number, total: number): void => emit({ kind: 'progress', done, total })
      const embedInTurn: EmbedBatch = (ids, length, ends) => takeTurn(() => embed(ids, length, ends))
      return { embeddings: await embedRows(rows, config.width, bucketLengths(config), embedInTurn, { signal, onProgress }), width: config.width }
    },

    mine: async (request, { signal, emit }) =>
      mine(request, await chooseDevice(request.device), { signal, onProgress: (done, total) => emit({ kind: 'progress', done, total }) }),

    nearest: async ({ query, targets, width, limit }) => findNearest(query, targets, width, limit),

    measureRecall: async (request) => measureRecall(request),

    async measureStep({ modelDir, recipe, left, right, device: choice }, { signal }) {
      const device = await chooseDevice(choice)
      const { config, weights } = await readModelFolder(modelDir)
      return measureStep({
        config, weights,
        left: left.map((side) => shapedRow(side, config)), right: right.map((side) => shapedRow(side, config)),
        ...recipe,
      }, {
        createStep: (own, ownConfig) => createTrainingStep(own, ownConfig, device),
        takeTurn, signal, nowMs: () => performance.now(), usedBytes: () => process.memoryUsage.rss(),
      })
    },

    async train(request, { signal, emit }) {
      if (steering.has(request.runDir)) throw new AppError('conflict', 'This run is being trained already.', 'Wait until it ends, or stop it first.')
      const steer: { action: 'pause' | 'stop' | null } = { action: null }
      steering.set(request.runDir, steer)
      try {
        const device = await chooseDevice(request.device)
        return await train({ ...request, device }, {
          loadModel: readModelFolder,
          mine: (miningRequest, options) => mine(miningRequest, device, options),
          createStep: (weights, config) => createTrainingStep(weights, config, device),
          emit, signal, takeTurn,
          requestedAction: () => steer.action,
          nowMs: () => performance.now(),
        })
      } finally {
        steering.delete(request.runDir)
      }
    },

    /** Gives the models and tokenizers back. Calls must have ended. */
    async dispose() {
      await models.clear()
      await tokenizers.clear()
      await inspect.dispose()
      await blends.clear()
    },

    async steerTraining({ runDir, action }) {
      const steer = steering.get(runDir)
      if (!steer) throw new AppError('not-found', 'No training of this run is in progress.')
      steer.action = action
      return {}
    },
  }
}

/** A row of the length that the side will have; which codes an image has makes no difference to time or memory. */
function shapedRow({ hasImage, text }: SideShape, config: FuselipConfig): Int32Array {
  const codes = hasImage ? Uint16Array.from({ length: config.imageTokenCount }, (_, index) => (index * 7 + 1) % config.codebookSize) : null
  return sideRow({ codes, text }, config)
}

/** A picture that cannot be read is an answer, not a failure of the call. */
async function readImage({ path, recipe }: ImageInput, sizePx: number): Promise<{ pixels: RgbImage | null; error: ErrorJson | null }> {
  try {
    return { pixels: await loadModelImage(path, recipe, sizePx), error: null }
  } catch (thrown) {
    return { pixels: null, error: AppError.from(thrown).toJson() }
  }
}
