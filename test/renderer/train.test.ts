// The Train view over a fake engine: plan, start, live metrics, controls, failure, comparison, and coming back.
import { flushPromises, type VueWrapper } from '@vue/test-utils'
import type { Pinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '@shared/errors'
import type { Run } from '@shared/contract/runs'
import { defaultRecipe } from '@shared/recipe'
import { useRunsStore } from '@renderer/stores/runs'
import TrainView from '@renderer/views/train/TrainView.vue'
import { findRecipeErrors } from '@renderer/views/train/useRecipeDraft'
import { createFakeApi, type FakeApi } from './helpers/fakeApi'
import { makeModel, makeRecall } from './helpers/fakeData'
import { installRuns, makeMetric, makeRun, makeSeries, type FakeRuns } from './helpers/fakeRuns'
import { mountView, usePiniaWith } from './helpers/mountView'

let fake: FakeApi
let state: FakeRuns
let wrapper: VueWrapper
let pinia: Pinia

/** By its words, without the key that stands behind them. */
const button = (name: string) => wrapper.findAll('button').find((element) => wordsOf(element.element) === name || element.attributes('aria-label') === name)
const wordsOf = (element: Element): string => [...element.childNodes].filter((node) => node instanceof Text || (node instanceof Element && !node.querySelector('kbd'))).map((node) => node.textContent ?? '').join('').trim()
const chart = (name: string) => wrapper.get(`[role="img"][aria-label="${name}"]`)
const show = async (): Promise<void> => {
  const mounted = await mountView(TrainView, fake)
  wrapper = mounted.wrapper
  pinia = mounted.pinia
  await vi.waitFor(() => expect(wrapper.text()).not.toContain('Reading the runs'))
}
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await flushPromises()
}

beforeEach(() => {
  localStorage.clear()
  fake = createFakeApi()
  state = installRuns(fake)
})
afterEach(() => wrapper?.unmount())

describe('a new run', () => {
  it('shows what the plan comes to, and starts with the recipe of the form', async () => {
    await show()
    expect(wrapper.text()).toContain('No runs yet')
    await vi.waitFor(() => expect(wrapper.get('[aria-label="Plan"]').text()).toContain('960 pairs'))
    const epochs = wrapper.findAll('label').find((label) => label.text() === 'Epochs')!
    const field = wrapper.get<HTMLInputElement>(`[id="${epochs.attributes('for')}"]`)
    await field.setValue('3')
    await field.trigger('change')
    await vi.waitFor(() => expect(button('Start training')!.attributes('disabled')).toBeUndefined())
    await wrapper.get('form').trigger('submit')
    await settle()
    expect(fake.calls.find((call) => call.name === 'runs.start')?.input).toEqual({ name: '', baseModelId: null, snapshotId: null, recipe: { ...defaultRecipe, epochs: 3 } })
    expect(wrapper.get('h2.text-lg').text()).toBe('Run 1')
  })

  it('cannot start while something is in the way, and says what', async () => {
    state.plan = { ...state.plan, trainPairCount: 1, obstacle: 'A run needs at least 2 accepted pairs; there is 1.' }
    await show()
    await vi.waitFor(() => expect(wrapper.text()).toContain('A run needs at least 2 accepted pairs; there is 1.'))
    expect(button('Start training')!.attributes('disabled')).toBeDefined()
  })

  it('asks for the plan again when pairs change', async () => {
    await show()
    await vi.waitFor(() => expect(wrapper.get('[aria-label="Plan"]').text()).toContain('960'))
    state.plan = { ...state.plan, trainPairCount: 961 }
    fake.emit({ topic: 'pairs' })
    await vi.waitFor(() => expect(wrapper.get('[aria-label="Plan"]').text()).toContain('961'))
  })

  it('measures memory and time before the start, once', async () => {
    await show()
    await vi.waitFor(() => expect(button('Measure memory and time')?.attributes('disabled')).toBeUndefined())
    expect(wrapper.get('[aria-label="Plan"]').text()).toContain('62.5 each')
    await button('Measure memory and time')!.trigger('click')
    await settle()
    const plan = wrapper.get('[aria-label="Plan"]').text()
    for (const words of ['1.2 GB', '6 s', '1 min 12 s']) expect(plan).toContain(words)
    expect(button('Measure memory and time')).toBeUndefined()
    expect(fake.calls.filter((call) => (call.input as { measure?: boolean }).measure)).toHaveLength(1)
  })

  it('says when the memory does not suffice, and sets what fits', async () => {
    state.measured = { ...state.measured, microBatchSize: 64, largestMicroBatchSize: 16, peakMemoryBytes: 9e9 }
    await show()
    await vi.waitFor(() => expect(button('Measure memory and time')?.attributes('disabled')).toBeUndefined())
    await button('Measure memory and time')!.trigger('click')
    await settle()
    expect(wrapper.text()).toContain('The run would need 9.0 GB of 6.0 GB. 16 pairs at a time fit')
    await button('Use 16')!.trigger('click')
    await vi.waitFor(() => expect((fake.calls.filter((call) => call.name === 'runs.plan').at(-1)?.input as { recipe: { microBatchSize: number } }).recipe.microBatchSize).toBe(16))
  })

  it('keeps the page when the engine refuses, with the reason', async () => {
    await show()
    await vi.waitFor(() => expect(button('Start training')!.attributes('disabled')).toBeUndefined())
    fake.failNext('runs.start', new AppError('conflict', 'Another run is at work.', 'Wait for it, or stop it.'))
    await wrapper.get('form').trigger('submit')
    await settle()
    expect(wrapper.get('[role="alert"]').text()).toContain('Another run is at work. Wait for it, or stop it.')
  })

  it.each([
    [{ learningRate: 0 }, 'learningRate', 'Needs more than 0.'],
    [{ batchSize: 1 }, 'batchSize', 'Needs at least 2.'],
    [{ epochs: 2.5 }, 'epochs', 'Needs a whole number.'],
    [{ maskProbability: 0.95 }, 'maskProbability', 'Needs at most 0.9.'],
  ] as const)('explains a refused value: %o', (change, key, message) => {
    expect(findRecipeErrors({ ...defaultRecipe, ...change })).toEqual({ [key]: message })
  })
  it('finds nothing wrong with the defaults', () => {
    expect(findRecipeErrors(defaultRecipe)).toEqual({})
  })
})

describe('a run at work', () => {
  beforeEach(() => {
    state.runs = [makeRun(1)]
    state.advance(1, 30)
  })

  it('draws its metrics, and more of them as they come', async () => {
    await show()
    expect(chart('Total loss').attributes('data-points')).toBe('30')
    expect(chart('Validation recall, left to right').attributes('data-points')).toBe('1')
    state.advance(1, 60)
    await settle()
    expect(chart('Total loss').attributes('data-points')).toBe('60')
    expect(chart('Validation recall, left to right').attributes('data-points')).toBe('2')
    const reads = fake.calls.filter((call) => call.name === 'runs.listMetrics').map((call) => call.input)
    expect(reads).toContainEqual({ runId: 1, afterStep: 29 })
    expect(wrapper.text()).toContain('60 of 300')
  })

  it('is all there after the page was loaded anew', async () => {
    await show()
    wrapper.unmount()
    await show()
    expect(chart('Contrastive loss').attributes('data-points')).toBe('30')
  })

  it('pauses, resumes and stops', async () => {
    await show()
    expect(button('Resume')).toBeUndefined()
    await button('Pause')!.trigger('click')
    await settle()
    expect(state.runs[0]!.state).toBe('paused')
    await button('Resume')!.trigger('click')
    await settle()
    expect(state.runs[0]!.state).toBe('running')
    await button('Stop')!.trigger('click')
    await settle()
    expect(state.runs[0]!.state).toBe('stopped')
    expect(button('Pause')).toBeUndefined()
  })

  it('tells why it failed and offers to go on', async () => {
    await show()
    state.change(1, { state: 'failed', error: { code: 'out-of-memory', message: 'The device ran out of memory.', advice: 'Lower the batch size.' } })
    await settle()
    const alert = wrapper.get('[aria-label="Run failed"]').text()
    expect(alert).toContain('The device ran out of memory. Lower the batch size.')
    expect(button('Resume')).toBeDefined()
  })

  it('offers the processor where another device failed, and only there', async () => {
    await show()
    const failed: Partial<Run> = { state: 'failed', device: 'webgpu', error: { code: 'device-failed', message: 'The device “webgpu” failed.', advice: null } }
    state.change(1, failed)
    await settle()
    await button('Continue on CPU')!.trigger('click')
    await settle()
    expect(fake.calls.findLast((call) => call.name === 'runs.resume')?.input).toEqual({ runId: 1, deviceId: 'cpu' })
    expect(state.runs[0]!.state).toBe('running')
    for (const other of [{ ...failed, device: 'cpu' }, { ...failed, error: { code: 'disk-full', message: 'The disk is full.', advice: null } }]) {
      state.change(1, other)
      await settle()
      expect(button('Continue on CPU')).toBeUndefined()
    }
  })

  it.each([
    [{ state: 'paused', step: 64, checkpointSteps: [50, 64] }, 'Paused at step 64 of 300. Resume continues from step 64.', true],
    [{ state: 'stopped', step: 20, error: { code: 'interrupted', message: 'The studio ended while this run was on its way.', advice: null } }, 'Broken off at step 20 of 300. The studio ended while this run was on its way. Resume starts again from the base model.', true],
    [{ state: 'stopped', step: 60, checkpointSteps: [50, 60] }, 'Stopped at step 60 of 300. Resume continues from step 60.', true],
    [{ state: 'queued' }, 'Waiting for its turn. Another job is at work; this run starts when that one has ended.', false],
  ] as const)('says what the state means and what to do: %o', async (over, words, isResumable) => {
    state.runs = [makeRun(1, over as Partial<Run>)]
    await show()
    expect(wrapper.get('[aria-label="State of the run"]').text()).toBe(words)
    expect(button('Resume') !== undefined).toBe(isResumable)
  })

  it('puts a finished run to use', async () => {
    state.runs = [makeRun(1, { state: 'finished', step: 300 })]
    fake.answer('models.list', () => [makeModel(), makeModel({ id: 'run:1:best', name: 'Run 1 · best', kind: 'tuned', runId: 1 })])
    const project = await fake.api.project.get({})
    fake.answer('project.setCurrentModel', ({ modelId }: { modelId: string }) => ({ ...project, currentModelId: modelId }))
    await show()
    expect(wrapper.get('[aria-label="State of the run"]').text()).toContain('still go by FuseLIP nano.')
    await button('Use this model')!.trigger('click')
    await settle()
    expect(fake.calls.find((call) => call.name === 'project.setCurrentModel')?.input).toEqual({ modelId: 'run:1:best' })
    expect(wrapper.get('[aria-label="State of the run"]').text()).toContain('In use.')
  })

  it('lays another run over it', async () => {
    state.runs = [...state.runs, makeRun(2, { state: 'finished' })]
    state.advance(2, 300)
    await show()
    const runs = useRunsStore(pinia)
    runs.overlayRunId = 2
    await settle()
    expect(runs.overlaySeries?.metrics).toHaveLength(300)
    expect(chart('Total loss').attributes('data-points')).toBe('30')
    expect(wrapper.text()).toContain('compared')
  })
})

describe('the run store', () => {
  it('reads everything again when a resumed run went back to its checkpoint', async () => {
    pinia = usePiniaWith(fake)
    state.runs = [makeRun(1)]
    state.advance(1, 80)
    const runs = useRunsStore(pinia)
    await runs.load()
    expect(runs.selectedSeries.metrics).toHaveLength(80)
    state.series.set(1, makeSeries(50))
    state.change(1, { step: 50, lastMetric: makeMetric(50) })
    await runs.refreshRun(1)
    expect(runs.selectedSeries.metrics).toHaveLength(50)
  })

  it('asks once more, not once per change, while a reading is under way', async () => {
    pinia = usePiniaWith(fake)
    state.runs = [makeRun(1)]
    const runs = useRunsStore(pinia)
    await runs.load()
    fake.calls.length = 0
    await Promise.all([runs.refreshRun(1), runs.refreshRun(1), runs.refreshRun(1), runs.refreshRun(1)])
    await settle()
    expect(fake.calls.filter((call) => call.name === 'runs.get')).toHaveLength(2)
  })

  it('moves to the next run when the selected one is removed', async () => {
    pinia = usePiniaWith(fake)
    state.runs = [makeRun(2), makeRun(1)]
    const runs = useRunsStore(pinia)
    await runs.load()
    expect(runs.selectedRunId).toBe(2)
    await runs.remove(2)
    expect(runs.selectedRunId).toBe(1)
  })

  it('says so when the runs cannot be read', async () => {
    fake.failNext('runs.list', new AppError('internal', 'The engine does not answer.'))
    wrapper = (await mountView(TrainView, fake)).wrapper
    await settle()
    expect(wrapper.get('[role="alert"]').text()).toContain('The engine does not answer.')
    await button('Try again')!.trigger('click')
    await settle()
    expect(wrapper.text()).toContain('No runs yet')
  })
})

describe('evaluation', () => {
  it('shows what was won against the base model', async () => {
    state.runs = [makeRun(1, { state: 'finished' })]
    state.advance(1, 300)
    const row = (modelId: string, r1: number) => ({ modelId, split: 'test', textToImage: makeRecall(r1), imageToText: makeRecall(r1), composedToImage: null, evaluatedAtMs: 1 })
    fake.answer('models.list', () => [makeModel(), makeModel({ id: 'run:1:best', name: 'Run 1 · best', kind: 'tuned', runId: 1 })])
    fake.answer('evaluation.list', () => [row('bundled:nano', 0.1), row('run:1:best', 0.55)])
    await show()
    const tab = wrapper.findAll('[role="tab"]').find((element) => element.text() === 'Evaluate')!
    await tab.trigger('mousedown', { button: 0 })
    await settle()
    const [reference, tuned] = wrapper.get('[aria-label="Retrieval before and after"]').findAll('tbody tr')
    expect(reference!.text()).toContain('10.0')
    expect(tuned!.text()).toContain('55.0')
    expect(tuned!.text()).toContain('+45.0')
    expect(tuned!.text()).toContain('–')
    await tuned!.get('button').trigger('click')
    await settle()
    expect(fake.calls.find((call) => call.name === 'evaluation.start')?.input).toEqual({ modelId: 'run:1:best', split: 'test' })
  })
})
