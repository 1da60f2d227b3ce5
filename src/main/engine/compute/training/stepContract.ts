// The seam between the trainer (which knows batches, schedules and checkpoints) and the training step (which knows the
// model, its losses and the optimizer). The trainer never sees a tensor library.
import type { NamedArray } from '../weights/namedArray'

/** Both sides of one batch as id rows, already framed, masked for MMM and padded to one bucket length a side. */
export interface StepSide {
  /** [B, L] ids after masking. */
  ids: Int32Array
  /** L of this batch, a bucket length. */
  length: number
  /** [B] index of the first end-of-text id in each row. */
  endPositions: Int32Array
  /** Flat positions row·L + column that were masked, ascending. */
  maskedPositions: Int32Array
  /** The original ids at those positions. */
  maskedLabels: Int32Array
  /** Hardly ever exceeded by the masked positions of a side like this one: room for so many lets one graph serve its like. */
  likelyMaskedCount?: number
}

export interface StepBatch {
  batchSize: number
  left: StepSide
  right: StepSide
  /** [B, B] row-major: +1 positive, −1 negative, 0 ignored; row = left, column = right. */
  cells: Float32Array
}

export interface StepSettings {
  learningRate: number
  weightDecay: number
  gradientClip: number
  mmmWeight: number
  /** 1 for the first optimizer step: AdamW's bias correction uses it. */
  optimizerStep: number
  /** Pairs computed at a time; absent or 0 leaves it to the step. The result is the same but for rounding. */
  microBatchSize?: number
}

/** How a step shares its device and is given up. */
export interface StepHooks {
  /** Gives the device to one piece of work; other calls get their turn between two pieces. */
  takeTurn<T>(work: () => Promise<T>): Promise<T>
  /** Called before each piece of a step in micro-batches. What it throws ends the step, which then has changed nothing. */
  beforeMicroBatch(): Promise<void>
}

export interface StepResult {
  total: number
  contrastive: number
  /** Unweighted sum of the MMM losses of both sides. */
  mmm: number
  /** Before clipping. */
  gradientNorm: number
  /** exp(logit_scale) after the step. */
  logitScale: number
  logitBias: number
}

export interface TrainingStep {
  /** One optimizer step. Throws AppError 'device-failed' or 'out-of-memory', and what a hook throws. */
  run(batch: StepBatch, settings: StepSettings, hooks?: StepHooks): Promise<StepResult>
  /** Memory of weights, moments and gradients. */
  readonly residentBytes: number
  /** Pairs that `run` would compute at a time, at most the batch. */
  microBatchSizeOf(batch: StepBatch, asked: number): number
  /** Embeds [N, L] framed, unmasked, padded ids with the current weights; answers N×D, normalised. */
  embed(ids: Int32Array, length: number, endPositions: Int32Array): Promise<Float32Array>
  /** Copies of the weights (names of the published checkpoint) and of the optimizer's moments (`first.NAME`, `second.NAME`). */
  exportWeights(): Promise<Map<string, NamedArray>>
  exportMoments(): Promise<Map<string, NamedArray>>
  importMoments(moments: Map<string, NamedArray>): Promise<void>
  dispose(): Promise<void>
}
