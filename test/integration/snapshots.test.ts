// Snapshots: what is frozen stays as it was, differences are named, and it comes back into a new project as it was.
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { PairScope } from '../../src/shared/contract/pairs'
import type { Snapshot } from '../../src/shared/contract/snapshots'
import { JobRunner } from '../../src/main/engine/jobs/runner'
import { ChangeBus } from '../../src/main/engine/services/changes'
import { inspectSource, runImport } from '../../src/main/engine/services/import/runImport'
import { Picker } from '../../src/main/engine/services/picker'
import { SnapshotsService } from '../../src/main/engine/services/snapshots/snapshots'
import { createStore, type Store } from '../../src/main/engine/store/openStore'
import { comparable, hostileTexts, outProject } from '../helpers/outProject'
import { pairRow } from '../helpers/pairRows'
import { quiet } from '../helpers/importing'
import { temporaryFolder } from '../helpers/temporaryFolder'

const root = temporaryFolder()
const everything: PairScope = { filter: { query: '' }, except: [] }
const stores: Store[] = []
let number = 0
afterEach(() => stores.splice(0).forEach(store => store.close()))

function serve(store: Store) {
  const jobs = new JobRunner(store.jobs, () => undefined)
  const picker = new Picker(root)
  const service = new SnapshotsService({ store, jobs, picker, changes: new ChangeBus() })
  const ended = async (started: { jobId: number } | Promise<{ jobId: number }>) => jobs.wait((await started).jobId)
  const create = async (name: string, scope = everything): Promise<Snapshot> => {
    expect(await ended(service.create({ name, scope, licence: 'CC BY 4.0', notes: 'For a test.' }))).toMatchObject({ state: 'done', error: null })
    return service.list()[0]!
  }
  return { store, jobs, picker, service, ended, create }
}
async function project() {
  const store = await outProject(join(root, `project-${++number}`))
  stores.push(store)
  return serve(store)
}
function newStore(): Store {
  const store = createStore(join(root, `new-${++number}`), { name: 'new', isSample: false })
  stores.push(store)
  return store
}
const groupsOf = (store: Store, origin: 'data' | 'mined'): string[][] =>
  store.groups.list(origin).map(group => store.pairs.getMany(group).map(pair => `${pair.left.text ?? ''} ${pair.right.text ?? ''}`).sort()).sort()
const judgementsOf = (store: Store): string[] => store.negatives.listJudgements().map(({ pairId, otherPairId, verdict, judgedAtMs }) => [store.pairs.get(pairId).right.text, store.pairs.get(otherPairId).right.text, verdict, judgedAtMs].join('|'))
const importInto = (store: Store, folder: string) => runImport(store, folder, null, { task: 'caption', split: 'train' }, quiet)

test('pairs, pictures, recipes, groups and judgements come back into a new project as they were', async () => {
  const { store, service, create } = await project()
  const snapshot = await create('First light')
  expect(snapshot).toMatchObject({ name: 'First light', scope: 'all pairs', licence: 'CC BY 4.0', counts: { pairs: hostileTexts.length + 7, pictures: 4, groups: 4, judgements: 2 }, verifiedAtMs: null, runs: [] })
  const folder = service.folderOf(snapshot.id)
  const preview = await inspectSource(folder)
  expect(preview).toMatchObject({ kind: 'snapshot', usesMapping: false, rowCount: hostileTexts.length + 7 })
  const back = newStore()
  expect(await importInto(back, folder)).toMatchObject({ addedPairCount: hostileTexts.length + 7, problemCount: 0 })
  expect(await comparable(back)).toEqual(await comparable(store))
  for (const origin of ['data', 'mined'] as const) expect(groupsOf(back, origin)).toEqual(groupsOf(store, origin))
  expect(judgementsOf(back)).toEqual(judgementsOf(store))
  // A second time adds nothing, and neither does the project that it came from, pairs made by hand apart.
  expect(await importInto(back, folder)).toMatchObject({ addedPairCount: 0, knownPairCount: hostileTexts.length + 7 })
  expect(judgementsOf(back)).toHaveLength(2)
  expect(groupsOf(back, 'data')).toEqual(groupsOf(store, 'data'))
  // And a snapshot of what came back freezes the same rows.
  const again = serve(back)
  const second = await again.create('Second')
  expect(second.counts).toEqual(snapshot.counts)
})

test('the checksums are those of sha256sum, and cost no space for pictures', async () => {
  const { store, service, create } = await project()
  const folder = service.folderOf((await create('sums')).id)
  const checked = spawnSync('sha256sum', ['-c', '--quiet', 'checksums.sha256'], { cwd: folder, encoding: 'utf8' })
  if (checked.error === undefined) expect([checked.status, checked.stdout]).toEqual([0, ''])
  const image = store.images.get(1).relativePath ?? ''
  expect(statSync(join(folder, image)).ino).toBe(statSync(store.files.absolute(image)).ino)
})

test('verification names what changed, is gone or was added, and the list shows it', async () => {
  const { service, create, ended, picker } = await project()
  const snapshot = await create('frozen')
  const folder = service.folderOf(snapshot.id)
  const verify = async () => {
    const job = await ended(service.verify({ snapshotId: snapshot.id }))
    return { summary: job.summary, ...service.getVerification(job.id) }
  }
  expect(await verify()).toMatchObject({ differenceCount: 0, differences: [], summary: 'All 9 files are as they were.' })
  expect(service.list()[0]).toMatchObject({ differenceCount: 0, verifiedAtMs: expect.any(Number) as number })
  appendFileSync(join(folder, 'pairs.jsonl'), ' ')
  rmSync(join(folder, 'groups.jsonl'))
  writeFileSync(join(folder, 'images', 'extra.txt'), 'x')
  expect(await verify()).toMatchObject({
    differenceCount: 3, summary: '3 files differ among 9.',
    differences: [{ path: 'pairs.jsonl', kind: 'changed' }, { path: 'groups.jsonl', kind: 'missing' }, { path: 'images/extra.txt', kind: 'added' }],
  })
  expect(service.list()[0]).toMatchObject({ differenceCount: 3 })
  // A list of checksums that was made to fit is noticed by its own hash.
  const sums = join(folder, 'checksums.sha256')
  writeFileSync(sums, readFileSync(sums, 'utf8').split('\n').filter(line => !line.endsWith('groups.jsonl')).join('\n'))
  expect((await verify()).differences[0]).toEqual({ path: 'checksums.sha256', kind: 'changed' })
  writeFileSync(sums, `${'0'.repeat(64)}  ../../project.sqlite\n`)
  expect(await ended(service.verify({ folderToken: picker.tokenForPath(folder) }))).toMatchObject({ state: 'failed', error: { code: 'unreadable-file' } })
  expect(await ended(service.verify({ folderToken: picker.tokenForPath(root) }))).toMatchObject({ state: 'failed', error: { code: 'unreadable-file' } })
})

test('edits after it, and while it is made, are not in it', async () => {
  const { store, service, create } = await project()
  const snapshot = await create('before')
  store.history.edit('edit', [{ kind: 'pair', id: 1, before: { rightText: 'plain' }, after: { rightText: 'changed' } }])
  expect(readFileSync(join(service.folderOf(snapshot.id), 'pairs.jsonl'), 'utf8')).not.toContain('changed')
})

test('a filter freezes the groups and judgements among its pairs; an empty one is refused and leaves nothing', async () => {
  const { service, create, ended, store } = await project()
  const some = await create('edits', { filter: { query: 'task:edit' }, except: [] })
  expect(some).toMatchObject({ scope: 'pairs that match task:edit', counts: { pairs: 2, groups: 1, judgements: 0, byTask: { edit: 2, caption: 0 } } })
  expect(await ended(service.create({ name: 'none', scope: { filter: { query: 'tag:nowhere' }, except: [] }, licence: null, notes: '' }))).toMatchObject({ state: 'failed', error: { code: 'bad-input' } })
  expect(readdirSync(join(store.projectDir, 'snapshots'))).toEqual(['edits'])
  expect(() => service.create({ name: 'edits', scope: everything, licence: null, notes: '' })).toThrow(expect.objectContaining({ code: 'conflict' }))
})

test('names become safe folders, and equal ones differ', async () => {
  const { create, store } = await project()
  for (const name of ['../../up', 'Ünï codé', 'ünï-codé', '日本']) await create(name)
  expect(readdirSync(join(store.projectDir, 'snapshots')).sort()).toEqual(['snapshot', 'uni-code', 'uni-code-2', 'up'])
})

test('a copy elsewhere is whole, verifies by its folder, and never takes a name that is there', async () => {
  const { service, create, ended, picker } = await project()
  const snapshot = await create('copy me')
  mkdirSync(join(root, `shelf-${number}`))
  const folderToken = picker.tokenForPath(join(root, `shelf-${number}`))
  const job = await ended(service.copy({ snapshotId: snapshot.id, folderToken, folderName: 'mine', overwrite: false }))
  expect(job).toMatchObject({ state: 'done' })
  const verified = await ended(service.verify({ folderToken: picker.tokenForPath(join(root, `shelf-${number}`, 'mine')) }))
  expect(service.getVerification(verified.id)).toMatchObject({ differenceCount: 0 })
  await expect(service.copy({ snapshotId: snapshot.id, folderToken, folderName: 'mine', overwrite: false })).rejects.toMatchObject({ code: 'conflict' })
  await service.remove(snapshot.id)
  expect(service.list()).toEqual([])
  expect(await comparable(await imported(join(root, `shelf-${number}`, 'mine')))).toHaveLength(hostileTexts.length + 7)
})

async function imported(folder: string): Promise<Store> {
  const store = newStore()
  await importInto(store, folder)
  return store
}

test('the card says how much of what, from where, under which licence', async () => {
  const { service, create, store } = await project()
  const importId = store.imports.start('pairs | <b>.csv', '/x', 'k')
  store.pairs.insert(store.pairs.nextId(), pairRow({ importId }), store.project.nextRevision())
  const card = readFileSync(join(service.folderOf((await create('A *card*')).id), 'README.md'), 'utf8')
  expect(card).toContain('license: "CC BY 4.0"')
  expect(card).toContain('# A \\*card\\*')
  expect(card).toContain('| edit | 2 |')
  expect(card).toContain('| pairs \\| \\<b\\>.csv | 1 |')
  expect(card).toContain('For a test.')
})

test('hostile and newer snapshots are refused', async () => {
  const { service, create } = await project()
  const folder = service.folderOf((await create('good')).id)
  const rows = readFileSync(join(folder, 'pairs.jsonl'), 'utf8').split('\n')
  const first = { ...JSON.parse(rows[0]!) as Record<string, unknown>, left_image: '../../../project.sqlite' }
  writeFileSync(join(folder, 'pairs.new'), [JSON.stringify(first), ...rows.slice(1)].join('\n'))
  renameSync(join(folder, 'pairs.new'), join(folder, 'pairs.jsonl'))
  const store = newStore()
  const record = await importInto(store, folder)
  expect(store.imports.listProblems(record.id, 0, 10).problems).toMatchObject([{ location: 'pair 1', code: 'path-escape' }])
  const manifest = JSON.parse(readFileSync(join(folder, 'snapshot.json'), 'utf8')) as Record<string, unknown>
  writeFileSync(join(folder, 'snapshot.json'), JSON.stringify({ ...manifest, version: 2 }))
  await expect(inspectSource(folder)).rejects.toMatchObject({ code: 'newer-project' })
})
