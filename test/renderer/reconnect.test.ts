// The whole page while the engine dies and returns: it says so, reads again what it shows, and keeps what was typed.
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, type Router } from 'vue-router'
import { provideApi } from '@renderer/api/api'
import { openConnection, type Connection } from '@renderer/api/connection'
import App from '@renderer/App.vue'
import { connectionKey } from '@renderer/composables/useConnection'
import { createStudioRouter } from '@renderer/router/router'
import { createFakeApi, type FakeApi } from './helpers/fakeApi'
import { makePair } from './helpers/fakeData'
import { installRuns, makeRun, type FakeRuns } from './helpers/fakeRuns'
import { giveElementsSize } from './helpers/elementSize'
import { createEngineLine, type FakeEngineLine } from './helpers/fakeEngineLine'
import { press } from './helpers/mountView'

let fake: FakeApi
let runs: FakeRuns
let line: FakeEngineLine
let connection: Connection
let router: Router
let wrapper: VueWrapper
let restoreSize: () => void

const banner = (): string => wrapper.findAll('main [role="status"]').map((each) => each.text()).find((text) => text.startsWith('Reconnecting')) ?? ''
const until = (check: () => void) => vi.waitFor(check, { timeout: 8000, interval: 30 })
const go = async (name: string, sign: string): Promise<void> => {
  await router.push({ name })
  await until(() => expect(wrapper.find(sign).exists()).toBe(true))
}
const cut = async (): Promise<void> => {
  line.cut()
  await until(() => expect(banner()).toContain('Reconnecting to the engine'))
}
const mend = async (): Promise<void> => {
  line.mend()
  await until(() => expect(banner()).toBe(''))
}

beforeAll(() => { restoreSize = giveElementsSize(800, 600) })
afterAll(() => restoreSize())
beforeEach(async () => {
  localStorage.clear()
  sessionStorage.clear()
  fake = createFakeApi({ pairs: Array.from({ length: 40 }, (_, index) => makePair(index + 1, { score: index / 40 })) })
  runs = installRuns(fake, [makeRun(1)])
  runs.advance(1, 30)
  line = createEngineLine(fake)
  connection = openConnection(line.openTransport)
  const pinia = createPinia()
  setActivePinia(pinia)
  router = createStudioRouter(createMemoryHistory())
  wrapper = mount(App, {
    attachTo: document.body,
    global: {
      plugins: [pinia, router, { install: (app) => {
        provideApi(app, pinia, connection.api)
        app.provide(connectionKey, connection.state)
      } }],
    },
  })
  await flushPromises()
})
afterEach(() => {
  connection.close()
  wrapper.unmount()
})

describe('an engine that dies and returns', () => {
  it('is spoken of while it is away, in words and in the status bar', async () => {
    await go('library', '[role="listbox"]')
    const bar = wrapper.get('footer[aria-label="Status"]')
    expect(bar.text()).toContain('Connected')
    expect(banner()).toBe('')
    await cut()
    expect(bar.text()).toContain('Reconnecting')
    await mend()
    expect(bar.text()).toContain('Connected')
  })

  it('leaves the Library showing what changed meanwhile', async () => {
    await go('library', '[role="option"]')
    await cut()
    fake.studio.pairs = fake.studio.pairs.slice(0, 7)
    await mend()
    await until(() => expect(wrapper.get('[role="search"] [role="status"]').text()).toBe('7 pairs'))
    expect(wrapper.findAll('[role="option"]')).toHaveLength(7)
  })

  it('leaves a run showing the steps that it took meanwhile', async () => {
    await go('train', '[aria-label="Total loss"]')
    await until(() => expect(wrapper.get('[aria-label="Total loss"]').attributes('data-points')).toBe('30'))
    await cut()
    runs.advance(1, 75)
    await mend()
    await until(() => expect(wrapper.get('[aria-label="Total loss"]').attributes('data-points')).toBe('75'))
  })

  it('keeps the name and the recipe that were typed for a new run', async () => {
    await go('train', 'form[aria-label="New run"]')
    const name = wrapper.get<HTMLInputElement>('input[placeholder="Named after its number"]')
    await name.setValue('Third try')
    await cut()
    const epochs = wrapper.get<HTMLInputElement>('input[type="number"]')
    await epochs.setValue('7')
    await epochs.trigger('change')
    await mend()
    expect(name.element.value).toBe('Third try')
    expect(epochs.element.value).toBe('7')
    await until(() => expect(fake.calls.some((call) => call.name === 'runs.plan' && (call.input as { recipe: { epochs: number } }).recipe.epochs === 7)).toBe(true))
  })

  it('keeps a caption that is being written, and saves it once the engine is back', async () => {
    await go('review', 'article')
    await press('e')
    const field = wrapper.get<HTMLTextAreaElement>('article textarea')
    await field.setValue('a red circle, seen from above')
    await cut()
    fake.studio.pairs = fake.studio.pairs.map((pair) => (pair.id === 3 ? { ...pair, status: 'accepted' } : pair))
    await mend()
    await flushPromises()
    expect(wrapper.get<HTMLTextAreaElement>('article textarea').element.value).toBe('a red circle, seen from above')
    await until(() => expect(wrapper.text()).toContain('1 of 39'))
    await field.trigger('keydown', { key: 'Enter' })
    await until(() => expect(fake.studio.pairs[0]?.left.text).toBe('a red circle, seen from above'))
  })

  it('carries out a decision that was made while it was away', async () => {
    await go('review', 'article')
    await cut()
    await press('a')
    expect(wrapper.get('article').attributes('aria-label')).toBe('Pair 2')
    expect(fake.studio.pairs[0]?.status).toBe('unreviewed')
    await mend()
    await until(() => expect(fake.studio.pairs[0]?.status).toBe('accepted'))
  })

  it('keeps a text whose saving failed in the notice, which saves it again', async () => {
    await go('review', 'article')
    await press('e')
    const field = wrapper.get<HTMLTextAreaElement>('article textarea')
    await field.setValue('a blue ring')
    fake.failNext('pairs.editText', Object.assign(new Error('The channel broke.')) as never)
    await field.trigger('keydown', { key: 'Enter' })
    await until(() => expect(wrapper.text()).toContain('Not saved: “a blue ring”'))
    await wrapper.findAll('button').find((each) => each.text() === 'Save again')!.trigger('click')
    await until(() => expect(fake.studio.pairs[0]?.left.text).toBe('a blue ring'))
  })
})
