import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'
import { AppError } from '@shared/errors'
import { useChangesStore } from '@renderer/stores/changes'
import { useHistoryStore } from '@renderer/stores/history'
import { useJobsStore } from '@renderer/stores/jobs'
import { useNoticesStore } from '@renderer/stores/notices'
import { mostPages, pageSize, usePairsStore } from '@renderer/stores/pairs'
import { useProjectStore } from '@renderer/stores/project'
import { useSettingsStore } from '@renderer/stores/settings'
import { createFakeApi, type FakeApi } from './helpers/fakeApi'
import { makeJob, makePair } from './helpers/fakeData'
import { usePiniaWith } from './helpers/mountView'

let fake: FakeApi
const callsOf = (name: string) => fake.calls.filter((call) => call.name === name)

beforeEach(() => {
  fake = createFakeApi({ pairs: Array.from({ length: 250 }, (_, index) => makePair(index + 1)) })
  usePiniaWith(fake)
})

describe('pairs', () => {
  it('reads only the pages in sight, each once', async () => {
    const pairs = usePairsStore()
    await pairs.show(0, 20)
    await pairs.show(10, 30)
    expect(pairs.total).toBe(250)
    expect(pairs.at(5)?.id).toBe(6)
    expect(pairs.at(150)).toBeNull()
    await pairs.show(95, 130)
    expect(pairs.at(130)?.id).toBe(131)
    expect(callsOf('pairs.list')).toHaveLength(2)
  })

  it('starts over under another filter and drops late answers to the old one', async () => {
    const pairs = usePairsStore()
    const late = pairs.show(0, 10)
    pairs.filter.query = 'split:validation'
    await late
    await flushPromises()
    expect(pairs.total).toBe(25)
    expect(pairs.at(0)?.split).toBe('validation')
    expect(pairs.facets?.total).toBe(25)
  })

  it('gives the ids of a range across pages that were never shown', async () => {
    const pairs = usePairsStore()
    await pairs.show(0, 10)
    const ids = await pairs.idsBetween(pageSize - 2, pageSize + 120)
    expect(ids).toEqual(Array.from({ length: 123 }, (_, step) => pageSize - 1 + step))
  })

  it('keeps the pages nearest to what is in sight, however far it scrolls', async () => {
    fake.studio.pairs = Array.from({ length: 6000 }, (_, index) => makePair(index + 1))
    const pairs = usePairsStore()
    for (let first = 0; first < 6000; first += 50) await pairs.show(first, first + 20)
    expect(pairs.pages.size).toBe(mostPages)
    expect(callsOf('pairs.list')).toHaveLength(60)
    expect(pairs.at(5990)?.id).toBe(5991)
    expect(pairs.at(0)).toBeNull()
    await pairs.show(0, 20)
    expect(pairs.at(0)?.id).toBe(1)
  })

  it('fetches only the place where a scrollbar comes to rest', async () => {
    fake.studio.pairs = Array.from({ length: 6000 }, (_, index) => makePair(index + 1))
    const pairs = usePairsStore()
    await pairs.show(0, 20)
    const moves = Array.from({ length: 19 }, (_, step) => pairs.show((step + 1) * 300, (step + 1) * 300 + 20))
    await Promise.all(moves)
    expect(callsOf('pairs.list').map(({ input }) => (input as { offset: number }).offset)).toEqual([0, 5700])
    expect(pairs.at(5700)?.id).toBe(5701)
  })

  it('does not ask for pages that have left the sight when their turn comes', async () => {
    fake.studio.pairs = Array.from({ length: 2000 }, (_, index) => makePair(index + 1))
    const release: (() => void)[] = []
    fake.answer('pairs.list', async ({ offset }: { offset: number }) => {
      await new Promise<void>((resolve) => release.push(resolve))
      return { pairs: fake.studio.pairs.slice(offset, offset + pageSize), total: 2000 }
    })
    const pairs = usePairsStore()
    const moves = Array.from({ length: 20 }, (_, page) => pairs.show(page * pageSize, page * pageSize + 20))
    while (release.length > 0) {
      release.shift()!()
      await flushPromises()
    }
    await Promise.all(moves)
    expect(callsOf('pairs.list').map(({ input }) => (input as { offset: number }).offset)).toEqual([0, 100, 1900])
    expect(pairs.at(1900)?.id).toBe(1901)
  })

  it('reads again what is in sight when pairs change', async () => {
    const changes = useChangesStore()
    const pairs = usePairsStore()
    await pairs.show(0, 10)
    fake.studio.pairs = fake.studio.pairs.slice(0, 7)
    changes.take({ topic: 'pairs' })
    await flushPromises()
    expect(pairs.total).toBe(7)
  })

  it('keeps the error of a failed read and forgets it after a good one', async () => {
    const pairs = usePairsStore()
    fake.failNext('pairs.list', new AppError('project-locked', 'The project is open elsewhere.', 'Close the other studio.'))
    await pairs.show(0, 10)
    expect(pairs.error?.code).toBe('project-locked')
    await pairs.refresh()
    expect(pairs.error).toBeNull()
  })
})

describe('changes', () => {
  it('raises one counter per topic and hands jobs on', async () => {
    const changes = useChangesStore()
    const jobs = useJobsStore()
    void changes.listen()
    await flushPromises()
    fake.emit({ topic: 'models' })
    fake.emit({ topic: 'job', job: makeJob(4, { done: 30 }) })
    await flushPromises()
    expect(changes.counters).toMatchObject({ models: 1, job: 1, pairs: 0 })
    expect(jobs.current?.done).toBe(30)
    changes.stop()
  })
})

describe('jobs', () => {
  it('says how a job ended, once, and with the advice of a failure', () => {
    const jobs = useJobsStore()
    const notices = useNoticesStore()
    jobs.put(makeJob(1))
    const failed = makeJob(1, { state: 'failed', error: { code: 'disk-full', message: 'The disk is full.', advice: 'Free some space.' } })
    jobs.put(failed)
    jobs.put(failed)
    expect(notices.notices).toHaveLength(1)
    expect(notices.notices[0]).toMatchObject({ tone: 'bad', text: 'The disk is full. Free some space.' })
    expect(jobs.current).toBeNull()
  })

  it('stays silent about jobs that had ended before the page was opened', () => {
    useJobsStore().put(makeJob(1, { state: 'done', summary: '3 pairs' }))
    expect(useNoticesStore().notices).toHaveLength(0)
  })
})

describe('history', () => {
  it('takes back an edit that is still under way when undo is pressed', async () => {
    const history = useHistoryStore()
    const edit = history.inOrder(async () => {
      const changed = await fake.api.pairs.setStatus({ scope: { ids: [3] }, status: 'accepted' })
      history.set(changed.history)
    })
    const undo = history.undo()
    await Promise.all([edit, undo])
    expect(fake.studio.pairs[2]?.status).toBe('unreviewed')
    expect(history.restored.map((pair) => pair.id)).toEqual([3])
    expect(history.history.redoLabel).not.toBeNull()
    await history.redo()
    expect(fake.studio.pairs[2]?.status).toBe('accepted')
  })

  it('says that there is nothing to undo without asking the engine', async () => {
    await useHistoryStore().undo()
    expect(callsOf('history.undo')).toHaveLength(0)
    expect(useNoticesStore().notices[0]?.title).toBe('Nothing to undo')
  })
})

describe('settings', () => {
  it('takes a refused change back and says why', async () => {
    const store = useSettingsStore()
    fake.failNext('settings.set', new AppError('disk-full', 'The disk is full.'))
    const change = store.set({ theme: 'light' })
    expect(store.settings.theme).toBe('light')
    await change
    expect(store.settings.theme).toBe('system')
    expect(useNoticesStore().notices[0]?.title).toBe('The disk is full.')
  })
})

describe('project', () => {
  it('counts again when pairs change', async () => {
    const changes = useChangesStore()
    const store = useProjectStore()
    await store.load()
    expect(store.project?.countByStatus.unreviewed).toBe(250)
    fake.studio.pairs = fake.studio.pairs.map((pair) => ({ ...pair, status: 'accepted' }))
    changes.take({ topic: 'pairs' })
    await flushPromises()
    expect(store.project?.countByStatus).toEqual({ unreviewed: 0, accepted: 250, rejected: 0 })
  })
})
