// What the compute thread can do, as plain data over a MessagePort: call, cancel, and events that belong to a call.
// Services hold a `ComputeClient` (client.ts); the thread's entry (index.ts) serves the same list.
import type { ErrorJson } from '../../../../shared/errors'
import type { Device, ListedDevice } from '../../../../shared/contract/studio'
import type { Metric, Recall, Validation, Verdict } from '../../../../shared/contract/entities'
import type { ImageRecipe } from '../../../../shared/imageRecipe'
import type { Recipe } from '../../../../shared/recipe'
import type { AttentionMethods } from './attentionHandlers'
import type { InspectMethods } from './inspectHandlers'
import type { ModelMethods } from './modelHandlers'
import type { QualityMethods } from './qualityHandlers'
import type { StepMeasurement } from '../training/planner'

/** What a person chose in the settings. Every call that computes names it: a call that forgot it would run elsewhere. */
export interface DeviceChoice {
  /** Null chooses. */
  deviceId: string | null
  /** Null uses every core. */
  threadCount: number | null
}

export type FoundDevice = Device & Pick<ListedDevice, 'memoryBytes'>

/** One side of a pair as the model sees it. */
export interface SideInput {
  /** Codes of the image tokenizer (0…K−1), null without an image. */
  codes: Uint16Array | null
  text: string | null
}

/** What decides the length of a side's row. */
export interface SideShape {
  hasImage: boolean
  text: string | null
}

export interface ImageInput {
  path: string
  recipe: ImageRecipe | null
}

export interface ModelInfo {
  parameterCount: number
  width: number
  layers: number
  contextLength: number
  imageTokenCount: number
  codebookSize: number
}

export interface MinedCandidate {
  /** Index of the anchor and of the other pair in the request. */
  anchor: number
  other: number
  score: number
  positiveScore: number
  rank: number
}

export interface MiningResult {
  candidates: MinedCandidate[]
  /** Indices of pairs that should share a batch. */
  groups: number[][]
  droppedByGuardCount: number
  droppedByIdentityCount: number
}

export interface TrainingPair {
  pairId: number
  left: SideInput
  right: SideInput
  /** Equal keys mean the same image and text; such cells are never negatives. */
  leftKey: string
  rightKey: string
}

export interface TrainingRequest {
  modelDir: string
  /** Folder of the run: checkpoints and the resume state are written below it. */
  runDir: string
  recipe: Recipe
  device: DeviceChoice
  pairs: TrainingPair[]
  validation: TrainingPair[]
  /** Groups of indices into `pairs`: those of the data itself, then those of the last mining. */
  groups: number[][]
  /** How many of `groups` are the data's own, which mining during the run leaves whole. Default: none. */
  dataGroupCount?: number
  /** Judgements between indices into `pairs`; they change the cells of the contrastive loss. */
  judgements: { anchor: number; other: number; verdict: Verdict }[]
  /** Continue from the last checkpoint in `runDir`; without one, start at step 0. */
  resume: boolean
}

export type TrainingEvent =
  | { kind: 'started'; startStep: number; totalSteps: number; device: string }
  | { kind: 'metric'; metric: Metric }
  | { kind: 'validation'; validation: Validation }
  | { kind: 'checkpoint'; step: number }
  | { kind: 'mined'; step: number; groupCount: number }
  | { kind: 'log'; line: string }

export interface TrainingOutcome {
  outcome: 'finished' | 'paused' | 'stopped'
  step: number
}

export interface ProgressEvent { kind: 'progress'; done: number; total: number }

/** Method name → request, result, and the events that may come before the result. */
export interface ComputeMethods extends ModelMethods, InspectMethods, AttentionMethods, QualityMethods {
  listDevices: { request: Record<string, never>; result: FoundDevice[]; event: never }
  describeModel: { request: { modelDir: string }; result: ModelInfo; event: never }
  /** One entry per image; exactly one of codes and error is null. */
  tokenizeImages: {
    request: { tokenizerDir: string; images: ImageInput[]; device: DeviceChoice }
    result: { codes: Uint16Array | null; error: ErrorJson | null }[]
    event: ProgressEvent
  }
  /** Embeddings are N×width, L2-normalised, in the order of the sides. */
  embedSides: { request: { modelDir: string; sides: SideInput[]; device: DeviceChoice }; result: { embeddings: Float32Array; width: number }; event: ProgressEvent }
  /** The same under a blend of two models of one shape, (1 − amount)·base + amount·tuned, that is written nowhere. */
  embedBlend: {
    request: { baseDir: string; tunedDir: string; amount: number; sides: SideInput[]; device: DeviceChoice }
    result: { embeddings: Float32Array; width: number }
    event: ProgressEvent
  }
  /** Exact top-k of every left (query) over all rights; matrices are N×width, row i of both belongs to pair i. */
  mine: {
    request: { left: Float32Array; right: Float32Array; width: number; leftKeys: string[]; rightKeys: string[]; perPair: number; margin: number; judgements: { anchor: number; other: number; verdict: Verdict }[]; device: DeviceChoice }
    result: MiningResult
    event: ProgressEvent
  }
  /** The `limit` nearest rows to one query vector, best first. */
  nearest: { request: { query: Float32Array; targets: Float32Array; width: number; limit: number }; result: { indices: Uint32Array; scores: Float32Array }; event: never }
  /** Recall of queries over targets; `relevant[i]` lists the target indices that are right for query i. */
  measureRecall: { request: { queries: Float32Array; targets: Float32Array; width: number; relevant: number[][] }; result: Recall; event: never }
  /** Times and weighs one micro-batch of a training step; the longest of the given sides decide the length of its rows. */
  measureStep: {
    request: { modelDir: string; recipe: Pick<Recipe, 'batchSize' | 'maskProbability' | 'mmmWeight'>; left: SideShape[]; right: SideShape[]; device: DeviceChoice }
    result: StepMeasurement
    event: never
  }
  train: { request: TrainingRequest; result: TrainingOutcome; event: TrainingEvent }
  /** Asks the running training to end after the current step; both save a checkpoint first. */
  steerTraining: { request: { runDir: string; action: 'pause' | 'stop' }; result: Record<string, never>; event: never }
}

export type ComputeMethod = keyof ComputeMethods

export type ToThread =
  | { kind: 'call'; id: number; method: ComputeMethod; request: unknown }
  | { kind: 'cancel'; id: number }
  /** No more calls: cancel what runs, let the device finish what it has begun, give everything back, and end. */
  | { kind: 'close' }

export type FromThread =
  | { kind: 'event'; id: number; event: unknown }
  | { kind: 'result'; id: number; result: unknown }
  | { kind: 'error'; id: number; error: ErrorJson }
