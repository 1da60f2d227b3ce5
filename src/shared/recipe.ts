// The training recipe: every setting of a fine-tuning run, with its range, default, and the words that explain it.
// One table drives the schema, the form in the Train view, the command line and the documentation.
// Defaults follow the FuseLIP paper (arXiv 2506.03096) §4 where a single computer allows it; a note says where not.
import { z } from 'zod'

export interface RecipeField {
  label: string
  help: string
  unit: string | null
  group: 'schedule' | 'optimizer' | 'loss' | 'negatives' | 'bookkeeping'
  minimum?: number
  maximum?: number
  step?: number
}

export const recipeSchema = z.strictObject({
  epochs: z.number().int().min(1).max(1000).default(12),
  batchSize: z.number().int().min(2).max(4096).default(64),
  microBatchSize: z.number().int().min(0).max(4096).default(0),
  learningRate: z.number().positive().max(1).default(1e-3),
  warmupSteps: z.number().int().min(0).max(100_000).default(20),
  weightDecay: z.number().min(0).max(10).default(0.1),
  gradientClip: z.number().positive().max(100).default(1),
  mmmWeight: z.number().min(0).max(10).default(0.25),
  maskProbability: z.number().min(0).max(0.9).default(0.1),
  useHardNegatives: z.boolean().default(true),
  hardNegativesPerPair: z.number().int().min(1).max(15).default(3),
  remineEveryEpochs: z.number().int().min(0).max(100).default(4),
  miningMargin: z.number().min(-1).max(1).default(0),
  validateEverySteps: z.number().int().min(1).max(100_000).default(25),
  checkpointEverySteps: z.number().int().min(1).max(100_000).default(50),
  seed: z.number().int().min(0).max(2 ** 31 - 1).default(1),
})

export type Recipe = z.infer<typeof recipeSchema>
export type RecipeKey = keyof Recipe

export const recipeFields: Record<RecipeKey, RecipeField> = {
  epochs: { label: 'Epochs', help: 'How often every accepted pair of the training split is seen.', unit: null, group: 'schedule', minimum: 1, maximum: 1000, step: 1 },
  batchSize: { label: 'Batch size', help: 'Pairs compared with each other in one step. More pairs mean more negatives per anchor, and more memory.', unit: 'pairs', group: 'schedule', minimum: 2, maximum: 4096, step: 1 },
  microBatchSize: { label: 'Micro-batch', help: 'Pairs computed at a time. The result is that of the whole batch; fewer pairs need less memory and more time. Zero lets the engine choose: the whole batch where it fits.', unit: 'pairs', group: 'schedule', minimum: 0, maximum: 4096, step: 1 },
  learningRate: { label: 'Learning rate', help: 'Peak of the schedule, reached after the warm-up, then lowered along a cosine to zero.', unit: null, group: 'schedule', minimum: 0, maximum: 1, step: 0.0001 },
  warmupSteps: { label: 'Warm-up', help: 'Steps over which the learning rate rises from zero. The paper uses 12,000 of a much longer run.', unit: 'steps', group: 'schedule', minimum: 0, maximum: 100_000, step: 1 },
  weightDecay: { label: 'Weight decay', help: 'Pull towards zero on weight matrices (AdamW). Not applied to biases, norms or the logit scale.', unit: null, group: 'optimizer', minimum: 0, maximum: 10, step: 0.01 },
  gradientClip: { label: 'Gradient clip', help: 'The gradient is scaled down when its norm is above this.', unit: null, group: 'optimizer', minimum: 0, maximum: 100, step: 0.1 },
  mmmWeight: { label: 'MMM weight', help: 'Weight of masked multimodal modelling beside the contrastive loss. Zero switches the prediction loss off.', unit: null, group: 'loss', minimum: 0, maximum: 10, step: 0.05 },
  maskProbability: { label: 'Mask probability', help: 'Chance that a word or image token is hidden and must be predicted.', unit: null, group: 'loss', minimum: 0, maximum: 0.9, step: 0.01 },
  useHardNegatives: { label: 'Hard negatives', help: 'Put mined hard negatives into one batch, so that the model must tell them apart.', unit: null, group: 'negatives' },
  hardNegativesPerPair: { label: 'Hard negatives per pair', help: 'Most mined neighbours that share a batch with a pair.', unit: 'pairs', group: 'negatives', minimum: 1, maximum: 15, step: 1 },
  remineEveryEpochs: { label: 'Mine again every', help: 'Epochs between two minings with the current weights. Zero keeps the first result.', unit: 'epochs', group: 'negatives', minimum: 0, maximum: 100, step: 1 },
  miningMargin: { label: 'Mining margin', help: 'A candidate that scores more than the true pair plus this margin is taken for a likely second match and dropped.', unit: 'cosine', group: 'negatives', minimum: -1, maximum: 1, step: 0.01 },
  validateEverySteps: { label: 'Validate every', help: 'Steps between two measurements of recall on the validation split.', unit: 'steps', group: 'bookkeeping', minimum: 1, maximum: 100_000, step: 1 },
  checkpointEverySteps: { label: 'Checkpoint every', help: 'Steps between two saved checkpoints; a run continues from the last one after a crash.', unit: 'steps', group: 'bookkeeping', minimum: 1, maximum: 100_000, step: 1 },
  seed: { label: 'Seed', help: 'Same seed, same data, same device: same losses.', unit: null, group: 'bookkeeping', minimum: 0, maximum: 2 ** 31 - 1, step: 1 },
}

export const defaultRecipe: Recipe = recipeSchema.parse({})
