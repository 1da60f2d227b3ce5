import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import NegativesView from '@renderer/views/negatives/NegativesView.vue'
import { scaleScores } from '@renderer/lib/scoreScale'
import { AppError } from '@shared/errors'
import { createFakeApi, type FakeApi, type FakeStudio } from './helpers/fakeApi'
import { makeCandidate, makePair } from './helpers/fakeData'
import { mountView, press } from './helpers/mountView'

let fake: FakeApi
let wrapper: VueWrapper

const shownId = (): number => Number(wrapper.get('article').attributes('aria-label')?.replace('Candidate ', ''))
const verdicts = () => fake.studio.candidates.map((candidate) => candidate.verdict)
const button = (name: string) => wrapper.findAll('button').find((candidate) => candidate.text().startsWith(name))

function prepare(over: Partial<FakeStudio>): void {
  const pairs = Array.from({ length: 8 }, (_, index) => makePair(index + 1))
  const candidates = pairs.slice(0, 4).map((pair, index) => makeCandidate(index + 1, pair, pairs[index + 4] ?? pair))
  fake = createFakeApi({ pairs, candidates, minedAtMs: 1, ...over })
}

async function open(over: Partial<FakeStudio> = {}): Promise<void> {
  prepare(over)
  ;({ wrapper } = await mountView(NegativesView, fake))
}

beforeEach(() => open())
afterEach(() => wrapper.unmount())

describe('Negatives', () => {
  it('judges by number and by letter and goes on', async () => {
    expect(shownId()).toBe(1)
    await press('1')
    await press('m')
    await press('3')
    expect(shownId()).toBe(4)
    expect(verdicts()).toEqual(['negative', 'match', 'ignore', null])
  })

  it('judges the two pairs that are shown', async () => {
    await button('Also a match')?.trigger('click')
    await flushPromises()
    expect(fake.calls.find((call) => call.name === 'negatives.judge')?.input).toEqual({ pairId: 1, otherPairId: 5, verdict: 'match' })
  })

  it('goes back to the candidate whose judgement is undone', async () => {
    await press('n')
    await press('n')
    await press('u')
    expect(shownId()).toBe(2)
    expect(verdicts()).toEqual(['negative', null, null, null])
  })

  it('brings back a candidate that was judged long before, far down the list', async () => {
    wrapper.unmount()
    const pairs = Array.from({ length: 460 }, (_, index) => makePair(index + 1))
    prepare({ pairs, candidates: pairs.slice(0, 459).map((pair, index) => makeCandidate(index + 1, pair, pairs[index + 1] ?? pair)) })
    for (const pairId of [...Array.from({ length: 230 }, (_, index) => index + 1), 450]) {
      await fake.api.negatives.judge({ pairId, otherPairId: pairId + 1, verdict: 'negative' })
    }
    ;({ wrapper } = await mountView(NegativesView, fake))
    expect(shownId()).toBe(231)
    await press('u')
    await vi.waitFor(() => expect(shownId()).toBe(450))
    expect(fake.studio.candidates[449]?.verdict).toBeNull()
    await press('1')
    expect(shownId()).toBe(231)
    expect(fake.studio.candidates[449]?.verdict).toBe('negative')
    expect(wrapper.get('header').text()).toContain('2 of 229')
  })

  it('shows no candidate twice and leaves none out after such an undo', async () => {
    wrapper.unmount()
    const pairs = Array.from({ length: 141 }, (_, index) => makePair(index + 1))
    prepare({ pairs, candidates: pairs.slice(0, 140).map((pair, index) => makeCandidate(index + 1, pair, pairs[index + 1] ?? pair)) })
    await fake.api.negatives.judge({ pairId: 139, otherPairId: 140, verdict: 'match' })
    ;({ wrapper } = await mountView(NegativesView, fake))
    await press('u')
    await vi.waitFor(() => expect(shownId()).toBe(139))
    const seen = [shownId()]
    while (seen.length < 140) {
      await press('s')
      seen.push(shownId())
    }
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 140 }, (_, index) => index + 1))
  })

  it('skips without judging', async () => {
    await press('s')
    expect(shownId()).toBe(2)
    await press('ArrowLeft')
    expect(shownId()).toBe(1)
    expect(verdicts().every((verdict) => verdict === null)).toBe(true)
  })

  it('returns to the candidate when the engine refuses the judgement', async () => {
    fake.failNext('negatives.judge', new AppError('not-found', 'The pair is gone.'))
    await press('1')
    expect(shownId()).toBe(1)
  })

  it('shows judged candidates on request', async () => {
    await press('1')
    await wrapper.findAll('[role="radio"]').find((radio) => radio.text() === 'Judged')?.trigger('click')
    await flushPromises()
    expect(shownId()).toBe(1)
    expect(wrapper.get('article').text()).toContain('Negative')
  })

  it('sums up the mining, dropped candidates included', () => {
    const panel = wrapper.get('[aria-label="Last mining"]').text()
    expect(panel).toContain('Dropped: likely matches31')
    expect(panel).toContain('Dropped: same image or text12')
    expect(panel).not.toContain('Mine again')
  })
})

describe('Negatives before and after mining', () => {
  it('says when the candidates are out of date', async () => {
    wrapper.unmount()
    await open({ isStale: true })
    expect(wrapper.get('[aria-label="Last mining"]').text()).toContain('Mine again')
  })

  it('offers to mine with the chosen settings', async () => {
    wrapper.unmount()
    await open({ candidates: [], minedAtMs: null })
    expect(wrapper.text()).toContain('No candidates yet')
    await button('Mine hard negatives')?.trigger('click')
    await flushPromises()
    expect(fake.calls.find((call) => call.name === 'negatives.mine')?.input).toEqual({ modelId: null, perPair: 5, margin: 0 })
    expect(wrapper.text()).toContain('Mining is under way')
  })
})

describe('score scale', () => {
  it('tells which side of the true pair a candidate lies', () => {
    expect(scaleScores(0.7, 0.4).gap).toBeCloseTo(0.3)
    expect(scaleScores(0.4, 0.7).gap).toBeCloseTo(-0.3)
    expect(scaleScores(1, -0.2)).toMatchObject({ positivePercent: 100, candidatePercent: 0 })
    expect(scaleScores(2, -1)).toMatchObject({ positivePercent: 100, candidatePercent: 0 })
  })
})
