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
  /** One optimizer step. Throws AppError 'device-failed' or 'out-of-memory'. */
  run(batch: StepBatch, settings: StepSettings): Promise<StepResult>
  /** Embeds [N, L] framed, unmasked, padded ids with the current weights; answers N×D, normalised. */
  embed(ids: Int32Array, length: number, endPositions: Int32Array): Promise<Float32Array>
  /** Copies of the weights (names of the published checkpoint) and of the optimizer's moments (`first.NAME`, `second.NAME`). */
  exportWeights(): Promise<Map<string, NamedArray>>
  exportMoments(): Promise<Map<string, NamedArray>>
  importMoments(moments: Map<string, NamedArray>): Promise<void>
  dispose(): Promise<void>
}
