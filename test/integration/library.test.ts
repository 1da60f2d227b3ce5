// The services around pairs, on a real store: edits and undo, pictures, the picker, settings, projects.
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, expect, test } from 'vitest'
import type { Pair } from '../../src/shared/contract/entities'
import { pairFilterSchema } from '../../src/shared/contract/pairs'
import type { Change } from '../../src/shared/contract/studio'
import { ChangeBus } from '../../src/main/engine/services/changes'
import { HistoryService } from '../../src/main/engine/services/history'
import { ImagesService } from '../../src/main/engine/services/images'
import { PairsService } from '../../src/main/engine/services/pairs'
import { Picker } from '../../src/main/engine/services/picker'
import { takePicture } from '../../src/main/engine/services/pictureIntake'
import { ProjectService, toFolderName } from '../../src/main/engine/services/project'
import { RecentProjects } from '../../src/main/engine/services/recentProjects'
import { SettingsService } from '../../src/main/engine/services/settings'
import { createStore, openStore, type Store } from '../../src/main/engine/store/openStore'
import { pairRow } from '../helpers/pairRows'
import { picture, writeFolder } from '../helpers/pictures'
import { temporaryFolder } from '../helpers/temporaryFolder'

const root = temporaryFolder()
let number = 0
const stores: Store[] = []
afterEach(() => stores.splice(0).forEach(store => store.close()))

function library(pairCount = 3) {
  const store = createStore(join(root, `project-${++number}`), { name: 'test', isSample: false })
  stores.push(store)
  const revision = store.project.nextRevision()
  for (let id = 1; id <= pairCount; id++) store.pairs.insert(id, pairRow({ leftText: `question ${id}`, rightText: `answer ${id}` }), revision)
  const changes = new ChangeBus()
  const heard: Change['topic'][] = []
  changes.subscribe(change => heard.push(change.topic))
  return { store, changes, heard, pairs: new PairsService(store, changes), history: new HistoryService(store, changes) }
}

const all = (store: Store): Pair[] => store.pairs.list(pairFilterSchema.parse({}), 'oldest', 0, -1)
/** A pair without what every change raises. */
const content = ({ revision: _revision, updatedAtMs: _updatedAtMs, ...rest }: Pair): object => rest

test('every edit can be undone and repeated exactly, newest first, and each raises the revision', async () => {
  const { store, pairs, history, heard } = library()
  store.pairs.setScores('bundled:nano', [{ pairId: 2, score: 0.5 }])
  const states = [all(store).map(content)]
  const edits = [
    () => pairs.setStatus({ ids: [1, 2] }, 'accepted'),
    () => pairs.setSplit({ ids: [2, 3] }, 'test'),
    () => pairs.addTag({ ids: [1, 3] }, 'good'),
    () => pairs.removeTag({ ids: [3] }, 'good'),
    () => pairs.editText({ id: 2, side: 'right', text: '  changed  ', revision: store.pairs.get(2).revision }),
  ]
  const labels = ['accept 2 pairs', 'move 2 pairs to test', 'tag “good” on 2 pairs', 'remove tag “good” from 1 pair', 'edit the right text of 1 pair']
  for (const [index, edit] of edits.entries()) {
    expect((await edit()).history).toEqual({ undoLabel: labels[index], redoLabel: null })
    states.push(all(store).map(content))
  }
  expect(store.pairs.get(2)).toMatchObject({ right: { text: 'changed' }, score: null })
  expect(heard.filter(topic => topic === 'pairs')).toHaveLength(5)
  let revision = store.pairs.get(2).revision
  for (let index = 4; index >= 0; index--) {
    expect((await history.undo()).history).toEqual({ undoLabel: labels[index - 1] ?? null, redoLabel: labels[index] })
    expect(all(store).map(content)).toEqual(states[index])
  }
  expect(store.pairs.get(2).revision).toBeGreaterThan(revision)
  revision = store.pairs.get(2).revision
  expect(await history.undo()).toEqual({ pairs: [], changedCount: 0, history: { undoLabel: null, redoLabel: labels[0] } })
  for (let index = 0; index < 5; index++) {
    await history.redo()
    expect(all(store).map(content)).toEqual(states[index + 1])
  }
  expect(store.pairs.get(2).revision).toBeGreaterThan(revision)
})

test('history survives a restart, and a new edit drops what was undone', async () => {
  const { store, pairs, history } = library()
  await pairs.setStatus({ ids: [1] }, 'accepted')
  await pairs.setStatus({ ids: [2] }, 'rejected')
  await history.undo()
  store.close()
  stores.pop()
  const reopened = openStore(store.projectDir)
  stores.push(reopened)
  expect(reopened.history.get()).toEqual({ undoLabel: 'accept 1 pair', redoLabel: 'reject 1 pair' })
  reopened.history.redo()
  expect(reopened.pairs.get(2).status).toBe('rejected')
  reopened.history.undo()
  await new PairsService(reopened, new ChangeBus()).setStatus({ ids: [3] }, 'rejected')
  expect(reopened.history.get()).toEqual({ undoLabel: 'reject 1 pair', redoLabel: null })
})

test('an edit of what was not shown is refused; an edit that changes nothing leaves no trace', async () => {
  const { store, pairs, history, heard } = library()
  const shown = pairs.get(1)
  pairs.editText({ id: 1, side: 'right', text: 'first', revision: shown.revision })
  const stale = (): unknown => pairs.editText({ id: 1, side: 'right', text: 'second', revision: shown.revision })
  expect(stale).toThrow(expect.objectContaining({ code: 'conflict' }))
  expect(store.pairs.get(1).right.text).toBe('first')
  // Undo brings the old text back, but not the old revision.
  await history.undo()
  expect(stale).toThrow(expect.objectContaining({ code: 'conflict' }))
  heard.length = 0
  expect((await pairs.setStatus({ ids: [1, 2] }, 'unreviewed')).history.undoLabel).toBeNull()
  expect(heard).toEqual([])
  await expect(pairs.setStatus({ ids: [1, 77] }, 'accepted')).rejects.toThrow(expect.objectContaining({ code: 'not-found' }))
  expect(store.pairs.get(1).status).toBe('unreviewed')
  expect(() => pairs.editText({ id: 1, side: 'left', text: ' ', revision: store.pairs.get(1).revision })).toThrow(expect.objectContaining({ code: 'bad-input' }))
})

test('new pairs and judgements go through the same history', async () => {
  const { store, history, heard } = library()
  const judged = { verdict: 'negative', judgedAtMs: 5 } as const
  store.history.edit('judge 1 pair', [{ kind: 'judgement', pairId: 1, otherPairId: 2, before: null, after: judged }])
  store.history.edit('judge 1 pair', [{ kind: 'judgement', pairId: 1, otherPairId: 2, before: judged, after: { verdict: 'match', judgedAtMs: 6 } }])
  const id = store.history.createPair('save 1 pair', pairRow({ tags: ['saved'] }), [{ kind: 'judgement', pairId: 4, otherPairId: 1, before: null, after: judged }])
  expect(id).toBe(4)
  expect(store.negatives.listJudgements()).toHaveLength(2)
  expect((await history.undo()).pairs).toEqual([])
  expect(store.negatives.listJudgements()).toMatchObject([{ pairId: 1, otherPairId: 2, verdict: 'match' }])
  expect(all(store)).toHaveLength(3)
  await history.undo()
  expect(store.negatives.findJudgement(1, 2)).toEqual(judged)
  await history.undo()
  expect(store.negatives.listJudgements()).toEqual([])
  expect(heard.filter(topic => topic === 'negatives')).toHaveLength(3)
  await history.redo()
  await history.redo()
  expect((await history.redo()).pairs).toMatchObject([{ id: 4, tags: ['saved'] }])
  expect(store.negatives.findJudgement(4, 1)).toEqual(judged)
})

test('scores of another model are neither shown nor brought back', async () => {
  const { store, pairs, history } = library(1)
  store.pairs.setScores('bundled:nano', [{ pairId: 1, score: 0.25 }])
  pairs.editText({ id: 1, side: 'left', text: 'new', revision: 1 })
  await history.undo()
  expect(store.pairs.get(1).score).toBe(0.25)
  await history.redo()
  store.project.setCurrentModel('run:1:best')
  await history.undo()
  expect(store.pairs.get(1)).toMatchObject({ score: null, left: { text: 'question 1' } })
})

test('pictures: copy, thumbnail, drawing of derived and TIFF pictures, on demand and again', async () => {
  const { store } = library(0)
  const images = new ImagesService(store)
  const big = await picture(1, 640, 400).jpeg().withMetadata({ orientation: 6 }).toBuffer()
  const imageId = store.images.ensure(await takePicture(store.files, big, 'big.jpg'))
  expect(store.images.get(imageId)).toMatchObject({ widthPx: 400, heightPx: 640 })
  const full = await images.imageFile(imageId, 'full')
  expect(full.contentType).toBe('image/jpeg')
  expect(readFileSync(full.path).equals(big)).toBe(true)
  const thumbnail = await images.imageFile(imageId, 'thumbnail')
  expect(await sharp(thumbnail.path).metadata()).toMatchObject({ width: 200, height: 320, format: 'webp' })
  rmSync(thumbnail.path)
  expect(existsSync((await images.imageFile(imageId, 'thumbnail')).path)).toBe(true)

  const derivedId = store.images.ensureDerived(store.images.get(imageId), { cropBoxPx: { left: 10, top: 20, width: 30, height: 40 }, flip: null, rotateDegrees: 90 }, 40, 30)
  expect(await sharp((await images.imageFile(derivedId, 'full')).path).metadata()).toMatchObject({ width: 40, height: 30, format: 'webp' })
  expect(images.modelInput(derivedId)).toMatchObject({ path: full.path, recipe: { rotateDegrees: 90 } })
  expect(images.modelInput(imageId)).toEqual({ path: full.path, recipe: null })
  const tiffId = store.images.ensure(await takePicture(store.files, await picture(2).tiff().toBuffer(), 'scan.tiff'))
  expect(await images.imageFile(tiffId, 'full')).toMatchObject({ contentType: 'image/webp' })
  const small = await images.imageFile(store.images.ensure(await takePicture(store.files, await picture(3).png().toBuffer(), 's.png')), 'thumbnail')
  expect(small.contentType).toBe('image/png')
  await expect(images.imageFile(999, 'full')).rejects.toMatchObject({ code: 'not-found' })
})

test('query pictures live apart from the project until one is adopted', async () => {
  const { store } = library(0)
  const images = new ImagesService(store)
  const bytes = await picture(4).webp().toBuffer()
  const queryImageId = await images.addQueryImage(bytes)
  const file = images.queryImageFile(queryImageId)
  expect(file.contentType).toBe('image/webp')
  expect(store.images.list()).toEqual([])
  await expect(images.addQueryImage(bytes.subarray(0, 40))).rejects.toMatchObject({ code: 'unreadable-image' })
  await expect(images.addQueryImage(new Uint8Array(0))).rejects.toMatchObject({ code: 'unreadable-image' })
  await expect(images.addQueryImage(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'))).rejects.toMatchObject({ code: 'unreadable-image' })
  await expect(images.addQueryImageFromPath(join(root, 'none.png'))).rejects.toMatchObject({ code: 'unreadable-file' })
  await expect(images.addQueryImageFromPath(root)).rejects.toMatchObject({ code: 'unreadable-file' })
  const adopted = await images.adoptQueryImage(queryImageId)
  expect(store.images.get(adopted).format).toBe('webp')
  expect(await images.adoptQueryImage(queryImageId)).toBe(adopted)
  expect(await images.addQueryImageFromPath(file.path)).not.toBe(queryImageId)
  images.dispose()
  expect(existsSync(file.path)).toBe(false)
  expect(() => images.queryImageFile(queryImageId)).toThrow(expect.objectContaining({ code: 'not-found' }))
})

test('the picker names paths by tokens of this process only', async () => {
  const folder = await writeFolder(join(root, 'picker'), { 'b.csv': 'x', 'a10.png': 1, 'a9.png': 2, '.hidden.png': 3, 'notes.doc': 'x', 'model.safetensors': 'x', 'zoo/x.png': 4, 'Alpha/x.png': 5 })
  createStore(join(folder, 'work'), { name: 'w', isSample: false }).close()
  symlinkSync(join(folder, 'nowhere'), join(folder, 'broken.png'))
  const picker = new Picker(folder)
  const listing = await picker.listFolder(null)
  expect(listing.entries.map(entry => `${entry.kind} ${entry.name}`)).toEqual(['folder Alpha', 'project work', 'folder zoo', 'table b.csv', 'weights model.safetensors', 'image a9.png', 'image a10.png'])
  expect(JSON.stringify(listing)).not.toContain(root)
  const zoo = listing.entries.find(entry => entry.name === 'zoo')
  const inside = await picker.listFolder(zoo?.token ?? null)
  expect(inside).toMatchObject({ name: 'zoo', parentToken: listing.token })
  expect(picker.pathForToken(inside.token)).toBe(join(folder, 'zoo'))
  expect(picker.tokenForPath(join(folder, 'zoo', '..', 'zoo'))).toBe(inside.token)
  expect((await new Picker('/').listFolder(null)).parentToken).toBeNull()
  expect(() => new Picker().pathForToken(inside.token)).toThrow(expect.objectContaining({ code: 'not-found' }))
  await expect(picker.listFolder(picker.tokenForPath(join(folder, 'gone')))).rejects.toMatchObject({ code: 'unreadable-file', message: expect.stringContaining('does not exist') as string })
  await expect(picker.listFolder(picker.tokenForPath(join(folder, 'b.csv')))).rejects.toMatchObject({ message: expect.stringContaining('not a folder') as string })
})

test('settings are written whole, merged, shared, and a broken file is kept aside', async () => {
  const dataDir = join(root, 'data')
  const changes = new ChangeBus()
  const settings = new SettingsService(dataDir, changes)
  expect(settings.get().theme).toBe('system')
  await Promise.all([settings.set({ theme: 'dark' }), settings.set({ gridSizePx: 200 })])
  await expect(settings.set({ gridSizePx: 5 })).rejects.toThrow()
  expect(new SettingsService(dataDir, changes).get()).toMatchObject({ theme: 'dark', gridSizePx: 200 })
  writeFileSync(join(dataDir, 'settings.json'), '{"theme": "pink"')
  const again = new SettingsService(dataDir, changes)
  expect(again.get().theme).toBe('system')
  await again.set({ theme: 'light' })
  expect(readFileSync(join(dataDir, 'settings.json.broken'), 'utf8')).toContain('pink')
  expect(new SettingsService(dataDir, changes).get().theme).toBe('light')
})

test('projects: counts, renaming, recent ones, creating and switching', async () => {
  const { store, changes, heard, pairs } = library()
  const picker = new Picker(root)
  const recentProjects = new RecentProjects(join(root, 'recent'))
  const switched: string[] = []
  const chosen: string[] = []
  const project: ProjectService = new ProjectService({
    store, changes, picker, recentProjects,
    tokenizerIdOf: modelId => (modelId === 'missing' ? Promise.reject(new Error('no model')) : Promise.resolve('nano')),
    switchProject: projectDir => {
      switched.push(projectDir)
      return project.get()
    },
    onModelChosen: async (modelId) => void chosen.push(modelId),
  })
  await pairs.setStatus({ ids: [1] }, 'accepted')
  expect(await project.get()).toMatchObject({ name: 'test', pairCount: 3, countByStatus: { accepted: 1, rejected: 0, unreviewed: 2 }, countBySplit: { train: 3 }, tokenizedImageCount: 0 })
  expect((await project.rename('Better name')).name).toBe('Better name')
  expect(heard).toContain('project')
  await expect(project.setCurrentModel('missing')).rejects.toThrow('no model')
  expect((await project.setCurrentModel('run:2:last')).currentModelId).toBe('run:2:last')
  expect(chosen).toEqual(['run:2:last'])
  await recentProjects.remember(join(root, 'vanished'), 'gone')
  const recent = project.listRecent()
  expect(recent).toMatchObject([{ name: 'Better name', isCurrent: true }])
  await project.open(recent[0]?.projectToken ?? '')
  expect(switched).toEqual([])
  mkdirSync(join(root, 'plain'))
  await expect(project.open(picker.tokenForPath(join(root, 'plain')))).rejects.toMatchObject({ code: 'not-found' })
  await project.create(picker.tokenForPath(root), ' My: project? ')
  expect(switched).toEqual([join(root, 'My project')])
  const created = openStore(join(root, 'My project'))
  expect(created.project.get().name).toBe('My: project?')
  created.close()
  await expect(project.create(picker.tokenForPath(root), 'My: project')).rejects.toMatchObject({ code: 'conflict' })
})

test.each([['../../etc', 'etc'], ['CON', 'CON project'], ['a/b\\c', 'a b c'], ['ends with dot.', 'ends with dot']])('a project name becomes a folder name: %s', (name, folderName) => {
  expect(toFolderName(name)).toBe(folderName)
})

test('a name without a usable character is refused', async () => {
  expect(() => toFolderName('???')).toThrow(expect.objectContaining({ code: 'bad-input' }))
})
