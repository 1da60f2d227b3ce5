// The export dialog and the snapshots over a fake engine: scopes, forms, what is asked of the engine, states.
import { flushPromises, type VueWrapper } from '@vue/test-utils'
import type { Pinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import ExportDialog from '@renderer/components/export/ExportDialog.vue'
import SnapshotsDialog from '@renderer/components/snapshots/SnapshotsDialog.vue'
import NewRunPanel from '@renderer/views/train/NewRunPanel.vue'
import { useRunsStore } from '@renderer/stores/runs'
import { usePairsStore } from '@renderer/stores/pairs'
import { useSelectionStore } from '@renderer/stores/selection'
import { useShellStore } from '@renderer/stores/shell'
import type { Snapshot } from '@shared/contract/snapshots'
import { defaultRecipe } from '@shared/recipe'
import { AppError } from '@shared/errors'
import { createFakeApi, type FakeApi } from './helpers/fakeApi'
import { makeJob, makePair } from './helpers/fakeData'
import { mountView } from './helpers/mountView'

let fake: FakeApi
let wrapper: VueWrapper
let pinia: Pinia

const page = (): string => document.body.textContent ?? ''
const control = (name: string): HTMLElement | undefined =>
  [...document.querySelectorAll<HTMLElement>('button, [role="radio"], [role="switch"]')].find((each) => (each.getAttribute('aria-label') ?? each.textContent ?? '').trim().startsWith(name))
async function click(name: string): Promise<void> {
  const found = control(name)
  if (!found) throw new Error(`There is no “${name}”.`)
  found.click()
  await flushPromises()
}
async function type(label: string, text: string): Promise<void> {
  const found = [...document.querySelectorAll('label')].find((each) => each.textContent?.trim() === label)
  const input = document.getElementById(found?.getAttribute('for') ?? '') as HTMLInputElement
  input.value = text
  input.dispatchEvent(new Event('input', { bubbles: true }))
  await flushPromises()
}
const inputOf = (name: string): unknown => fake.calls.findLast((call) => call.name === name)?.input
const pick = async (name: string): Promise<void> => {
  await vi.waitFor(() => expect(page()).toContain(name))
  ;[...document.querySelectorAll<HTMLElement>('[role="option"]')].find((each) => each.textContent?.includes(name))?.click()
  await flushPromises()
}

beforeEach(() => {
  document.body.innerHTML = ''
  fake = createFakeApi({ pairs: Array.from({ length: 12 }, (_, index) => makePair(index + 1, { status: index < 3 ? 'accepted' : 'unreviewed' })) })
  fake.studio.jobs.push(makeJob(50, { kind: 'export', title: 'Export pairs', state: 'done', summary: '12 pairs, in somewhere' }))
  fake.answer('exports.count', () => ({ pairCount: 12, leftOutCount: 0 }))
  fake.answer('exports.start', () => ({ jobId: 50 }))
})
afterEach(() => wrapper.unmount())

describe('the export dialog', () => {
  const open = async (): Promise<void> => {
    ;({ wrapper, pinia } = await mountView(ExportDialog, fake))
    await usePairsStore(pinia).refresh()
  }
  const show = async (): Promise<void> => {
    useShellStore(pinia).isExportOpen = true
    await flushPromises()
  }

  it('exports everything into a new folder, and shows how the job ended', async () => {
    await open()
    await show()
    expect(page()).toContain('12 pairs will be written')
    await pick('pictures')
    await click('Export')
    expect(inputOf('exports.start')).toEqual({
      folderToken: 'pictures', folderName: expect.stringMatching(/-parquet$/) as string, overwrite: false, scope: { filter: { query: '' }, except: [] },
      options: { form: 'parquet', derived: 'render', pictures: 'bytes', shardMegabytes: 256, plainMembers: false, guardFormulas: false },
    })
    expect(page()).toContain('12 pairs, in somewhere')
  })

  it('begins with the narrowest scope: what is selected, else what the filter shows', async () => {
    await open()
    usePairsStore(pinia).filter.query = 'status:accepted'
    await flushPromises()
    await show()
    expect(control('Present filter: 3')?.getAttribute('aria-checked')).toBe('true')
    expect(inputOf('exports.count')).toMatchObject({ scope: { filter: { query: 'status:accepted' } } })
    useShellStore(pinia).isExportOpen = false
    useSelectionStore(pinia).replace([2, 5])
    await flushPromises()
    await show()
    expect(control('Selected: 2')?.getAttribute('aria-checked')).toBe('true')
    expect(inputOf('exports.count')).toMatchObject({ scope: { ids: [2, 5] } })
    await click('All 12')
    expect(inputOf('exports.count')).toMatchObject({ scope: { filter: { query: '' } } })
  })

  it('says how many pairs the form has no place for, and refuses names that lead elsewhere', async () => {
    fake.answer('exports.count', () => ({ pairCount: 9, leftOutCount: 3 }))
    await open()
    await show()
    expect(page()).toContain('9 pairs will be written, 3 pairs left out because the form has no place for them.')
    await pick('pictures')
    await type('Name of the new folder', '../up')
    expect(page()).toContain('Use a name without / \\')
    expect((control('Export') as HTMLButtonElement).disabled).toBe(true)
  })

  it('shows why the engine refuses, and stays open', async () => {
    await open()
    await show()
    await pick('pictures')
    fake.failNext('exports.start', new AppError('conflict', 'There is already a folder “pairs”; nothing was written.'))
    await click('Export')
    expect(useShellStore(pinia).isExportOpen).toBe(true)
    await click('Replace a folder of that name')
    await click('Export')
    expect(inputOf('exports.start')).toMatchObject({ overwrite: true })
  })
})

const snapshot = (change: Partial<Snapshot> = {}): Snapshot => ({
  id: 1, name: 'First review', createdAtMs: Date.now() - 60_000, sha256: 'abcdef0123456789'.repeat(4), scope: 'pairs that match status:accepted', licence: 'CC0', notes: 'For the paper.',
  counts: { pairs: 1200, pictures: 900, groups: 40, judgements: 7, byTask: { caption: 1000, vqa: 200, edit: 0, transform: 0, region: 0, compose: 0 }, bySplit: { train: 1000, validation: 200, test: 0 }, byStatus: { unreviewed: 0, accepted: 1200, rejected: 0 }, byTaskAndSplit: {} },
  verifiedAtMs: null, differenceCount: null, runs: [], ...change,
})

describe('the snapshots', () => {
  const open = async (snapshots: Snapshot[]): Promise<void> => {
    fake.answer('snapshots.list', () => snapshots)
    for (const name of ['create', 'verify', 'copy', 'scaleOut']) fake.answer(`snapshots.${name}`, () => ({ jobId: 50 }))
    fake.answer('snapshots.remove', () => ({}))
    ;({ wrapper, pinia } = await mountView(SnapshotsDialog, fake))
    useShellStore(pinia).isSnapshotsOpen = true
    await flushPromises()
  }

  it('are listed with what is in them, their checksums and their runs', async () => {
    await open([snapshot({ verifiedAtMs: Date.now(), differenceCount: 0, runs: [{ id: 3, name: 'Run 3' }] }), snapshot({ id: 2, name: 'Old', verifiedAtMs: Date.now(), differenceCount: 2, licence: null })])
    expect(page()).toContain('1,200 pairs, 900 pictures, 40 groups, 7 judgements')
    expect(page()).toContain('Used by Run 3')
    expect(page()).toContain('2 files changed')
    expect(page()).toContain('licence not stated')
    await click('Verify')
    expect(inputOf('snapshots.verify')).toEqual({ snapshotId: 1 })
    expect(page()).toContain('Export pairs')
  })

  it('are made from the present pairs; the empty state leads there', async () => {
    await open([])
    expect(page()).toContain('No snapshots yet')
    await click('New snapshot')
    expect((control('Freeze') as HTMLButtonElement).disabled).toBe(true)
    await type('Name', 'First')
    await type('Licence of the data', 'CC BY 4.0')
    await click('Freeze')
    expect(inputOf('snapshots.create')).toEqual({ name: 'First', scope: { filter: { query: '' }, except: [] }, licence: 'CC BY 4.0', notes: '' })
  })

  it('are deleted on the second press only', async () => {
    await open([snapshot()])
    await click('Delete snapshot')
    expect(inputOf('snapshots.remove')).toBeUndefined()
    await click('Delete snapshot')
    expect(inputOf('snapshots.remove')).toEqual({ snapshotId: 1 })
  })

  it('go to a cluster with the recipe, the machines and a folder', async () => {
    await open([snapshot()])
    await click('Scale out')
    await pick('pictures')
    await click('Write package')
    expect(inputOf('snapshots.scaleOut')).toMatchObject({ snapshotId: 1, folderToken: 'pictures', folderName: 'first-review-cluster', gpuCount: 8, gpuKind: 'A100', nodeCount: 1, withWeights: false, size: null, recipe: { batchSize: 64 } })
  })

  it('are copied into a folder of their own, and a failed list can be read again', async () => {
    await open([snapshot()])
    await click('Copy out')
    await pick('pictures')
    await click('Copy')
    expect(inputOf('snapshots.copy')).toEqual({ snapshotId: 1, folderToken: 'pictures', folderName: 'first-review', overwrite: false })
    fake.failNext('snapshots.list', new AppError('internal', 'The list cannot be read.'))
    useShellStore(pinia).isSnapshotsOpen = false
    await flushPromises()
    useShellStore(pinia).isSnapshotsOpen = true
    await flushPromises()
    expect(page()).toContain('The list cannot be read.')
    await click('Try again')
    expect(page()).toContain('First review')
  })
})

describe('a new run', () => {
  it('may name a snapshot', async () => {
    fake.answer('snapshots.list', () => [snapshot()])
    fake.answer('runs.listPresets', () => [])
    ;({ wrapper, pinia } = await mountView(NewRunPanel, fake))
    await vi.waitFor(() => expect(control('Data')).toBeDefined())
    expect(control('Data')?.textContent).toContain('The project as it is now')
    await useRunsStore(pinia).start('x', null, defaultRecipe, 1)
    expect(inputOf('runs.start')).toMatchObject({ snapshotId: 1 })
  })
})
