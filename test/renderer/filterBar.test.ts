// The filter as text: coloured, completed, remembered, saved; and the counts that rewrite it.
import { flushPromises, type VueWrapper } from '@vue/test-utils'
import type { Pinia } from 'pinia'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SavedFilter } from '@shared/contract/pairs'
import { parseFilter } from '@shared/filter/parseFilter'
import { wordsLeftOut, withWordLeftOut } from '@shared/filter/rewriteFilter'
import { usePairsStore } from '@renderer/stores/pairs'
import { spansOf } from '@renderer/views/library/filter/filterSpans'
import LibraryView from '@renderer/views/library/LibraryView.vue'
import { giveElementsSize } from './helpers/elementSize'
import { createFakeApi, type FakeApi } from './helpers/fakeApi'
import { makePair } from './helpers/fakeData'
import { mountView } from './helpers/mountView'

const kindsOf = (text: string): [string, string][] => spansOf(text, null).filter(({ text }) => text.trim()).map(({ text, kind }) => [text, kind])

describe('colouring', () => {
  it.each(['status:unreviewed score<0.2', 'a (b OR -tag:"x y") "open', ' "', 'tag:a,b NOT c', ''])('leaves %j as it is, character for character', (text) => {
    expect(spansOf(text, parseFilter(text).problem).map((span) => span.text).join('')).toBe(text)
  })
  it('tells names, values, quotes and operators apart', () => {
    expect(kindsOf('-tag:blur AND "red car" car nosuch:1')).toEqual([['-', 'operator'], ['tag', 'name'], [':blur', 'value'], ['AND', 'operator'], ['"red car"', 'quoted'], ['car', 'plain'], ['nosuch', 'unknown'], [':1', 'value']])
  })
  it('marks what is wrong, at the end of the text its last character', () => {
    const wrong = (text: string): string => spansOf(text, parseFilter(text).problem).filter(({ isWrong }) => isWrong).map((span) => span.text).join('')
    expect(wrong('car status:nonsense')).toBe('nonsense')
    expect(wrong('(car')).not.toBe('')
    expect(wrong('car')).toBe('')
  })
})

describe('leaving a word out', () => {
  it('adds, extends and takes away, and asks for it no more', () => {
    const first = withWordLeftOut('car tag:blur', 'tag', 'blur')
    expect(first).toBe('car -tag:blur')
    const second = withWordLeftOut(first, 'tag', 'dark')
    expect(wordsLeftOut(second, 'tag')).toEqual(['blur', 'dark'])
    expect(withWordLeftOut(withWordLeftOut(second, 'tag', 'blur'), 'tag', 'dark')).toBe('car')
  })
})

describe('the filter bar', () => {
  let fake: FakeApi
  let wrapper: VueWrapper
  let pinia: Pinia
  let restoreSize: () => void
  let saved: SavedFilter[]
  const field = () => wrapper.get<HTMLInputElement>('[role="combobox"][aria-label="Filter"]')
  const choices = (): string[] => wrapper.findAll('[aria-label="Completions of the filter"] [role="option"]').map((each) => each.text())
  const query = (): string => usePairsStore(pinia).filter.query
  const type = async (text: string): Promise<void> => {
    field().element.focus()
    field().element.value = text
    field().element.setSelectionRange(text.length, text.length)
    await field().trigger('input')
  }
  const press = (key: string): Promise<void> => field().trigger('keydown', { key })

  beforeAll(() => { restoreSize = giveElementsSize(800, 600) })
  afterAll(() => restoreSize())
  beforeEach(async () => {
    localStorage.clear()
    fake = createFakeApi({ pairs: Array.from({ length: 40 }, (_, index) => makePair(index + 1, { status: index % 4 ? 'unreviewed' : 'accepted', tags: index % 2 ? ['blur'] : [] })) })
    saved = [{ id: 1, name: 'To look at', filter: { query: 'status:unreviewed tag:blur' }, sort: 'newest', savedAtMs: 1 }] as SavedFilter[]
    fake.answer('filters.list', () => saved)
    fake.answer('filters.save', (input: { name: string; filter: SavedFilter['filter']; sort: SavedFilter['sort'] }) => (saved = [...saved, { id: 2, savedAtMs: 2, ...input }]))
    ;({ wrapper, pinia } = await mountView(LibraryView, fake))
    await vi.waitFor(() => expect(wrapper.findAll('[role="option"]').length).toBeGreaterThan(8))
  })
  afterEach(() => wrapper.unmount())

  it('completes a term and then its value, with its count, by keys alone', async () => {
    await type('sta')
    expect(choices()[0]).toContain('status')
    await press('ArrowDown')
    expect(field().attributes('aria-activedescendant')).toBe(wrapper.get('[aria-label="Completions of the filter"] [aria-selected="true"]').attributes('id'))
    await press('Enter')
    await flushPromises()
    expect(field().element.value).toBe('status:')
    expect(choices()).toContain('accepted10')
    await press('ArrowDown')
    await press('ArrowDown')
    await press('Enter')
    await flushPromises()
    expect(field().element.value).toBe('status:accepted')
    await press('Enter')
    expect(query()).toBe('status:accepted')
  })

  it('keeps the list while the text is wrong, and says where', async () => {
    await type('tag:blur status:nons')
    await press('Enter')
    expect(query()).toBe('')
    expect(field().attributes('aria-invalid')).toBe('true')
    expect(wrapper.get('[role="alert"]').text()).toContain('character 17')
  })

  it('offers saved and recent filters where it is empty, and takes the order of a saved one', async () => {
    await type('tag:blur')
    await press('Enter')
    await press('Escape')
    expect(query()).toBe('')
    await press('ArrowDown')
    expect(choices().slice(0, 2)).toEqual(['To look atstatus:unreviewed tag:blursaved', 'tag:blurrecent'])
    await press('ArrowDown')
    await press('Enter')
    await flushPromises()
    expect([query(), usePairsStore(pinia).sort]).toEqual(['status:unreviewed tag:blur', 'newest'])
  })

  it('adds, removes and leaves out by the counts beside the list', async () => {
    await wrapper.findAll('button').find((each) => each.attributes('aria-label') === 'Counts by value')!.trigger('click')
    const blur = () => wrapper.findAll('[aria-label="Counts by value"] button').find((each) => each.text().startsWith('blur'))!
    expect(blur().text()).toBe('blur20')
    await blur().trigger('click')
    expect(query()).toBe('tag:blur')
    expect(blur().attributes('aria-pressed')).toBe('true')
    await blur().trigger('click', { shiftKey: true })
    expect(query()).toBe('-tag:blur')
  })
})
