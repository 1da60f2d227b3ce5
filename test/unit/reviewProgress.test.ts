import { describe, expect, it } from 'vitest'
import { measurePace, startOfToday, stepMs, stepsOf } from '../../src/main/engine/services/attention/reviewProgress'

const moment = (atMs: number, accepted = 1, rejected = 0) => ({ atMs, accepted, rejected })
const every = (stepOfMs: number, count: number, from = 0) => Array.from({ length: count }, (_, index) => moment(from + index * stepOfMs))

describe('the pace of reviewing', () => {
  it('is pairs per minute while deciding', () => {
    expect(measurePace(every(2000, 31))).toBeCloseTo(30)
  })

  it('does not count pauses', () => {
    expect(measurePace([...every(2000, 16), ...every(2000, 16, 3_600_000)])).toBeCloseTo(30)
  })

  it('counts sheets, but not acts on thousands of pairs', () => {
    const sheets = Array.from({ length: 11 }, (_, index) => moment(index * 10_000, 10, 2))
    expect(measurePace(sheets)).toBeCloseTo(72)
    expect(measurePace([...sheets, moment(100_500, 20_000)])).toBeCloseTo(72)
  })

  it('is unknown after a few decisions', () => {
    expect(measurePace(every(2000, 5))).toBeNull()
    expect(measurePace([])).toBeNull()
    expect(measurePace(every(0, 9))).toBeNull()
  })
})

describe('the steps of today', () => {
  it('go from the first decision to now, with the empty ones', () => {
    const steps = stepsOf([moment(stepMs + 5), moment(stepMs + 9, 0, 2), moment(4 * stepMs)], 4 * stepMs + 100)
    expect(steps.map(({ accepted, rejected }) => [accepted, rejected])).toEqual([[1, 2], [0, 0], [0, 0], [1, 0]])
    expect(steps[0]?.startMs).toBe(stepMs)
  })

  it('are at most twelve hours, the latest', () => {
    const now = 90 * stepMs
    const steps = stepsOf([moment(stepMs), moment(now)], now)
    expect(steps).toHaveLength(48)
    expect(steps.at(-1)).toEqual({ startMs: now, accepted: 1, rejected: 0 })
    expect(stepsOf([], now)).toEqual([])
  })

  it('begin at midnight of the computer', () => {
    const midnight = new Date(2026, 4, 3).getTime()
    expect(startOfToday(midnight)).toBe(midnight)
    expect(startOfToday(midnight + 86_399_999)).toBe(midnight)
  })
})
