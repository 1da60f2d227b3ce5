// Trains the nano image tokenizer: a vector-quantised autoencoder of TiTok's new kind on Toybox pictures. First the plain
// autoencoder, then k-means over its latents, then the same loss through the codebook. Source: TiTok (arXiv 2406.07550).
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { AppError } from '../../../shared/errors'
import { compileFunction } from '../compute/graph/compileFunction'
import type { DeviceOptions } from '../compute/graph/compileFunction'
import { CompiledOptimizer } from '../compute/training/compiledOptimizer'
import { createRandom } from '../compute/training/random'
import { learningRateAt } from '../compute/training/schedule'
import { encodeLatents, nearestCodes } from '../compute/titok/encoder'
import { initialiseTitok } from '../compute/titok/initialise'
import { titokJson } from '../compute/titok/titokConfig'
import type { TitokConfig } from '../compute/titok/titokConfig'
import { readTokenizerFolder } from '../compute/titok/tokenizerFolder'
import { titokLosses } from '../compute/titok/trainingLoss'
import type { WeightMap } from '../compute/weights/namedArray'
import { writeSafetensors } from '../compute/weights/safetensors'
import { clusterCentres } from './codebookStart'
import { toInput, tokenizerPicture } from './tokenizerPictures'
import { scoreTokenizer } from './tokenizerScores'
import type { TokenizerScores } from './tokenizerScores'

const transformer = { patchPx: 8, gridSize: 8, width: 96, layerCount: 2, headCount: 3 }

export const nanoTitokConfig: TitokConfig = {
  imageSizePx: 64, latentCount: 32, tokenSize: 16, codebookSize: 1024, isNormalised: false, isLegacy: false,
  encoder: transformer, decoder: transformer, pixelStage: 'rgb',
}

export interface TokenizerTraining {
  outputDir: string
  /** A nano tokenizer to train on from; null begins with random weights. */
  fromDir: string | null
  seed: number
  /** Steps of the plain autoencoder (none when training goes on from a tokenizer), then through the codebook. */
  plainSteps: number
  quantisedSteps: number
  batchSize: number
  learningRate: number
  device: DeviceOptions
  onProgress(step: number, totalSteps: number, squaredError: number): void
}

/** Pictures that are drawn once and seen again and again; drawing each anew would take as long as the step. */
const poolSize = 12_000
const clusterPictures = 1024
/** Entries that no picture of the last steps used are moved onto latents that are in use. */
const reviveEverySteps = 100

const codebookName = 'quantize.embedding.weight'

type Batch = Record<string, { shape: number[]; data: Float32Array | Int32Array }>

export async function trainTokenizer(options: TokenizerTraining): Promise<TokenizerScores> {
  const config = nanoTitokConfig
  const { batchSize, device, seed } = options
  const random = createRandom(seed, 7)
  const optimizer = (weights: WeightMap, isQuantised: boolean): Promise<CompiledOptimizer> => CompiledOptimizer.create(weights, {
    gradients(parameters, inputs) {
      const names = Object.keys(parameters)
      let squaredError: tf.Tensor | undefined
      let total: tf.Tensor | undefined
      const { grads } = tf.valueAndGrads((...values: tf.Tensor[]) => {
        const named = Object.fromEntries(names.map((name, index) => [name, values[index]!]))
        const losses = titokLosses(named, config, inputs['images'] as tf.Tensor4D, isQuantised)
        squaredError = losses.squaredError
        total = losses.total
        return losses.total
      })(names.map((name) => parameters[name]!))
      const gradients = Object.fromEntries(names.map((name, index) => [name, grads[index]!]))
      return { gradients, scalars: { total: total!, squaredError: squaredError! } }
    },
  }, device)

  const pool: Uint8Array[] = []
  const nextBatch = (): Batch => {
    const pictures = Array.from({ length: batchSize }, () => {
      // The pool fills as training goes, so that the first step does not wait for all of it.
      if (pool.length < poolSize) {
        const picture = tokenizerPicture(seed, pool.length, config.imageSizePx)
        pool.push(picture)
        return picture
      }
      return pool[Math.floor(random.next() * pool.length)]!
    })
    return { images: { shape: [batchSize, config.imageSizePx, config.imageSizePx, 3], data: toInput(pictures, config.imageSizePx) } }
  }

  const plainSteps = options.fromDir === null ? options.plainSteps : 0
  const totalSteps = plainSteps + options.quantisedSteps
  const train = async (trainer: CompiledOptimizer, steps: number, firstStep: number, afterStep: (step: number) => Promise<void>): Promise<WeightMap> => {
    for (let step = 0; step < steps; step += 1) {
      const learningRate = learningRateAt(step, { peak: options.learningRate, warmupSteps: 100, totalSteps: steps })
      const result = await trainer.step(nextBatch(), { learningRate, weightDecay: 0.01, gradientClip: 1, optimizerStep: step + 1 })
      options.onProgress(firstStep + step + 1, totalSteps, result['squaredError']!)
      await afterStep(step)
    }
    const weights = await trainer.exportWeights()
    await trainer.dispose()
    return weights
  }

  const start = async (): Promise<WeightMap> => {
    if (options.fromDir !== null) return readNanoTokenizer(options.fromDir)
    // The plain autoencoder does not use the codebook, and what has no gradient cannot be trained.
    const initial = initialiseTitok(config, () => random.next())
    const entries = initial.get(codebookName)!
    initial.delete(codebookName)
    const weights = await train(await optimizer(initial, false), plainSteps, 0, async () => {})
    const latents = await latentsOf(weights, config, Array.from({ length: clusterPictures }, (_, i) => tokenizerPicture(seed, i, config.imageSizePx)), device)
    return weights.set(codebookName, { shape: entries.shape, data: clusterCentres(latents, config.tokenSize, config.codebookSize, seed) })
  }

  const quantised = await optimizer(await start(), true)
  const trained = await train(quantised, options.quantisedSteps, plainSteps, async (step) => {
    // Not in the last third: a moved entry needs time to settle.
    if ((step + 1) % reviveEverySteps === 0 && step < (options.quantisedSteps * 2) / 3) await reviveUnused(quantised, config, pool.slice(-256), device, random)
  })

  const json = titokJson(config)
  await mkdir(options.outputDir, { recursive: true })
  await writeSafetensors(join(options.outputDir, 'model.safetensors'), trained, { format: 'F16' })
  await writeFile(join(options.outputDir, 'config.json'), `${JSON.stringify(json, null, 2)}\n`)
  return scoreTokenizer(options.outputDir, seed, device)
}

/** @throws AppError 'bad-model' when it is not a tokenizer of the nano sizes with its decoder */
async function readNanoTokenizer(dir: string): Promise<WeightMap> {
  const { weights } = await readTokenizerFolder(dir)
  const expected = [...initialiseTitok(nanoTitokConfig, () => 0.5)]
  const odd = expected.find(([name, { shape }]) => weights.get(name)?.shape.join() !== shape.join())
  if (odd) throw new AppError('bad-model', `Expected a nano tokenizer with “${odd[0]}” of shape [${odd[1].shape.join(', ')}], found ${weights.get(odd[0])?.shape.join(', ') ?? 'none'} in “${dir}”.`, 'Choose a folder that this command wrote.')
  return new Map(expected.map(([name]) => [name, weights.get(name)!]))
}

async function latentsOf(weights: WeightMap, config: TitokConfig, pictures: readonly Uint8Array[], device: DeviceOptions): Promise<Float32Array> {
  const block = 64
  const specs = Object.fromEntries([...weights].map(([name, array]) => [name, { shape: array.shape, dtype: 'float32' as const }]))
  const encode = await compileFunction({ ...specs, images: { shape: [block, config.imageSizePx, config.imageSizePx, 3], dtype: 'float32' } },
    (inputs) => ({ latents: encodeLatents(inputs, config, inputs['images'] as tf.Tensor4D) }), device)
  const feeds = Object.fromEntries([...weights].map(([name, array]) => [name, array.data]))
  const stride = block * config.latentCount * config.tokenSize
  const latents = new Float32Array(Math.floor(pictures.length / block) * stride)
  for (let start = 0; start + block <= pictures.length; start += block) {
    const outputs = await encode.run({ ...feeds, images: toInput(pictures.slice(start, start + block), config.imageSizePx) })
    latents.set(outputs['latents']!.data as Float32Array, (start / block) * stride)
  }
  await encode.dispose()
  return latents
}

async function reviveUnused(trainer: CompiledOptimizer, config: TitokConfig, pictures: readonly Uint8Array[], device: DeviceOptions, random: { next(): number }): Promise<void> {
  const latents = await latentsOf(await trainer.exportWeights(), config, pictures, device)
  const entries = trainer.arrayOf('weight', codebookName)
  const { tokenSize, codebookSize } = config
  const rows = latents.length / tokenSize
  const codes = await compileFunction({ latents: { shape: [1, rows, tokenSize], dtype: 'float32' }, entries: { shape: [codebookSize, tokenSize], dtype: 'float32' } },
    (inputs) => ({ codes: nearestCodes({ [codebookName]: inputs['entries']! }, config, inputs['latents'] as tf.Tensor3D) }), device)
  const used = new Set((await codes.run({ latents, entries }))['codes']!.data as Int32Array)
  await codes.dispose()
  for (let entry = 0; entry < codebookSize; entry += 1) {
    if (used.has(entry)) continue
    const row = Math.floor(random.next() * rows)
    entries.set(latents.subarray(row * tokenSize, (row + 1) * tokenSize), entry * tokenSize)
  }
}
