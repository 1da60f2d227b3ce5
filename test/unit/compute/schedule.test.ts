import { expect, it } from 'vitest'
import { learningRateAt } from '../../../src/main/engine/compute/training/schedule'

const schedule = { peak: 1, warmupSteps: 4, totalSteps: 12 }

it.each([
  [0, 0.25], [1, 0.5], [3, 1], [4, 1], [6, 0.5 * (1 + Math.SQRT1_2)], [8, 0.5], [10, 0.5 * (1 - Math.SQRT1_2)],
  [11, 0.5 * (1 + Math.cos((7 / 8) * Math.PI))], [12, 0], [99, 0],
])('at step %i the rate is %f', (step, expected) => {
  expect(learningRateAt(step, schedule)).toBeCloseTo(expected, 12)
})

it('scales with the peak, and works without warm-up and with nothing but warm-up', () => {
  expect(learningRateAt(8, { ...schedule, peak: 3e-4 })).toBeCloseTo(1.5e-4, 15)
  expect(learningRateAt(0, { peak: 1, warmupSteps: 0, totalSteps: 5 })).toBe(1)
  expect(learningRateAt(4, { peak: 1, warmupSteps: 10, totalSteps: 5 })).toBe(0.5)
  expect(learningRateAt(10, { peak: 1, warmupSteps: 10, totalSteps: 10 })).toBe(1)
})
