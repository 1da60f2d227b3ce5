import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import ReviewView from '@renderer/views/review/ReviewView.vue'
import { useSettingsStore } from '@renderer/stores/settings'
import { AppError } from '@shared/errors'
import { createFakeApi, type FakeApi } from './helpers/fakeApi'
import { makePair } from './helpers/fakeData'
import { mountView, press } from './helpers/mountView'

let fake: FakeApi
let wrapper: VueWrapper

const shownId = (): number => Number(wrapper.get('article').attributes('aria-label')?.replace('Pair ', ''))
const statusOf = (id: number) => fake.studio.pairs.find((pair) => pair.id === id)?.status
const button = (name: string) => wrapper.findAll('button').find((candidate) => candidate.text().startsWith(name))

beforeEach(async () => {
  fake = createFakeApi({ pairs: [0.9, 0.1, 0.5, 0.3].map((score, index) => makePair(index + 1, { score })) })
  ;({ wrapper } = await mountView(ReviewView, fake))
})
afterEach(() => wrapper.unmount())

describe('Review', () => {
  it('shows the lowest score first and goes on after each decision', async () => {
    expect(shownId()).toBe(2)
    await press('a')
    expect(shownId()).toBe(4)
    await press('r')
    expect(shownId()).toBe(3)
    expect([statusOf(2), statusOf(4), statusOf(3)]).toEqual(['accepted', 'rejected', 'unreviewed'])
    expect(wrapper.text()).toContain('3 of 4')
    expect(wrapper.text()).toContain('2 decided')
  })

  it('goes back to the pair whose decision is undone', async () => {
    await press('a')
    await press('a')
    await press('u')
    expect(shownId()).toBe(4)
    expect([statusOf(2), statusOf(4)]).toEqual(['accepted', 'unreviewed'])
    await press('u')
    expect(shownId()).toBe(2)
    expect(statusOf(2)).toBe('unreviewed')
  })

  it('skips and goes back without deciding', async () => {
    await press('s')
    await press('ArrowRight')
    expect(shownId()).toBe(3)
    await press('ArrowLeft')
    expect(shownId()).toBe(4)
    expect(fake.calls.some((call) => call.name === 'pairs.setStatus')).toBe(false)
  })

  it('edits the caption in place, and keys belong to the field meanwhile', async () => {
    await press('e')
    const field = wrapper.get('textarea')
    await field.setValue('a red star')
    await press('a')
    expect(statusOf(2)).toBe('unreviewed')
    await field.trigger('keydown', { key: 'Enter' })
    await flushPromises()
    expect(fake.studio.pairs[1]?.left.text).toBe('a red star')
    expect(wrapper.find('textarea').exists()).toBe(false)
    await press('u')
    expect(fake.studio.pairs[1]?.left.text).not.toBe('a red star')
  })

  it('adds a tag by key', async () => {
    await press('t')
    const field = wrapper.get('input[aria-label="New tag"]')
    await field.setValue('blurred')
    await field.trigger('keydown', { key: 'Enter' })
    await flushPromises()
    expect(fake.studio.pairs[1]?.tags).toContain('blurred')
  })

  it('returns to the pair when the engine refuses the decision', async () => {
    fake.failNext('pairs.setStatus', new AppError('disk-full', 'The disk is full.'))
    await press('a')
    expect(shownId()).toBe(2)
    expect(wrapper.get('article + div').text()).toContain('Unreviewed')
  })

  it('ignores a key that is held down', async () => {
    await press('a')
    await press('a', { repeat: true })
    expect(shownId()).toBe(4)
  })

  it('does not take the second key of a sequence for a decision', async () => {
    await press('g')
    await press('r')
    expect(shownId()).toBe(2)
  })

  it('follows a changed key', async () => {
    await useSettingsStore().set({ keys: { 'review.accept': 'y' } })
    await flushPromises()
    await press('a')
    expect(statusOf(2)).toBe('unreviewed')
    await press('y')
    expect(statusOf(2)).toBe('accepted')
  })

  it('ends with what to do next, and undo still leads back', async () => {
    for (let count = 0; count < 4; count += 1) await press('a')
    expect(wrapper.text()).toContain('All pairs are reviewed')
    await button('Undo')?.trigger('click')
    await flushPromises()
    expect(shownId()).toBe(1)
  })
})

describe('Review by more keys', () => {
  it('flags, and takes the flag back', async () => {
    await press('f')
    expect(fake.studio.pairs[1]?.isFlagged).toBe(true)
    expect(wrapper.text()).toContain('Flagged')
    await press('f')
    expect(fake.studio.pairs[1]?.isFlagged).toBe(false)
  })

  it('puts a quick tag on and takes it off; an empty one is assigned first', async () => {
    await useSettingsStore().set({ quickTags: ['blur', ''] })
    await press('1')
    expect(fake.studio.pairs[1]?.tags).toContain('blur')
    await press('1')
    expect(fake.studio.pairs[1]?.tags).not.toContain('blur')
    await press('2')
    expect(document.body.textContent).toContain('Quick tags')
  })

  it('stays at the pair where going on is switched off', async () => {
    await press('v')
    await press('a')
    expect([shownId(), statusOf(2)]).toEqual([2, 'accepted'])
  })

  it('says why a pair comes first', async () => {
    expect(wrapper.text()).toContain('Agreement of picture and text 0.100')
  })

  it('decides on a page, and accepts the rest of it in one act', async () => {
    await press('c')
    expect(wrapper.findAll('[role="option"]')).toHaveLength(4)
    expect(wrapper.get('[aria-selected="true"]').attributes('aria-label')).toContain('Pair 2')
    await press('r')
    expect(wrapper.get('[aria-selected="true"]').attributes('aria-label')).toContain('Pair 4')
    await press('A', { shiftKey: true })
    expect([statusOf(2), statusOf(4), statusOf(3), statusOf(1)]).toEqual(['rejected', 'accepted', 'accepted', 'accepted'])
    expect(fake.calls.filter((call) => call.name === 'pairs.setStatus')).toHaveLength(2)
    await press('u')
    expect([statusOf(2), statusOf(4), statusOf(1)]).toEqual(['rejected', 'unreviewed', 'unreviewed'])
  })
})

describe('Review of an empty project', () => {
  it('leads to the Library', async () => {
    wrapper.unmount()
    ;({ wrapper } = await mountView(ReviewView, createFakeApi()))
    expect(wrapper.text()).toContain('Nothing to review yet')
  })
})
