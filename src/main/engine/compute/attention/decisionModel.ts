// Learns from a person's decisions which pairs they accept. Small on purpose: some hundred decisions over fixed embeddings.
// The penalty is chosen, the probabilities are calibrated and the agreement is measured on decisions that were held out.
import { createRandom } from '../training/random'
import { binProbabilities, calibrated, calibrationError, fitCalibration, type Calibration, type CalibrationBin } from './calibration'
import { fitLogistic, logitOfRow, softplus, type Examples, type LinearModel } from './logisticRegression'
import { featureCount, measureScale, pairFeatures, scaleFeatures, type FeatureScale } from './pairFeatures'

export interface DecisionModel extends LinearModel, FeatureScale, Calibration {
  width: number
}

/** Measured on decisions while they were held out. */
export interface DecisionFigures {
  decisionCount: number
  /** Share of decisions that the model would have made alike. */
  agreement: number
  /** The share that a guess of the more frequent decision would have met; learning is worth something above it. */
  baseline: number
  bins: CalibrationBin[]
  calibrationError: number
  strength: number
}

export interface DecisionRequest {
  /** [N, D], normalised */
  left: Float32Array
  right: Float32Array
  width: number
  /** [N] 1 for accepted, 0 for rejected. */
  labels: Uint8Array
}

/** Weak to strong: with few decisions the strong one wins. */
const strengths = [0.01, 0.1, 1]
const foldCount = 5
const seed = 11

/** Rows of each fold, alike in their share of accepted ones. */
export function dealFolds(labels: Uint8Array, count = foldCount): number[][] {
  const random = createRandom(seed)
  const folds: number[][] = Array.from({ length: count }, () => [])
  let dealt = 0
  for (const label of [0, 1]) {
    const rows = random.shuffle([...labels.keys()].filter(row => labels[row] === label))
    for (const row of rows) folds[dealt++ % count]!.push(row)
  }
  return folds
}

/** Log-odds of every example under a model that was fitted without its fold. */
function heldOutLogits(examples: Examples, folds: readonly number[][], strength: number): Float64Array {
  const logits = new Float64Array(examples.labels.length)
  folds.forEach((held, fold) => {
    const others = folds.flatMap((rows, index) => (index === fold ? [] : rows))
    const model = fitLogistic(examples, others, strength)
    for (const row of held) logits[row] = logitOfRow(model, examples.features, row)
  })
  return logits
}

const meanLoss = (logits: Float64Array, labels: Uint8Array): number =>
  logits.reduce((sum, logit, index) => sum + softplus(logit) - labels[index]! * logit, 0) / logits.length

/** @param breathe is awaited between fits, so that other work of the thread comes in between */
export async function learnDecisions({ left, right, width, labels }: DecisionRequest, breathe: () => Promise<void> = async () => undefined): Promise<{ model: DecisionModel; figures: DecisionFigures }> {
  const size = featureCount(width)
  const features = pairFeatures(left, right, width)
  const scale = measureScale(features, size)
  const examples: Examples = { features: scaleFeatures(features, scale), size, labels }
  const folds = dealFolds(labels)
  let best: { strength: number; loss: number; logits: Float64Array } = { strength: strengths[0]!, loss: Infinity, logits: new Float64Array(labels.length) }
  for (const strength of strengths) {
    await breathe()
    const logits = heldOutLogits(examples, folds, strength)
    const loss = meanLoss(logits, labels)
    if (loss < best.loss) best = { strength, loss, logits }
  }
  await breathe()
  const calibration = fitCalibration(best.logits, labels)
  const linear = fitLogistic(examples, [...labels.keys()], best.strength)
  const probabilities = best.logits.map(logit => calibrated(calibration, logit))
  const bins = binProbabilities(probabilities, labels)
  const acceptedCount = labels.reduce((sum, label) => sum + label, 0)
  return {
    model: { ...linear, ...scale, ...calibration, width },
    figures: {
      decisionCount: labels.length,
      agreement: probabilities.reduce((sum, probability, row) => sum + ((probability >= 0.5) === (labels[row] === 1) ? 1 : 0), 0) / labels.length,
      baseline: Math.max(acceptedCount, labels.length - acceptedCount) / labels.length,
      bins, calibrationError: calibrationError(bins), strength: best.strength,
    },
  }
}

/** [N] how likely this person is to accept each pair, 0…1. */
export function predictDecisions(model: DecisionModel, left: Float32Array, right: Float32Array): Float32Array {
  const features = scaleFeatures(pairFeatures(left, right, model.width), model)
  return Float32Array.from({ length: left.length / model.width }, (_, row) => calibrated(model, logitOfRow(model, features, row)))
}
