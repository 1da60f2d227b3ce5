import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { h } from 'vue'
import HistoryDialog from '@renderer/components/history/HistoryDialog.vue'
import LibraryView from '@renderer/views/library/LibraryView.vue'
import { createFakeApi, type FakeApi } from './helpers/fakeApi'
import { makePair } from './helpers/fakeData'
import { mountView, press } from './helpers/mountView'

let fake: FakeApi
let wrapper: VueWrapper
const inPage = (name: string) => [...document.querySelectorAll('button')].find((button) => button.textContent?.trim().startsWith(name))
beforeEach(() => { fake = createFakeApi({ pairs: [1, 2, 3].map((id) => makePair(id)) }) })
afterEach(() => wrapper.unmount())

describe('editing many pairs', () => {
  it('tells how many pairs change before the change is sent', async () => {
    ;({ wrapper } = await mountView(LibraryView, fake))
    await press('b')
    await vi.waitFor(() => expect(document.body.textContent).toContain('3 of 3 pairs would change'))
    expect(fake.calls.some(({ name }) => name === 'pairs.change')).toBe(false)
    document.querySelector<HTMLFormElement>('#bulk-edit')!.dispatchEvent(new Event('submit', { cancelable: true }))
    await flushPromises()
    expect(fake.calls.find(({ name }) => name === 'pairs.preview')?.input).toEqual({ scope: { filter: { query: '' }, except: [] }, change: { kind: 'status', status: 'accepted' } })
    expect(fake.calls.some(({ name }) => name === 'pairs.change')).toBe(true)
  })
})

describe('the history', () => {
  it('says how many acts going back takes, and goes there once that is confirmed', async () => {
    await fake.api.pairs.setStatus({ scope: { ids: [1] }, status: 'accepted' })
    await fake.api.pairs.setStatus({ scope: { ids: [2] }, status: 'rejected' })
    ;({ wrapper } = await mountView({ render: () => h(HistoryDialog, { open: true }) }, fake))
    await flushPromises()
    inPage('accepted 1')!.click()
    await flushPromises()
    expect(document.body.textContent).toContain('Takes back 1 act')
    expect(fake.studio.pairs[1]?.status).toBe('rejected')
    inPage('Go to this point')!.click()
    await flushPromises()
    expect(fake.studio.pairs.map(({ status }) => status)).toEqual(['accepted', 'unreviewed', 'unreviewed'])
  })
})
