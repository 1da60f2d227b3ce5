// The import dialog over a fake engine: forms with columns and without, problems before anything is written, going on.
import { flushPromises, type VueWrapper } from '@vue/test-utils'
import type { Pinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import ImportDialog from '@renderer/components/import/ImportDialog.vue'
import { useShellStore } from '@renderer/stores/shell'
import type { ImportPreview } from '@shared/contract/import'
import { createFakeApi, type FakeApi } from './helpers/fakeApi'
import { mountView } from './helpers/mountView'

let fake: FakeApi
let wrapper: VueWrapper
let pinia: Pinia

const captions: ImportPreview = {
  sourceName: 'captions.json', kind: 'coco', forms: [{ kind: 'coco', label: 'COCO captions' }, { kind: 'json', label: 'JSON list of objects' }], usesMapping: false, task: 'caption',
  columns: ['left picture', 'right text'], sampleRows: [{ 'left picture': '1.jpg', 'right text': 'a dog' }], suggestedMapping: { leftImage: null, leftText: null, rightImage: null, rightText: null },
  rowCount: 5000, sampleProblems: ['captions.json, annotation 7: There is no picture “7.jpg”.'], resumesAfterRow: null,
}
const table: ImportPreview = { ...captions, kind: 'json', usesMapping: true, task: null, columns: ['image', 'caption'], suggestedMapping: { leftImage: 'image', leftText: null, rightImage: null, rightText: 'caption' }, sampleProblems: [], resumesAfterRow: 1200 }

const page = (): string => document.body.textContent ?? ''
const control = (name: string): HTMLElement | undefined => [...document.querySelectorAll<HTMLElement>('button')].find((each) => (each.getAttribute('aria-label') ?? each.textContent ?? '').trim() === name)
async function click(name: string): Promise<void> {
  const found = control(name)
  if (!found) throw new Error(`There is no “${name}”.`)
  found.click()
  await flushPromises()
}
const inputOf = (name: string): unknown => fake.calls.findLast((call) => call.name === name)?.input

async function openDialog(preview: ImportPreview): Promise<void> {
  fake = createFakeApi()
  fake.answer('import.inspect', () => preview)
  ;({ wrapper, pinia } = await mountView(ImportDialog, fake))
  useShellStore(pinia).isImportOpen = true
  await vi.waitFor(() => expect(page()).toContain('captions.csv'))
  const entry = [...document.querySelectorAll<HTMLElement>('[role="option"]')].find((each) => each.textContent?.includes('captions.csv'))
  entry?.click()
  await flushPromises()
  await click('Continue')
}

beforeEach(() => { document.body.innerHTML = '' })
afterEach(() => wrapper.unmount())

it('shows annotations without columns to choose, and what is wrong with them', async () => {
  await openDialog(captions)
  expect(page()).toContain('5,000 rows')
  expect(page()).toContain('There is no picture “7.jpg”.')
  expect(control('Form')?.textContent).toContain('COCO captions')
  expect(control('Left picture')).toBeUndefined()
  expect(control('Task')).toBeUndefined()
  await click('Start import')
  expect(inputOf('import.start')).toMatchObject({ kind: 'coco', mapping: null, startOver: false })
})

it('offers to start over where an earlier import was broken off', async () => {
  await openDialog(table)
  expect(page()).toContain('broken off after 1,200 rows')
  expect(control('Left picture')?.textContent).toContain('image')
  await click('Start over')
  await click('Start import')
  expect(inputOf('import.start')).toMatchObject({ kind: 'json', startOver: true, mapping: { leftImage: 'image', rightText: 'caption' } })
})
