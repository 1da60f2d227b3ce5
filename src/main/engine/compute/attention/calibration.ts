// Turns log-odds that a classifier is too sure of into probabilities that come true, and measures whether they do.
// Source: Platt, Probabilistic Outputs for Support Vector Machines (1999), with the softened targets of its section 2.2.
import { sigmoid, softplus } from './logisticRegression'
import { minimise } from './minimise'

export interface Calibration {
  slope: number
  offset: number
}

export interface CalibrationBin {
  /** Mean of the predicted probabilities in the bin, and the share that came true. */
  predicted: number
  observed: number
  count: number
}

/** @param logits of examples that the classifier was not fitted to */
export function fitCalibration(logits: Float64Array, labels: Uint8Array): Calibration {
  const positives = labels.reduce((sum, label) => sum + label, 0)
  const negatives = labels.length - positives
  // As if one more of each kind had been seen, so that certainty is never complete.
  const high = (positives + 1) / (positives + 2)
  const low = 1 / (negatives + 2)
  const { point } = minimise(Float64Array.of(1, 0), (parameters, gradient) => {
    gradient.fill(0)
    let loss = 0
    logits.forEach((logit, index) => {
      const target = labels[index] === 1 ? high : low
      const z = parameters[0]! * logit + parameters[1]!
      loss += softplus(z) - target * z
      const error = (sigmoid(z) - target) / logits.length
      gradient[0]! += error * logit
      gradient[1]! += error
    })
    return loss / logits.length
  })
  // A slope below zero would turn the order round: such a classifier knows nothing, and says so with one probability for all.
  if (point[0]! > 0) return { slope: point[0]!, offset: point[1]! }
  const mean = (positives + 1) / (labels.length + 2)
  return { slope: 0, offset: Math.log(mean / (1 - mean)) }
}

export const calibrated = ({ slope, offset }: Calibration, logit: number): number => sigmoid(slope * logit + offset)

/** Equal-width bins; empty ones are left out. */
export function binProbabilities(probabilities: Float64Array, labels: Uint8Array, binCount = 10): CalibrationBin[] {
  const bins = Array.from({ length: binCount }, () => ({ predicted: 0, observed: 0, count: 0 }))
  probabilities.forEach((probability, index) => {
    const bin = bins[Math.min(binCount - 1, Math.floor(probability * binCount))]!
    bin.predicted += probability
    bin.observed += labels[index]!
    bin.count += 1
  })
  return bins.filter(({ count }) => count > 0).map(({ predicted, observed, count }) => ({ predicted: predicted / count, observed: observed / count, count }))
}

/** Mean distance between what was predicted and what came true, over the bins, weighed by their counts. */
export function calibrationError(bins: readonly CalibrationBin[]): number {
  const total = bins.reduce((sum, { count }) => sum + count, 0)
  return bins.reduce((sum, { predicted, observed, count }) => sum + (count / total) * Math.abs(predicted - observed), 0)
}
