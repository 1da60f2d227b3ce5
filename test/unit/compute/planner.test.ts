import { describe, expect, it } from 'vitest'
import { estimateActivationBytes } from '../../../src/main/engine/compute/training/microBatch'
import { peakMemoryBytesOf, planStep, type StepMeasurement } from '../../../src/main/engine/compute/training/planner'

const measured: StepMeasurement = {
  config: { width: 384, headCount: 6, layerCount: 12, contextLength: 180, codebookSize: 4096, imageTokenCount: 128, hasMask: true },
  leftLength: 160, rightLength: 160, slotsPerPair: 32, pairCount: 2, residentBytes: 1e9, activationBytes: 4e8, embedMs: 200, gradientMs: 600, updateMs: 100,
}
const plan = (change: Partial<Parameters<typeof planStep>[1]> = {}, measurement = measured) =>
  planStep(measurement, { batchSize: 64, microBatchSize: 0, availableBytes: 16e9, ...change })

describe('planning a step', () => {
  it('adds up the pieces: embedding and gradients a pair, and one update', () => {
    expect(plan({ microBatchSize: 8 })).toMatchObject({ microBatchSize: 8, stepMs: 64 * 400 + 100 })
    expect(plan({ microBatchSize: 8 }).samplesPerSecond).toBeCloseTo(64_000 / 25_700, 6)
    expect(plan({ microBatchSize: 64 }).stepMs, 'a whole batch embeds once').toBe(64 * 300 + 100)
    expect(plan({ microBatchSize: 500 }).microBatchSize, 'at most the batch').toBe(64)
  })

  it('counts the rows that fill up the last micro-batch', () => {
    // 10 pairs by 4 at a time are three micro-batches of 4.
    expect(plan({ batchSize: 10, microBatchSize: 4 }).stepMs).toBe(12 * 400 + 100)
  })

  it('takes memory from the measurement, and how it grows from the sizes of the model', () => {
    expect(peakMemoryBytesOf(measured, 2)).toBe(1.4e9)
    const shape = (rows: number) => estimateActivationBytes(measured.config, { rows, leftLength: 160, rightLength: 160, slots: 32 * rows })
    expect(peakMemoryBytesOf(measured, 16)).toBeCloseTo(1e9 + (4e8 * shape(16)) / shape(2), 0)
  })

  it('finds the largest micro-batch that fits', () => {
    const { largestMicroBatchSize } = plan({ batchSize: 1024, availableBytes: 8e9 })
    expect(peakMemoryBytesOf(measured, largestMicroBatchSize)).toBeLessThanOrEqual(0.8 * 8e9)
    expect(peakMemoryBytesOf(measured, largestMicroBatchSize + 1)).toBeGreaterThan(0.8 * 8e9)
    expect(plan({ batchSize: 4, availableBytes: 8e9 }).largestMicroBatchSize, 'never more than the batch').toBe(4)
    expect(plan({ availableBytes: 1e9 }).largestMicroBatchSize, 'not even one pair').toBe(0)
  })
})
