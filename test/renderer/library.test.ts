// The Library over a fake engine: selecting by pointer and keyboard, deciding about what is selected, filtering.
import { flushPromises, type VueWrapper } from '@vue/test-utils'
import type { Pinia } from 'pinia'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { useChangesStore } from '@renderer/stores/changes'
import { useSelectionStore } from '@renderer/stores/selection'
import LibraryView from '@renderer/views/library/LibraryView.vue'
import { createFakeApi, type FakeApi } from './helpers/fakeApi'
import { makePair } from './helpers/fakeData'
import { mountView, press } from './helpers/mountView'
import { giveElementsSize } from './helpers/elementSize'

let fake: FakeApi
let wrapper: VueWrapper
let pinia: Pinia
let restoreSize: () => void

const grid = () => wrapper.get('[role="listbox"]')
const option = (id: number) => wrapper.get(`[id="pair-${id - 1}"]`)
const selected = (): number[] => [...useSelectionStore(pinia).ids].sort((a, b) => a - b)
const shown = (): string[] => wrapper.findAll('[role="option"]').map((each) => each.attributes('aria-label') ?? '')
const radio = (name: string) => wrapper.findAll('[role="radio"]').find((each) => each.text().startsWith(name))
const button = (name: string) => wrapper.findAll('button').find((each) => each.text().startsWith(name) || each.attributes('aria-label') === name)
const bar = (): string => wrapper.get('[role="toolbar"][aria-label="Selected pairs"]').text()
const details = (): string => wrapper.get('aside[aria-label="Details"]').text()
const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, step) => first + step)
const click = async (id: number, modifiers: MouseEventInit = {}): Promise<void> => {
  await option(id).trigger('click', modifiers)
  await flushPromises()
}
const focusGrid = (): void => (grid().element as HTMLElement).focus()

// 800 pixels hold four cards of 160 with their gaps.
beforeAll(() => { restoreSize = giveElementsSize(800, 600) })
afterAll(() => restoreSize())
beforeEach(async () => {
  fake = createFakeApi({ pairs: Array.from({ length: 250 }, (_, index) => makePair(index + 1, index % 5 === 0 ? { status: 'accepted' } : {})) })
  ;({ wrapper, pinia } = await mountView(LibraryView, fake))
  await vi.waitFor(() => expect(shown().length).toBeGreaterThan(8))
})
afterEach(() => wrapper.unmount())

describe('selecting by pointer', () => {
  it('selects the pair that is clicked alone, and shows it', async () => {
    await click(2)
    await click(3)
    expect(selected()).toEqual([3])
    expect(option(3).attributes('aria-selected')).toBe('true')
    expect(option(2).attributes('aria-selected')).toBe('false')
    expect(details()).toContain('Pair #3')
  })

  it('adds and takes away with Ctrl or Command', async () => {
    await click(2)
    await click(5, { ctrlKey: true })
    await click(7, { metaKey: true })
    await click(5, { ctrlKey: true })
    expect(selected()).toEqual([2, 7])
  })

  it('takes the range from the last plain click with Shift, either way', async () => {
    await click(4)
    await click(8, { shiftKey: true })
    expect(selected()).toEqual(range(4, 8))
    await click(2, { shiftKey: true })
    expect(selected()).toEqual(range(2, 4))
  })
})

describe('selecting by keyboard', () => {
  it('moves by arrow, a row at a time up and down', async () => {
    focusGrid()
    await flushPromises()
    expect(grid().attributes('aria-activedescendant')).toBe('pair-0')
    expect(selected()).toEqual([])
    await press('ArrowRight')
    expect(selected()).toEqual([2])
    await press('ArrowDown')
    expect(selected()).toEqual([6])
    expect(grid().attributes('aria-activedescendant')).toBe('pair-5')
    await press('ArrowUp')
    await press('Home')
    expect(selected()).toEqual([1])
  })

  it('extends with Shift and toggles with Space', async () => {
    await click(3)
    focusGrid()
    await press('ArrowRight', { shiftKey: true })
    await press('ArrowRight', { shiftKey: true })
    expect(selected()).toEqual([3, 4, 5])
    await press(' ')
    expect(selected()).toEqual([3, 4])
  })

  it('selects all that match, those never shown included, and lets go of them', async () => {
    await radio('Accepted')!.trigger('click')
    await vi.waitFor(() => expect(shown().every((label) => label.endsWith('accepted'))).toBe(true))
    fake.calls.length = 0
    await press('a', { ctrlKey: true })
    expect(bar()).toContain('All that match: 50 selected')
    expect(option(1).attributes('aria-selected')).toBe('true')
    expect(fake.calls).toEqual([])
    await press('Escape')
    expect(useSelectionStore(pinia).count).toBe(0)
  })

  it('leaves single pairs out of all that match, and decides about the rest without naming them', async () => {
    await press('a', { ctrlKey: true })
    await click(3, { ctrlKey: true })
    await click(4, { ctrlKey: true })
    await click(4, { ctrlKey: true })
    expect(bar()).toContain('All that match: 249 selected')
    expect(option(3).attributes('aria-selected')).toBe('false')
    expect(option(4).attributes('aria-selected')).toBe('true')
    await press('r')
    expect(fake.calls.filter((call) => call.name === 'pairs.setStatus').map((call) => call.input)).toEqual([{ scope: { filter: { query: '' }, except: [3] }, status: 'rejected' }])
    expect(fake.studio.pairs.filter(({ status }) => status === 'rejected')).toHaveLength(249)
  })

  it('lets go of all that match under another filter, and of those that an edit has made to match no more', async () => {
    await press('a', { ctrlKey: true })
    await radio('Accepted')!.trigger('click')
    await vi.waitFor(() => expect(useSelectionStore(pinia).count).toBe(0))
    await press('a', { ctrlKey: true })
    expect(useSelectionStore(pinia).count).toBe(50)
    const edited = (id: number) => fake.api.pairs.setStatus({ scope: { ids: [id] }, status: 'rejected' })
    await edited(1)
    useChangesStore(pinia).take({ topic: 'pairs' })
    await vi.waitFor(() => expect(useSelectionStore(pinia).count).toBe(49))
  })

  it('selects the pair that a key jumps to, before its page has come, and nothing else', async () => {
    await press('a', { ctrlKey: true })
    focusGrid()
    await press('End')
    await vi.waitFor(() => expect(selected()).toEqual([250]))
    expect(useSelectionStore(pinia).isMatching).toBe(false)
  })

  it('takes a range over the whole list as all that match', async () => {
    await click(1)
    focusGrid()
    await press('End', { shiftKey: true })
    expect(useSelectionStore(pinia).scope).toEqual({ filter: { query: '' }, except: [] })
  })

  it('decides about everything that is selected, once', async () => {
    await click(2)
    await click(4, { shiftKey: true })
    await press('r')
    expect(fake.calls.filter((call) => call.name === 'pairs.setStatus').map((call) => call.input)).toEqual([{ scope: { ids: [2, 3, 4] }, status: 'rejected' }])
    expect(option(3).attributes('aria-label')).toContain('rejected')
  })
})

describe('the filter bar', () => {
  const field = () => wrapper.get<HTMLInputElement>('input[type="search"]')

  it('asks for words when typing pauses, not for every letter', async () => {
    fake.calls.length = 0
    for (const text of ['b', 'blue', 'blue ', 'blue cross']) await field().setValue(text)
    await vi.waitFor(() => expect(wrapper.get('[role="search"] [role="status"]').text()).not.toBe('250 pairs'))
    const asked = fake.calls.filter((call) => call.name === 'pairs.list').map((call) => (call.input as { filter: { query: string } }).filter.query)
    expect(new Set(asked)).toEqual(new Set(['blue cross']))
    await vi.waitFor(() => expect(shown().length).toBeGreaterThan(4))
    expect(shown().every((label) => label.includes('blue') && label.includes('cross'))).toBe(true)
  })

  it('filters by status and counts each', async () => {
    expect(radio('Accepted')!.text()).toBe('Accepted50')
    await radio('Accepted')!.trigger('click')
    await vi.waitFor(() => expect(wrapper.get('[role="search"] [role="status"]').text()).toBe('50 pairs'))
    expect(radio('Accepted')!.attributes('aria-checked')).toBe('true')
  })

  it('says that nothing matches and clears the filter, words and all', async () => {
    await field().setValue('zeppelin')
    await vi.waitFor(() => expect(wrapper.text()).toContain('Nothing matches'))
    await wrapper.findAll('button').filter((each) => each.text() === 'Clear filter').at(-1)!.trigger('click')
    await vi.waitFor(() => expect(wrapper.get('[role="search"] [role="status"]').text()).toBe('250 pairs'))
    expect(field().element.value).toBe('')
    expect(button('Clear filter')).toBeUndefined()
  })

  it('keeps what is selected and the pair in focus, not another one in its place', async () => {
    await click(3)
    await radio('Accepted')!.trigger('click')
    await vi.waitFor(() => expect(wrapper.get('[role="search"] [role="status"]').text()).toBe('50 pairs'))
    expect(selected()).toEqual([3])
    await vi.waitFor(() => expect(details()).toContain('Pair #3'))
    expect(grid().attributes('aria-activedescendant')).toBeUndefined()
  })

  it('moves through the statuses by arrow, as one stop for Tab', async () => {
    const statuses = wrapper.get('[role="radiogroup"][aria-label="Status"]')
    expect(statuses.findAll('[tabindex="0"]')).toHaveLength(1)
    ;(radio('All')!.element as HTMLElement).focus()
    await press('ArrowRight')
    expect(radio('Unreviewed')!.attributes('aria-checked')).toBe('true')
    expect(document.activeElement).toBe(radio('Unreviewed')!.element)
    expect(selected()).toEqual([])
  })
})
