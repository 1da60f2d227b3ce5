// The forgetting slider in the page: what it asks for, what it shows while positions come in, and what it saves.
import { flushPromises } from '@vue/test-utils'
import { defineComponent, h } from 'vue'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Blend, BlendPoint, TaskRecalls } from '@shared/contract/blend'
import { AppError } from '@shared/errors'
import BlendPanel from '@renderer/views/models/blend/BlendPanel.vue'
import { axisTop, measuredCount, nearestPoint, pathOf } from '@renderer/views/models/blend/blendCurve'
import { createFakeApi, type FakeApi } from './helpers/fakeApi'
import { makeJob, makeModel, makeRecall } from './helpers/fakeData'
import { makeRun } from './helpers/fakeRuns'
import { mountView } from './helpers/mountView'

const base = makeModel()
const tuned = makeModel({ id: 'run:1:best', name: 'Cards · best', kind: 'tuned', runId: 1 })
const large = makeModel({ id: 'imported:large', name: 'Large', kind: 'imported', widthCount: 768, parameterCount: 1e8 })
const recalls = (r1: number): TaskRecalls => ({ textToImage: makeRecall(r1), imageToText: makeRecall(r1 / 2), composedToImage: null })
const amounts = Array.from({ length: 11 }, (_, index) => index / 10)

let fake: FakeApi
let measured: Set<number>
let blend: Partial<Blend>

const pointAt = (amount: number): BlendPoint => (measured.has(amount) ? { amount, project: recalls(0.1 + 0.3 * amount), probe: recalls(0.4 - 0.2 * amount) } : { amount, project: null, probe: null })
const namesCalled = (): string[] => fake.calls.map(({ name }) => name).filter((name) => name.startsWith('blend.'))
const inputOf = (name: string): Record<string, unknown> => fake.calls.findLast((call) => call.name === name)!.input as Record<string, unknown>

beforeEach(() => {
  localStorage.clear()
  fake = createFakeApi()
  measured = new Set()
  blend = {}
  fake.answer('models.list', () => [base, tuned, large])
  fake.answer('runs.list', () => [makeRun(1, { state: 'finished' })])
  fake.answer('blend.listProbes', () => [
    { probe: { kind: 'toybox' }, name: 'Plain shapes (built in)', description: 'Drawn for this purpose.', pairCount: 250 },
    { probe: { kind: 'pairs', split: 'train', tag: null }, name: 'Training split of this project', description: 'It says nothing about forgetting.', pairCount: 900 },
  ])
  fake.answer('blend.get', () => ({
    project: { name: 'Test split of this project', description: 'Held out.', pairCount: 100, trainedPairCount: 0 },
    probe: { name: 'Plain shapes (built in)', description: 'Drawn for this purpose.', pairCount: 250, trainedPairCount: null },
    points: amounts.map(pointAt), isDescendant: true, jobId: null, ...blend,
  }))
  fake.answer('blend.measure', () => {
    const job = makeJob(7, { kind: 'evaluate', phase: 'measuring blends', done: 0, total: 11 })
    fake.studio.jobs = [job]
    blend = { jobId: 7 }
    return { jobId: 7 }
  })
  fake.answer('blend.focus', () => ({}))
  fake.answer('blend.save', () => ({ jobId: 8 }))
})

async function show(model = tuned) {
  const mounted = await mountView(defineComponent({ setup: () => () => h(BlendPanel, { model }) }), fake)
  await flushPromises()
  return mounted.wrapper
}
type Wrapper = Awaited<ReturnType<typeof show>>
async function slideTo(wrapper: Wrapper, percent: number): Promise<void> {
  const slider = wrapper.get('input[type="range"]')
  ;(slider.element as HTMLInputElement).value = String(percent)
  await slider.trigger('input')
  await flushPromises()
}

describe('the blend panel', () => {
  it('takes the run’s base, the general set, and says that nothing is measured', async () => {
    const wrapper = await show()
    expect(inputOf('blend.get')).toEqual({ baseModelId: base.id, tunedModelId: tuned.id, probe: { kind: 'toybox' }, positionCount: 11 })
    expect(wrapper.text()).toContain('Not measured yet')
    expect(wrapper.text()).toContain('Drawn for this purpose.')
    expect(wrapper.get('svg[role="img"]').attributes('aria-label')).toContain('Test split: not measured at the base')
    expect(namesCalled()).not.toContain('blend.measure')
  })

  it('measures from the slider outwards, tells it when it moves, and fills in', async () => {
    const wrapper = await show()
    await slideTo(wrapper, 70)
    expect(inputOf('blend.measure')).toMatchObject({ tunedModelId: tuned.id, focus: 0.7 })
    await slideTo(wrapper, 30)
    expect(inputOf('blend.focus')).toEqual({ jobId: 7, amount: 0.3 })
    expect(namesCalled().filter((name) => name === 'blend.measure')).toHaveLength(1)
    measured = new Set([0.3, 0, 1])
    fake.emit({ topic: 'job', job: makeJob(7, { kind: 'evaluate', phase: 'measuring blends', done: 3, total: 11 }) })
    await flushPromises()
    expect(wrapper.get('figure').attributes('data-measured')).toBe('3 3')
    expect(wrapper.text()).toContain('measuring blends: 3 of 11')
    const [test, probe] = wrapper.findAll('tbody tr').map((row) => row.text())
    expect(test).toMatch(/Test split\s*19\.0 %\+9\.0/)
    expect(probe).toMatch(/Plain shapes.*34\.0 %−6\.0/)
  })

  it('shows the nearest position and says which it is', async () => {
    measured = new Set(amounts)
    const wrapper = await show()
    await slideTo(wrapper, 44)
    expect(wrapper.get('caption').text()).toBe('44 % tuned; figures of the nearest position, 40 %')
    expect(namesCalled()).not.toContain('blend.measure')
    expect(wrapper.text()).toContain('11 of 11 blends measured')
    await wrapper.findAll('[role="radio"]').find((button) => button.text() === 'Image → text')!.trigger('click')
    expect(wrapper.find('tbody tr').text()).toMatch(/Test split\s*11\.0 %/)
  })

  it('saves exactly what the slider says, under a name or the suggested one', async () => {
    const wrapper = await show()
    fake.studio.jobs = [makeJob(8, { kind: 'addModel' }), makeJob(7)]
    await slideTo(wrapper, 35)
    await wrapper.get('form').trigger('submit')
    await flushPromises()
    expect(inputOf('blend.save')).toEqual({ baseModelId: base.id, tunedModelId: tuned.id, amount: 0.35, name: 'Cards · best, 35 %', probe: { kind: 'toybox' } })
    await wrapper.get('input[maxlength="120"]').setValue('Kept')
    await wrapper.get('form').trigger('submit')
    await flushPromises()
    expect(inputOf('blend.save')).toMatchObject({ name: 'Kept' })
  })

  it('warns of strangers and of trained pairs, and shows what the engine refuses', async () => {
    blend = { isDescendant: false, probe: { name: 'Training split of this project', description: 'It says nothing about forgetting.', pairCount: 900, trainedPairCount: 880 } }
    const wrapper = await show()
    expect(wrapper.text()).toContain('rarely good at anything')
    expect(wrapper.text()).toContain('880 pairs of 900 were trained on')
    fake.answer('blend.get', () => { throw new AppError('bad-input', '“A” and “B” cannot be blended.', 'Blend a model with one that was fine-tuned from it.') })
    fake.emit({ topic: 'pairs' })
    await flushPromises()
    expect(wrapper.get('[role="alert"]').text()).toContain('cannot be blended')
  })

  it('says what is missing where no other model is like this one', async () => {
    const wrapper = await show(large)
    expect(wrapper.text()).toContain('Nothing to blend with')
    expect(namesCalled()).toEqual([])
  })

  it('asks for a choice where no set is general by itself', async () => {
    fake.answer('blend.listProbes', () => [{ probe: { kind: 'pairs', split: 'train', tag: null }, name: 'Training split of this project', description: 'x', pairCount: 900 }])
    const wrapper = await show()
    expect(inputOf('blend.get')).toMatchObject({ probe: null })
    expect(wrapper.text()).toContain('cannot show what is forgotten')
  })
})

describe('curves', () => {
  const points = amounts.map((amount) => ({ amount, project: amount === 0.5 ? null : recalls(amount), probe: null }))
  const size = { widthPx: 100, heightPx: 100, leftPx: 0, rightPx: 0, topPx: 0, bottomPx: 0 }

  it('pass over what is not measured and end at the next tenth', () => {
    const curve = [{ amount: 0, share: 0 }, { amount: 0.5, share: null }, { amount: 1, share: 0.42 }]
    expect(axisTop([curve])).toBe(0.5)
    expect(axisTop([[{ amount: 0, share: 0.3 }]])).toBe(0.3)
    expect([axisTop([]), axisTop([[{ amount: 0, share: 1 }]])]).toEqual([0.1, 1])
    expect(pathOf(curve, 0.5, size)).toBe('M0.0 100.0L100.0 16.0')
    expect(pathOf([], 1, size)).toBe('')
  })

  it('know the nearest position, and count what is measured in every set', () => {
    expect(nearestPoint(points, 0.44)!.amount).toBe(0.4)
    expect(nearestPoint(points, 0.96)!.amount).toBe(1)
    expect(nearestPoint([], 0.5)).toBeNull()
    const whole = { project: null, probe: null, points, isDescendant: true, jobId: null }
    expect([measuredCount(whole, false), measuredCount(whole, true)]).toEqual([10, 0])
  })
})
