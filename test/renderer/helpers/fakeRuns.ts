// Made-up training runs that behave: losses fall, recall rises, and a run can be started, paused, resumed and removed.
import type { Metric, Validation } from '@shared/contract/entities'
import type { MeasuredPlan, Run, RunPlan } from '@shared/contract/runs'
import { AppError } from '@shared/errors'
import { defaultRecipe, type Recipe } from '@shared/recipe'
import type { FakeApi } from './fakeApi'
import { makeRecall } from './fakeData'

export function makeMetric(step: number, totalSteps = 300, seed = 1): Metric {
  const wave = Math.sin(step * 12.9898 * seed) * 0.5
  const contrastive = 0.35 + 4.2 * Math.exp(-step / 70) * (1 + wave * 0.16) + Math.abs(wave) * 0.12
  const mmm = 1.1 + 3.5 * Math.exp(-step / 120) * (1 + wave * 0.08)
  const rate = step < 20 ? step / 20 : 0.5 * (1 + Math.cos((Math.PI * (step - 20)) / (totalSteps - 20)))
  return {
    step, total: contrastive + 0.25 * mmm, contrastive, mmm, learningRate: rate * 1e-3, gradientNorm: 0.6 + 3 * Math.exp(-step / 50) + Math.abs(wave),
    logitScale: 10 + 20 * (1 - Math.exp(-step / 150)), logitBias: -10, samplesPerSecond: 210 + wave * 30, elapsedMs: step * 300,
  }
}

export function makeSeries(steps: number, totalSteps = 300, seed = 1): { metrics: Metric[]; validations: Validation[] } {
  const metrics = Array.from({ length: steps }, (_, index) => makeMetric(index + 1, totalSteps, seed))
  const validations = metrics.filter((metric) => metric.step % 25 === 0).map(({ step }) => {
    const r1 = 0.08 + 0.62 * (1 - Math.exp(-step / 110)) * (seed === 1 ? 1 : 0.8)
    return { step, leftToRight: makeRecall(r1), rightToLeft: makeRecall(r1 * 0.92) }
  })
  return { metrics, validations }
}

export function makeRun(id: number, over: Partial<Run> = {}): Run {
  return {
    id, name: `Run ${id}`, state: 'running', baseModelId: 'bundled:nano', recipe: defaultRecipe, device: 'CPU · 2 threads', step: 0, totalSteps: 300,
    pairCount: 960, createdAtMs: 1_760_000_000_000 + id * 3_600_000, endedAtMs: null, etaMs: null, lastMetric: null, lastValidation: null,
    checkpointSteps: [], error: null, jobId: null, ...over,
  }
}

export interface FakeRuns {
  runs: Run[]
  series: Map<number, { metrics: Metric[]; validations: Validation[] }>
  plan: RunPlan
  /** What measuring finds. */
  measured: MeasuredPlan
  /** Takes a run to a step and tells the page. */
  advance: (runId: number, step: number) => void
  change: (runId: number, over: Partial<Run>) => void
}

/** Gives a fake api these runs in place of none. */
export function installRuns(fake: FakeApi, runs: Run[] = []): FakeRuns {
  const find = (runId: number): Run => {
    const run = state.runs.find((candidate) => candidate.id === runId)
    if (!run) throw new AppError('not-found', `There is no run ${runId}.`)
    return run
  }
  const state: FakeRuns = {
    runs,
    series: new Map(),
    plan: { trainPairCount: 960, validationPairCount: 120, stepsPerEpoch: 15, totalSteps: 180, negativesPerAnchor: 62.5, measured: null, obstacle: null },
    measured: {
      deviceName: 'CPU · 2 threads', microBatchSize: 64, largestMicroBatchSize: 64, availableMemoryBytes: 6e9, peakMemoryBytes: 1.24e9,
      stepMs: 400, epochMs: 6000, totalMs: 72_000, samplesPerSecond: 160,
    },
    change(runId, over) {
      state.runs = state.runs.map((run) => (run.id === runId ? { ...run, ...over } : run))
      fake.emit({ topic: 'run', runId })
    },
    advance(runId, step) {
      const series = makeSeries(step, find(runId).totalSteps, runId)
      state.series.set(runId, series)
      const checkpointSteps = series.metrics.map((metric) => metric.step).filter((each) => each % 50 === 0)
      state.change(runId, { step, checkpointSteps, etaMs: (find(runId).totalSteps - step) * 300, lastMetric: series.metrics.at(-1) ?? null, lastValidation: series.validations.at(-1) ?? null })
    },
  }
  const set = (runId: number, over: Partial<Run>): Run => {
    state.change(runId, over)
    return find(runId)
  }
  fake.answer('runs.plan', ({ measure }: { measure: boolean }) => (measure ? (state.plan = { ...state.plan, measured: state.measured }) : state.plan))
  fake.answer('runs.list', () => state.runs)
  fake.answer('runs.get', ({ runId }: { runId: number }) => find(runId))
  fake.answer('runs.start', ({ name, baseModelId, recipe }: { name: string; baseModelId: string | null; recipe: Recipe }) => {
    const runId = state.runs.length + 1
    state.runs = [makeRun(runId, { name: name || `Run ${runId}`, baseModelId: baseModelId ?? 'bundled:nano', recipe, totalSteps: state.plan.totalSteps }), ...state.runs]
    return { runId, jobId: 100 + runId }
  })
  fake.answer('runs.pause', ({ runId }: { runId: number }) => set(runId, { state: 'paused', etaMs: null }))
  fake.answer('runs.stop', ({ runId }: { runId: number }) => set(runId, { state: 'stopped', etaMs: null }))
  fake.answer('runs.resume', ({ runId }: { runId: number }) => {
    set(runId, { state: 'running', error: null })
    return { runId, jobId: 200 + runId }
  })
  fake.answer('runs.rename', ({ runId, name }: { runId: number; name: string }) => set(runId, { name }))
  fake.answer('runs.remove', ({ runId }: { runId: number }) => {
    state.runs = state.runs.filter((run) => run.id !== runId)
    return {}
  })
  fake.answer('runs.listMetrics', ({ runId, afterStep }: { runId: number; afterStep: number }) => {
    const series = state.series.get(runId) ?? { metrics: [], validations: [] }
    return { metrics: series.metrics.filter((metric) => metric.step > afterStep), validations: series.validations.filter((validation) => validation.step > afterStep) }
  })
  return state
}
