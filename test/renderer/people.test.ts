// What a window shows of the others: conflicts to choose in, undo that would write over another edit, decisions elsewhere.
import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { defineComponent, h } from 'vue'
import type { Pinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import ConflictDialog from '@renderer/components/people/ConflictDialog.vue'
import UndoBlockedDialog from '@renderer/components/people/UndoBlockedDialog.vue'
import { windowId } from '@renderer/api/windowId'
import { usePairEdits } from '@renderer/composables/usePairEdits'
import { useChangesStore } from '@renderer/stores/changes'
import { useHistoryStore } from '@renderer/stores/history'
import { useNoticesStore } from '@renderer/stores/notices'
import { useOthersStore } from '@renderer/stores/others'
import { usePairsStore } from '@renderer/stores/pairs'
import { AppError } from '@shared/errors'
import { createFakeApi, type FakeApi } from './helpers/fakeApi'
import { makePair } from './helpers/fakeData'
import { mountView } from './helpers/mountView'

let fake: FakeApi
let wrapper: VueWrapper
let pinia: Pinia
let edits: ReturnType<typeof usePairEdits>

const Both = defineComponent({ setup: () => { edits = usePairEdits(); return () => [h(ConflictDialog), h(UndoBlockedDialog)] } })
const page = (): string => document.body.textContent ?? ''
const button = (name: string): HTMLElement => {
  const found = [...document.querySelectorAll<HTMLElement>('button')].find((each) => (each.textContent ?? '').trim().startsWith(name))
  if (!found) throw new Error(`There is no “${name}”.`)
  return found
}
const press = async (key: string): Promise<void> => {
  document.querySelector('[role="dialog"] [data-autofocus]')?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
  await flushPromises()
}
const callsOf = (name: string): unknown[] => fake.calls.filter((call) => call.name === name).map(({ input }) => input)

beforeEach(async () => {
  document.body.innerHTML = ''
  const pair = makePair(1)
  fake = createFakeApi({ pairs: [{ ...pair, right: { ...pair.right, text: 'a red car' }, status: 'accepted' }, makePair(2)] })
  ;({ wrapper, pinia } = await mountView(Both, fake))
})
afterEach(() => wrapper.unmount())

async function conflict(mine: string, theirs: string): Promise<void> {
  const shown = fake.studio.pairs[0]!
  fake.studio.pairs = [{ ...shown, right: { ...shown.right, text: theirs }, revision: shown.revision + 1 }, ...fake.studio.pairs.slice(1)]
  fake.failNext('pairs.editText', new AppError('conflict', 'Pair 1 was changed since it was shown.'))
  await edits.editText(shown, 'right', mine, 'a red car')
  await flushPromises()
}

it('shows mine, theirs and both, and saves nothing before a choice', async () => {
  await conflict('a dark red car', 'a red car on a road')
  expect(page()).toContain('Pair 1 was edited in another window')
  expect(document.querySelector('textarea')?.value).toBe('a dark red car on a road')
  expect([...document.querySelectorAll('[aria-label="Mine"] ins')].map((each) => each.textContent)).toEqual(['dark '])
  expect([...document.querySelectorAll('[aria-label="Theirs"] ins')].map((each) => each.textContent)).toEqual([' on a road'].map((text) => text.trimStart()))
  expect(callsOf('pairs.editText')).toHaveLength(1)
  await press('3')
  expect(callsOf('pairs.editText').at(-1)).toMatchObject({ id: 1, side: 'right', text: 'a dark red car on a road', shown: 'a red car on a road' })
  expect(fake.studio.pairs[0]?.right.text).toBe('a dark red car on a road')
  expect(document.querySelector('[role="dialog"]')).toBeNull()
})

it('keeps mine or theirs by one key, and warns where both changed the same words', async () => {
  await conflict('a blue car', 'a green car')
  expect(page()).toContain('Both changed the same words')
  await press('2')
  expect(fake.studio.pairs[0]?.right.text).toBe('a green car')
  expect(document.querySelector('[role="dialog"]')).toBeNull()
  await conflict('a blue car', 'a green car')
  await press('1')
  expect(fake.studio.pairs[0]?.right.text).toBe('a blue car')
})

it('asks before undo writes over another edit', async () => {
  const history = useHistoryStore(pinia)
  await edits.setStatus([1], 'rejected')
  fake.failNext('history.undo', new AppError('conflict', '“reject 1 pair” was not taken back: pair 1 was changed in another window since.', 'Look.'))
  await history.undo()
  await flushPromises()
  expect(page()).toContain('Undo would write over another edit')
  expect(fake.studio.pairs[0]?.status).toBe('rejected')
  button('Write over it').click()
  await vi.waitFor(() => expect(callsOf('history.undo').at(-1)).toEqual({ onConflict: 'overwrite' }))
  await vi.waitFor(() => expect(fake.studio.pairs[0]?.status).toBe('accepted'))
})

it('tells of a decision on the pair in sight, and can put it back; one’s own are not told', async () => {
  const notices = useNoticesStore(pinia)
  const changes = useChangesStore(pinia)
  const others = useOthersStore(pinia)
  others.lookAt(fake.studio.pairs[0]!)
  fake.studio.pairs = fake.studio.pairs.map((pair) => (pair.id === 1 ? { ...pair, status: 'rejected' } : pair))
  changes.take({ topic: 'pairs', windowId: windowId(), pairIds: [1] })
  await flushPromises()
  expect(notices.notices).toEqual([])
  changes.take({ topic: 'pairs', windowId: 'somebody', pairIds: [1] })
  await flushPromises()
  expect(notices.notices[0]?.title).toBe('Pair 1 is now rejected: decided in another window')
  notices.notices[0]?.action?.run()
  await vi.waitFor(() => expect(fake.studio.pairs[0]?.status).toBe('accepted'))
})

it('reads again only the pairs that changed, where the list stays as it is', async () => {
  const pairs = usePairsStore(pinia)
  await pairs.refresh()
  const before = callsOf('pairs.list').length
  fake.studio.pairs = fake.studio.pairs.map((pair) => ({ ...pair, tags: ['elsewhere'] }))
  const changes = useChangesStore(pinia)
  changes.take({ topic: 'pairs', windowId: 'somebody', pairIds: [2, 77] })
  await vi.waitFor(() => expect(pairs.at(1)?.tags).toEqual(['elsewhere']))
  expect(pairs.at(0)?.tags).toEqual([])
  expect(callsOf('pairs.getMany')).toEqual([{ ids: [2] }])
  expect(callsOf('pairs.list')).toHaveLength(before)
  changes.take({ topic: 'pairs' })
  await vi.waitFor(() => expect(callsOf('pairs.list').length).toBeGreaterThan(before))
  expect(pairs.at(0)?.tags).toEqual(['elsewhere'])
})
