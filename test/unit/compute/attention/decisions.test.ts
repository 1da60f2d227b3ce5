import { describe, expect, it } from 'vitest'
import { binProbabilities, calibrated, calibrationError, fitCalibration } from '../../../../src/main/engine/compute/attention/calibration'
import { dealFolds, learnDecisions, predictDecisions } from '../../../../src/main/engine/compute/attention/decisionModel'
import { fitLogistic, logisticLoss, logitOfRow, sigmoid, softplus, type Examples } from '../../../../src/main/engine/compute/attention/logisticRegression'
import { minimise } from '../../../../src/main/engine/compute/attention/minimise'
import { featureCount, measureScale, pairFeatures, scaleFeatures } from '../../../../src/main/engine/compute/attention/pairFeatures'
import { createRandom } from '../../../../src/main/engine/compute/training/random'

/** Two normal numbers' worth of spread is enough; sums of uniforms are near enough to normal. */
function noise(random: { next(): number }): number {
  return random.next() + random.next() + random.next() + random.next() - 2
}

function examplesOf(count: number, size: number, seed: number): Examples {
  const random = createRandom(seed)
  const features = Float32Array.from({ length: count * size }, () => noise(random))
  const labels = Uint8Array.from({ length: count }, (_, row) => (features[row * size]! - 0.5 * features[row * size + 1]! + noise(random) > 0 ? 1 : 0))
  return { features, size, labels }
}

const rowsOf = ({ labels }: Examples): number[] => [...labels.keys()]

describe('logistic regression', () => {
  it('has the gradient that small steps measure', () => {
    const examples = examplesOf(17, 5, 3)
    const rows = rowsOf(examples).filter(row => row % 4 !== 1)
    const random = createRandom(8)
    const point = Float64Array.from({ length: 6 }, () => noise(random))
    const gradient = new Float64Array(6)
    logisticLoss(examples, rows, 0.3, point, gradient)
    const step = 1e-6
    const unused = new Float64Array(6)
    for (let at = 0; at < 6; at++) {
      const valueAt = (shift: number) => logisticLoss(examples, rows, 0.3, point.map((value, index) => (index === at ? value + shift : value)), unused)
      expect(gradient[at]).toBeCloseTo((valueAt(step) - valueAt(-step)) / (2 * step), 7)
    }
  })

  it('ends where Newton’s method ends', () => {
    // One feature, so that the oracle is a 2×2 system.
    const examples = examplesOf(60, 1, 5)
    const strength = 0.05
    let [w, b] = [0, 0]
    for (let round = 0; round < 30; round++) {
      let [gw, gb, hww, hwb, hbb] = [strength * w, 0, strength, 0, 0]
      examples.labels.forEach((label, row) => {
        const x = examples.features[row]!
        const p = 1 / (1 + Math.exp(-(w * x + b)))
        gw += ((p - label) * x) / 60
        gb += (p - label) / 60
        hww += (p * (1 - p) * x * x) / 60
        hwb += (p * (1 - p) * x) / 60
        hbb += (p * (1 - p)) / 60
      })
      const determinant = hww * hbb - hwb * hwb
      w -= (hbb * gw - hwb * gb) / determinant
      b -= (hww * gb - hwb * gw) / determinant
    }
    const model = fitLogistic(examples, rowsOf(examples), strength)
    expect(model.weights[0]).toBeCloseTo(w, 3)
    expect(model.bias).toBeCloseTo(b, 3)
    expect(logitOfRow(model, examples.features, 7)).toBeCloseTo(w * examples.features[7]! + b, 3)
  })

  it('survives scores beyond what exponentials hold', () => {
    expect([sigmoid(800), sigmoid(-800), softplus(800), softplus(-800)]).toEqual([1, 0, 800, 0])
  })

  it('gives separable examples finite weights', () => {
    const separable: Examples = { features: Float32Array.of(-2, -1, 1, 2), size: 1, labels: Uint8Array.of(0, 0, 1, 1) }
    const { weights } = fitLogistic(separable, [0, 1, 2, 3], 0.01)
    expect(weights[0]).toBeGreaterThan(1)
    expect(weights[0]).toBeLessThan(100)
  })
})

describe('the search for a minimum', () => {
  it('finds the bottom of a curved valley', () => {
    const { point, value } = minimise(Float64Array.of(-1.2, 1), (at, gradient) => {
      const [x, y] = [at[0]!, at[1]!]
      gradient[0] = -2 * (1 - x) - 400 * x * (y - x * x)
      gradient[1] = 200 * (y - x * x)
      return (1 - x) ** 2 + 100 * (y - x * x) ** 2
    })
    expect(value).toBeLessThan(1e-8)
    expect(point[0]).toBeCloseTo(1, 3)
    expect(point[1]).toBeCloseTo(1, 3)
  })

  it('stays at a bottom', () => {
    const { point, iterationCount } = minimise(Float64Array.of(0, 0), (at, gradient) => {
      gradient.set(at)
      return (at[0]! ** 2 + at[1]! ** 2) / 2
    })
    expect([...point, iterationCount]).toEqual([0, 0, 0])
  })
})

describe('calibration', () => {
  it('undoes a classifier that is four times too sure', () => {
    const random = createRandom(2)
    const truth = Float64Array.from({ length: 6000 }, () => 2 * noise(random))
    const labels = Uint8Array.from(truth, logit => (random.next() < sigmoid(logit) ? 1 : 0))
    const sure = truth.map(logit => 4 * logit)
    const raw = calibrationError(binProbabilities(sure.map(sigmoid), labels))
    const calibration = fitCalibration(sure, labels)
    const error = calibrationError(binProbabilities(sure.map(logit => calibrated(calibration, logit)), labels))
    expect(calibration.slope).toBeCloseTo(0.25, 1)
    expect(raw).toBeGreaterThan(0.08)
    expect(error).toBeLessThan(0.03)
  })

  it('falls back on the share of accepted pairs where the order is worthless', () => {
    const calibration = fitCalibration(Float64Array.of(2, 1, -1, -2), Uint8Array.of(0, 0, 1, 1))
    expect(calibration.slope).toBe(0)
    expect(calibrated(calibration, 5)).toBeCloseTo(0.5)
  })

  it('counts every example in one bin, both ends included', () => {
    const bins = binProbabilities(Float64Array.of(0, 0.05, 0.5, 1), Uint8Array.of(0, 1, 1, 1))
    expect(bins).toEqual([
      { predicted: 0.025, observed: 0.5, count: 2 }, { predicted: 0.5, observed: 1, count: 1 }, { predicted: 1, observed: 1, count: 1 },
    ])
  })
})

const width = 8
function pairsOf(count: number, seed: number): { left: Float32Array; right: Float32Array } {
  const random = createRandom(seed)
  const rows = (): Float32Array => {
    const all = Float32Array.from({ length: count * width }, () => noise(random))
    for (let row = 0; row < count; row++) {
      const own = all.subarray(row * width, (row + 1) * width)
      const length = Math.hypot(...own)
      own.forEach((value, at) => { own[at] = value / length })
    }
    return all
  }
  return { left: rows(), right: rows() }
}
const cosineOf = (left: Float32Array, right: Float32Array, row: number): number =>
  left.subarray(row * width, (row + 1) * width).reduce((sum, value, at) => sum + value * right[row * width + at]!, 0)

describe('features of a pair', () => {
  it('are both sides, their product and their cosine', () => {
    const left = Float32Array.of(0.6, 0.8, 1, 0)
    const right = Float32Array.of(1, 0, 0, 1)
    const features = pairFeatures(left, right, 2)
    expect(features.length).toBe(2 * featureCount(2))
    expect([...features.subarray(0, 7)].map(value => Number(value.toFixed(6)))).toEqual([0.6, 0.8, 1, 0, 0.6, 0, 0.6])
  })

  it('come to mean 0 and deviation 1, and leave out what never changes', () => {
    const features = Float32Array.of(1, 7, 3, 7, 5, 7)
    const scaled = scaleFeatures(features.slice(), measureScale(features, 2))
    expect([scaled[0]! + scaled[2]! + scaled[4]!, scaled[1], scaled[3], scaled[5]]).toEqual([0, 0, 0, 0])
    expect(scaled[4]).toBeCloseTo(Math.sqrt(1.5), 5)
  })
})

describe('learning from decisions', () => {
  it('finds a rule in the pairs, and tells it from new ones', async () => {
    const { left, right } = pairsOf(400, 4)
    const labels = Uint8Array.from({ length: 400 }, (_, row) => (cosineOf(left, right, row) > 0 ? 1 : 0))
    const { model, figures } = await learnDecisions({ left, right, width, labels })
    expect(figures.agreement).toBeGreaterThan(0.93)
    expect(figures.agreement).toBeGreaterThan(figures.baseline + 0.3)
    const fresh = pairsOf(300, 9)
    const probabilities = predictDecisions(model, fresh.left, fresh.right)
    const rightCount = probabilities.filter((probability, row) => (probability > 0.5) === (cosineOf(fresh.left, fresh.right, row) > 0)).length
    expect(rightCount / 300).toBeGreaterThan(0.93)
  })

  it('does not claim to know what is chance', async () => {
    const { left, right } = pairsOf(200, 6)
    const random = createRandom(1)
    const labels = Uint8Array.from({ length: 200 }, () => random.below(2))
    const { model, figures } = await learnDecisions({ left, right, width, labels })
    expect(figures.agreement).toBeLessThan(0.65)
    const fresh = pairsOf(200, 12)
    const spread = predictDecisions(model, fresh.left, fresh.right).map(probability => Math.abs(probability - 0.5))
    expect(Math.max(...spread)).toBeLessThan(0.3)
  })

  it('deals both kinds of decisions evenly', () => {
    const labels = Uint8Array.from({ length: 53 }, (_, row) => (row < 12 ? 1 : 0))
    const folds = dealFolds(labels)
    expect(folds.flat().sort((a, b) => a - b)).toEqual([...labels.keys()])
    for (const fold of folds) {
      expect(fold.filter(row => labels[row] === 1).length).toBeGreaterThanOrEqual(2)
      expect(fold.length).toBeGreaterThanOrEqual(10)
    }
  })

  it('lets other work come in between', async () => {
    const { left, right } = pairsOf(40, 4)
    let breaths = 0
    await learnDecisions({ left, right, width, labels: Uint8Array.from({ length: 40 }, (_, row) => row % 2) }, async () => { breaths += 1 })
    expect(breaths).toBe(4)
    await expect(learnDecisions({ left, right, width, labels: Uint8Array.from({ length: 40 }, (_, row) => row % 2) }, () => Promise.reject(new Error('given up')))).rejects.toThrow('given up')
  })
})
