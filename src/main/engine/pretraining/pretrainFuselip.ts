// Pre-trains the nano FuseLIP on Toybox pairs of all tasks in the plain domain. It is the trainer that people use, on a
// model of random weights: same losses, same groups, same checkpoints.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Validation } from '../../../shared/contract/entities'
import { recipeSchema } from '../../../shared/recipe'
import type { Recipe } from '../../../shared/recipe'
import type { FuselipConfig } from '../compute/fuselip/config'
import { initialiseFuselip } from '../compute/fuselip/initialise'
import { fuselipJson, readModelFolder } from '../compute/fuselip/modelFolder'
import { maskId, padId } from '../compute/fuselip/config'
import type { DeviceOptions } from '../compute/graph/compileFunction'
import { pairRows } from '../compute/training/batches'
import { checkpointsDir, stepFolderName, writeJson } from '../compute/training/checkpoint'
import { createTrainingStep } from '../compute/training/compiledStep'
import { createRandom } from '../compute/training/random'
import { train } from '../compute/training/trainer'
import type { TrainingEvent, TrainingPair } from '../compute/thread/protocol'
import { createImageTokenizer } from '../compute/titok/imageTokenizer'
import { encoderFingerprint, readTokenizerFolder } from '../compute/titok/tokenizerFolder'
import { writeSafetensors } from '../compute/weights/safetensors'
import type { ToyTask } from '../toybox/dataset'
import { keptPairs } from './keptPairs'
import { toyboxPairs } from './toyboxPairs'
import { renewUnseenRows, seenIds } from './unseenRows'

/** 32 codes and 60 words on one side are enough for every Toybox sentence. */
export const nanoFuselipConfig: FuselipConfig = { width: 96, headCount: 4, layerCount: 4, contextLength: 96, codebookSize: 1024, imageTokenCount: 32, hasMask: true }

export interface FuselipPretraining {
  tokenizerDir: string
  /** A model of these sizes to continue from; null begins with random weights. */
  fromDir: string | null
  /** Share of pairs by task; null for the defaults of the toybox. */
  taskWeights: Partial<Record<ToyTask, number>> | null
  outputDir: string
  /** Checkpoints of the run; the same folder continues an interrupted run. */
  workDir: string
  seed: number
  pairCount: number
  validationPairCount: number
  recipe: Partial<Recipe>
  device: DeviceOptions
  onEvent(event: TrainingEvent | { kind: 'tokenized'; done: number; total: number }): void
}

/** Streams of random numbers, apart from those of training. */
const initialWeightsStream = 31
const unseenRowsStream = 73
/** Seed of held-out pairs. */
const validationSeedOffset = 1_000_000

/** @returns the last validation; the model is written to `outputDir` as float16 */
export async function pretrainFuselip(options: FuselipPretraining): Promise<Validation | null> {
  const { device, seed, workDir } = options
  const recipe = recipeSchema.parse({ remineEveryEpochs: 0, seed, ...options.recipe })
  const tokenizer = await createImageTokenizer(options.tokenizerDir, device)
  const madeFrom = { tokenizer: encoderFingerprint(await readTokenizerFolder(options.tokenizerDir)), seed, count: options.pairCount, taskWeights: options.taskWeights }
  const total = options.pairCount + options.validationPairCount
  const training = await keptPairs(workDir, 'training', madeFrom, () =>
    toyboxPairs(tokenizer, seed, options.pairCount, (done) => options.onEvent({ kind: 'tokenized', done, total }), options.taskWeights ?? undefined))
  const validation = await toyboxPairs(tokenizer, seed + validationSeedOffset, options.validationPairCount,
    (done) => options.onEvent({ kind: 'tokenized', done: options.pairCount + done, total }), { caption: 1 })
  await tokenizer.dispose()

  let last: Validation | null = null
  const runDir = join(workDir, 'run')
  const outcome = await train({
    modelDir: options.fromDir ?? await writeInitialModel(join(workDir, 'initial'), seed), runDir, recipe, device, pairs: training.pairs, validation: validation.pairs,
    groups: training.groups, judgements: [], resume: true,
  }, {
    loadModel: readModelFolder,
    createStep: (weights, config) => createTrainingStep(weights, config, device),
    emit(event) {
      if (event.kind === 'validation') last = event.validation
      options.onEvent(event)
    },
    signal: new AbortController().signal,
    requestedAction: () => null,
    takeTurn: (work) => work(),
    nowMs: () => Date.now(),
  })
  await publish(join(checkpointsDir(runDir), stepFolderName(outcome.step)), options.outputDir, training.pairs, seed)
  return last
}

async function writeInitialModel(dir: string, seed: number): Promise<string> {
  await mkdir(dir, { recursive: true })
  const random = createRandom(seed, initialWeightsStream)
  await writeSafetensors(join(dir, 'model.safetensors'), initialiseFuselip(nanoFuselipConfig, () => random.next()))
  await writeJson(join(dir, 'config.json'), { ...fuselipJson(nanoFuselipConfig), imageTokenizer: 'nano-titok' })
  return dir
}

/**
 * A checkpoint as it is bundled: rows of ids that the pairs never showed are drawn anew (unseenRows.ts), and float16 halves
 * it. Neither touches what was validated: held-out pairs are of the same words.
 */
export async function publish(checkpointDir: string, outputDir: string, pairs: readonly TrainingPair[], seed: number): Promise<void> {
  const model = await readModelFolder(checkpointDir)
  const embedding = model.weights.get('token_embedding.weight')!
  const rows = pairRows(pairs, model.config)
  const seen = seenIds([...rows.left, ...rows.right, Int32Array.of(padId, maskId)], embedding.shape[0]!)
  renewUnseenRows(embedding, seen, createRandom(seed, unseenRowsStream))
  await mkdir(outputDir, { recursive: true })
  await writeSafetensors(join(outputDir, 'model.safetensors'), model.weights, { format: 'F16' })
  await writeJson(join(outputDir, 'config.json'), model.json)
}
