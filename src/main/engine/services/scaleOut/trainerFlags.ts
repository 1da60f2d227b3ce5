// From a recipe of the studio to the flags of the published trainer. Names are those of the argument list of
// github.com/chs20/fuselip (`src/open_clip_train/params.py`), and its training scripts. Every setting of a recipe is either
// carried over or said not to be.
import { recipeSchema, type Recipe, type RecipeKey } from '../../../../shared/recipe'
import { adamwEpsilon, beta1, beta2 } from '../../compute/training/adamw'

export type TransformerSize = 'small' | 'base' | 'large'
export type Precision = 'amp' | 'amp_bf16' | 'fp32'

export interface TrainerFlag {
  flag: string
  /** Null for a switch. */
  value: string | null
}

export interface TrainerFlags {
  flags: TrainerFlag[]
  /** Settings that the trainer has no flag for, with what that means. */
  notCarried: { setting: string; reason: string }[]
}

/** Image tokenizers by the sizes that were published with them. */
export const tokenizerOfSize: Record<TransformerSize, string> = {
  small: 'yucornetto/tokenizer_titok_s128_imagenet', base: 'yucornetto/tokenizer_titok_bl128_vq8k_imagenet', large: 'yucornetto/tokenizer_titok_bl128_vq8k_imagenet',
}

/** The published sizes by their width; null for a model of another size. */
export const sizeOfWidth = (width: number): TransformerSize | null => ({ 384: 'small', 512: 'base', 768: 'large' } as const)[width as 384] ?? null

export interface TrainingFacts {
  size: TransformerSize
  contextLength: number
  precision: Precision
  stepsPerEpoch: number
}

const of = (flag: string, value: number | string): TrainerFlag => ({ flag, value: String(value) })
const on = (flag: string): TrainerFlag => ({ flag, value: null })

/** Null: it is carried over. The batch size stands in the script, which divides it by the number of devices. */
const fates: Record<RecipeKey, string | null> = {
  epochs: null, batchSize: null, learningRate: null, warmupSteps: null, weightDecay: null, gradientClip: null, mmmWeight: null, maskProbability: null, seed: null, checkpointEverySteps: null,
  microBatchSize: 'the trainer computes a device’s share of the batch at once; lower BATCH_SIZE or use more devices where it does not fit',
  useHardNegatives: null,
  hardNegativesPerPair: 'the groups of the snapshot are used as they are',
  remineEveryEpochs: 'the trainer does not mine; the groups stay those of the snapshot',
  miningMargin: 'the trainer does not mine',
  validateEverySteps: 'the trainer validates between epochs, if at all (VALIDATE_EVERY_EPOCHS in train.sh)',
}

/** @param given a recipe, perhaps with settings of a newer studio */
export function toTrainerFlags(given: Recipe & Record<string, unknown>, { size, contextLength, precision, stepsPerEpoch }: TrainingFacts): TrainerFlags {
  const recipe = recipeSchema.parse(Object.fromEntries(Object.entries(given).filter(([key]) => key in fates)))
  const hasMasking = recipe.mmmWeight > 0 && recipe.maskProbability > 0
  return {
    flags: [
      of('--model', 'fuse-clip-titok'), of('--transformer-size', size), of('--image-tokenizer', tokenizerOfSize[size]), of('--context-len', contextLength), on('--mask-pad'),
      on('--siglip'), ...(hasMasking ? [on('--mlm-loss'), of('--mlm-probability', recipe.maskProbability), of('--mlm-loss-weight', recipe.mmmWeight)] : []),
      of('--epochs', recipe.epochs), of('--lr', recipe.learningRate), of('--warmup', recipe.warmupSteps), of('--lr-scheduler', 'cosine'), of('--wd', recipe.weightDecay),
      of('--beta1', beta1), of('--beta2', beta2), of('--eps', adamwEpsilon), of('--grad-clip-norm', recipe.gradientClip), of('--precision', precision), of('--seed', recipe.seed),
      of('--save-frequency', Math.max(1, Math.round(recipe.checkpointEverySteps / Math.max(1, stepsPerEpoch)))), on('--save-most-recent'), of('--log-every-n-steps', 10),
    ],
    notCarried: [
      ...(Object.keys(fates) as RecipeKey[]).flatMap(key => (fates[key] === null ? [] : [{ setting: `${key} = ${String(recipe[key])}`, reason: fates[key] }])),
      ...(hasMasking ? [] : [{ setting: `mmmWeight = ${recipe.mmmWeight}, maskProbability = ${recipe.maskProbability}`, reason: 'the prediction loss is off, so the model is built without [MASK]' }]),
      ...Object.entries(given).filter(([key]) => !(key in fates)).map(([key, value]) => ({ setting: `${key} = ${JSON.stringify(value)}`, reason: 'this version of the studio does not know the setting' })),
    ],
  }
}
