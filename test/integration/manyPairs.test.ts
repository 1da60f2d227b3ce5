// Edits of very many pairs: in parts, exact in undo, whole for the person, and whole again after a kill in the middle.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { ChangeBus } from '../../src/main/engine/services/changes'
import { HistoryService } from '../../src/main/engine/services/history'
import { PairsService } from '../../src/main/engine/services/pairs'
import { createStore, openStore, type Store } from '../../src/main/engine/store/openStore'
import type { Change } from '../../src/shared/contract/studio'
import { pairRow } from '../helpers/pairRows'
import { temporaryFolder } from '../helpers/temporaryFolder'

const root = temporaryFolder()
let number = 0
const stores: Store[] = []
afterEach(() => stores.splice(0).forEach((store) => store.close()))

const pairCount = 11_000

function manyPairs(): { store: Store; pairs: PairsService; history: HistoryService; heard: Change[] } {
  const store = createStore(join(root, `project-${++number}`), { name: 'many', isSample: false })
  stores.push(store)
  store.transaction(() => {
    const revision = store.project.nextRevision()
    for (let id = 1; id <= pairCount; id += 1) store.pairs.insert(id, pairRow({ status: id % 3 === 0 ? 'accepted' : 'unreviewed', tags: id % 5 === 0 ? ['fifth'] : [] }), revision)
  })
  const changes = new ChangeBus()
  const heard: Change[] = []
  changes.subscribe((change) => heard.push(change))
  return { store, pairs: new PairsService(store, changes), history: new HistoryService(store, changes), heard }
}

const all = { filter: { query: '' }, except: [] }
const count = (store: Store, query: string): number => store.pairs.count({ query })
const unreviewedCount = pairCount - Math.floor(pairCount / 3)

test('an edit of all pairs and its undo are exact, tell counts instead of pairs, and can be read pair by pair', async () => {
  const { store, pairs, history, heard } = manyPairs()
  await pairs.setStatus({ ids: [4] }, 'accepted')
  const answer = await pairs.setStatus(all, 'rejected')
  expect(answer).toMatchObject({ pairs: [], changedCount: pairCount, history: { undoLabel: `reject ${pairCount} pairs` } })
  expect(heard.filter(({ topic }) => topic === 'pairs').map((change) => ('pairIds' in change ? change.pairIds : undefined))).toEqual([[4], null])
  expect(count(store, 'status:rejected')).toBe(pairCount)
  await pairs.addTag({ filter: { query: 'tag:fifth' }, except: [5, 10] }, 'seen')
  await pairs.removeTag(all, 'fifth')
  expect([count(store, 'tag:seen'), count(store, 'tag:fifth')]).toEqual([pairCount / 5 - 2, 0])
  expect(history.listForPair(4).map(({ label, isUndone, changes }) => [label, isUndone, changes])).toEqual([
    [`reject ${pairCount} pairs`, false, [{ field: 'status', before: 'accepted', after: 'rejected' }]],
    ['accept 1 pair', false, [{ field: 'status', before: 'unreviewed', after: 'accepted' }]],
  ])
  expect(history.listForPair(15)[0]!.changes).toEqual([{ field: 'tags', before: 'fifth', after: null }])
  for (let step = 0; step < 3; step += 1) await history.undo()
  expect([count(store, 'tag:seen'), count(store, 'tag:fifth'), count(store, 'status:unreviewed')]).toEqual([0, pairCount / 5, unreviewedCount - 1])
  expect(history.listForPair(4)[0]).toMatchObject({ isUndone: true })
  expect((await history.redo()).changedCount).toBe(pairCount)
  expect(count(store, 'status:rejected')).toBe(pairCount)
})

test('other calls are answered between the parts, and an undo pressed meanwhile waits for the whole edit', async () => {
  const { store, pairs, history } = manyPairs()
  const edit = pairs.setStatus(all, 'rejected')
  const undo = history.undo()
  let sawPart = false
  for (let turn = 0; turn < 1000 && !sawPart; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    const rejected = count(store, 'status:rejected')
    sawPart = rejected > 0 && rejected < pairCount
    // Until it is whole, the edit is nothing that could be undone.
    if (sawPart) expect(store.history.get()).toEqual({ undoLabel: null, redoLabel: null })
  }
  expect(sawPart).toBe(true)
  await edit
  expect((await undo).history).toEqual({ undoLabel: null, redoLabel: `reject ${pairCount} pairs` })
  expect(count(store, 'status:unreviewed')).toBe(unreviewedCount)
})

/** Ends the child by SIGKILL after its first part. */
async function killInTheMiddle(projectDir: string, act: 'edit' | 'undo'): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/helpers/children/editMany.ts', projectDir, act], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  const ended = new Promise((resolve) => child.once('exit', resolve))
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString()
      if (output.includes('part')) {
        child.kill('SIGKILL')
        resolve()
      }
    })
    child.once('exit', () => (output.includes('part') ? resolve() : reject(new Error(`The child ended without a part: ${output}`))))
  })
  await ended
  expect(output).not.toContain('done')
}

test('a kill in the middle of an edit, or of its undo, leaves the state before it', async () => {
  const { store, pairs } = manyPairs()
  await pairs.setStatus({ ids: [1] }, 'accepted')
  store.close()
  stores.pop()
  await killInTheMiddle(store.projectDir, 'edit')
  let reopened = openStore(store.projectDir)
  expect([count(reopened, 'status:unreviewed'), count(reopened, 'status:rejected')]).toEqual([unreviewedCount - 1, 0])
  expect(reopened.history.get()).toEqual({ undoLabel: 'accept 1 pair', redoLabel: null })
  await new PairsService(reopened, new ChangeBus()).setStatus(all, 'rejected')
  reopened.close()
  await killInTheMiddle(store.projectDir, 'undo')
  reopened = openStore(store.projectDir)
  stores.push(reopened)
  expect(count(reopened, 'status:rejected')).toBe(pairCount)
  expect(reopened.history.get().undoLabel).toBe(`reject ${pairCount} pairs`)
  await new HistoryService(reopened, new ChangeBus()).undo()
  expect([count(reopened, 'status:unreviewed'), count(reopened, 'status:rejected')]).toEqual([unreviewedCount - 1, 0])
})
