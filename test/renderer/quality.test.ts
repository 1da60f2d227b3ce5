import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '@shared/errors'
import { findingKindOf } from '@shared/quality/findingKinds'
import { bulkActsOf } from '@renderer/views/quality/bulkActs'
import { usePairsStore } from '@renderer/stores/pairs'
import QualityView from '@renderer/views/quality/QualityView.vue'
import { barHeights, countBeyond, shareOf, valueAt } from '@renderer/views/quality/thresholdPlot'
import { giveElementsSize } from './helpers/elementSize'
import { createFakeApi, type FakeApi } from './helpers/fakeApi'
import { makeJob, makePair } from './helpers/fakeData'
import { fakeQualityCalls, makeQuality, neverChecked, type FakeQuality } from './helpers/fakeQuality'
import { mountView, press } from './helpers/mountView'

let fake: FakeApi
let wrapper: VueWrapper
let quality: FakeQuality
let router: Awaited<ReturnType<typeof mountView>>['router']

async function open(prepare: (quality: FakeQuality) => void = () => undefined, failing = false): Promise<void> {
  fake = createFakeApi({ pairs: [1, 2, 11, 12, 13].map((id) => makePair(id)) })
  quality = makeQuality()
  prepare(quality)
  const start = () => {
    fake.studio.jobs = [makeJob(1, { kind: 'check', title: 'Check quality', state: 'running', phase: 'measuring pictures', done: 4, total: 8 })]
    return { jobId: 1 }
  }
  for (const [name, call] of Object.entries(fakeQualityCalls(quality, start, () => ({ undoLabel: 'dismiss', redoLabel: null })))) fake.answer(name, call)
  if (failing) fake.failNext('quality.getSummary', new AppError('internal', 'The store is shut.', 'Open it.'))
  ;({ wrapper, router } = await mountView(QualityView, fake))
  await flushPromises()
}
const inputsOf = (name: string) => fake.calls.filter((call) => call.name === name).map((call) => call.input)
const body = () => document.body.textContent

const takeSizes = giveElementsSize(800, 600)
afterAll(takeSizes)
afterEach(() => wrapper.unmount())

describe('Quality', () => {
  it('offers the first check and shows its progress', async () => {
    await open((own) => { own.summary = neverChecked })
    expect(body()).toContain('Not checked yet')
    await press('c')
    expect(inputsOf('quality.check')).toEqual([{ embed: false }])
    expect(body()).toContain('measuring pictures 4 of 8')
  })

  it('says why nothing is shown and tries again', async () => {
    await open(() => undefined, true)
    expect(body()).toContain('The store is shut.')
    await wrapper.findAll('button').find((button) => button.text() === 'Try again')!.trigger('click')
    await flushPromises()
    expect(body()).toContain('Near duplicates')
  })

  it('tells what changed since', async () => {
    await open((own) => { own.summary = { ...own.summary, changedPairCount: 12300, unmeasuredPictureCount: 1 } })
    expect(body()).toContain('12,300 pairs changed and 1 picture came since the last check.')
  })

  it('starts at the first kind with findings and keeps the chosen duplicate by its number', async () => {
    await open()
    expect(wrapper.findAll('article').map((article) => article.attributes('aria-label'))).toEqual(['Pair 1, would be kept', 'Pair 2'])
    await press('2')
    expect(inputsOf('quality.resolveDuplicates')).toEqual([{ kind: 'near-duplicate', clusterIds: [1], keep: 'largest', keepPairId: 2 }])
    expect(body()).toContain('Nothing found')
  })

  it('lays one picture over the other to show where they differ', async () => {
    await open()
    expect(wrapper.findAll('.mix-blend-difference').length).toBe(0)
    await press('d')
    expect(wrapper.findAll('.mix-blend-difference').length).toBe(1)
  })

  it('goes through kinds and findings, dismisses one and brings it back into sight', async () => {
    await open()
    await press(']')
    expect(wrapper.get('section[aria-label="Blurred"]').text()).toContain('3 pairs')
    const options = wrapper.findAll('[role="option"]')
    expect(options.map((option) => option.attributes('aria-selected'))).toEqual(['true', 'false', 'false'])
    await press('j')
    await press('x')
    expect(inputsOf('quality.dismiss')).toEqual([{ kind: 'blurred', pairIds: [12], isDismissed: true }])
    expect(wrapper.get('section[aria-label="Blurred"]').text()).toContain('2 pairs')
    await press('r')
    expect(inputsOf('pairs.setStatus')).toEqual([{ scope: { ids: [13] }, status: 'rejected' }])
  })

  it('counts before it mends all, and mends through the filter', async () => {
    await open()
    await press(']')
    fake.answer('pairs.countScope', () => ({ count: 3, changeCount: 3 }))
    fake.answer('pairs.setStatus', () => ({ pairs: [], changedCount: 3, history: { undoLabel: 'reject 3 pairs', redoLabel: null } }))
    await press('A', { shiftKey: true })
    const dialog = document.querySelector('[role="dialog"]')!
    expect(dialog.textContent).toContain('3 pairs are rejected')
    ;[...dialog.querySelectorAll('button')].find((button) => button.textContent?.includes('Reject all'))!.click()
    await flushPromises()
    expect(inputsOf('pairs.setStatus')).toEqual([{ scope: { filter: { query: 'finding:blurred' }, except: [] }, status: 'rejected' }])
  })

  it('moves the threshold with the arrow keys, and by nothing else', async () => {
    await open()
    await press(']')
    const slider = wrapper.get('[role="slider"]')
    expect(slider.attributes('aria-valuetext')).toMatch(/^below 4, about \d+ pairs$/)
    await slider.trigger('keydown', { key: 'ArrowRight' })
    await flushPromises()
    expect(inputsOf('quality.setThreshold')).toEqual([{ kind: 'blurred', value: 4.5 }])
    expect(wrapper.get('[role="slider"]').attributes('aria-valuenow')).toBe('4.5')
  })

  it('shows a kind in the Library as a filter', async () => {
    await open()
    await press(']')
    await press('l')
    await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('library'), 20_000)
    expect(usePairsStore().filter.query).toBe('finding:blurred')
  })
})

describe('the plot', () => {
  const threshold = findingKindOf('blurred').threshold!
  const counts = Array.from({ length: 64 }, (_, bin) => (bin === 0 ? 4 : bin === 63 ? 6 : 0))

  it('counts what lies beyond', () => {
    expect(countBeyond(counts, threshold.maximum / 64, threshold)).toBe(4)
    expect(countBeyond(counts, threshold.maximum / 128, threshold)).toBe(2)
    expect(countBeyond(counts, threshold.maximum / 64, { ...threshold, side: 'above' })).toBe(6)
    expect(countBeyond(counts, threshold.maximum, threshold)).toBe(10)
  })

  it('shows few beside many', () => {
    expect(barHeights([0, 1, 10_000])).toEqual([0, 0.03, 1])
  })

  it('sets values of a step', () => {
    expect(valueAt(0.26, threshold)).toBe(10.5)
    expect(valueAt(2, threshold)).toBe(threshold.maximum)
    expect(shareOf(threshold.minimum - 1, threshold)).toBe(0)
  })
})

it('every kind has an act for all of it, and duplicates keep the best', () => {
  expect(bulkActsOf('near-duplicate')[0]?.act).toBe('resolve')
  expect(bulkActsOf('leak')[0]?.act).toBe('train')
  expect(bulkActsOf('long-text')[0]?.act).toBe('trim')
  expect(bulkActsOf('blurred').map(({ act }) => act)).toEqual(['reject', 'tag', 'dismiss'])
})
