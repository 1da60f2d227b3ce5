// The engine as a whole: opening, switching, locking and closing projects, and the procedures that have no test file of
// their own here.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngine, createEngineClient } from '../../src/main/engine/engine'
import { openColourProject, shortRecipe, type ColourProject } from '../helpers/colourProject'
import { FakeCompute } from '../helpers/fakeCompute'

let project: ColourProject
beforeAll(async () => { project = await openColourProject() })
afterAll(() => project.dispose())

const options = () => ({ projectDir: null, dataDir: join(project.dir, 'other-data'), resourcesDir: join(project.dir, 'resources'), computeScript: '', host: 'cli' as const, compute: new FakeCompute() })

describe('studio and settings', () => {
  it('tells its status', async () => {
    expect(await project.client.devices.list({})).toEqual([{ id: 'cpu', name: 'Test CPU', kind: 'cpu', isUsable: true, reason: null, memoryBytes: 8 * 2 ** 30, samplesPerSecond: null, isFastest: true }])
    const status = await project.client.studio.getStatus({})
    expect(status).toMatchObject({ version: '0.1.0', host: 'cli', projectName: 'Colours', device: { name: 'Test CPU' } })
    expect(status.memoryBytes).toBeGreaterThan(1e6)
  })

  it('streams changes until the listener leaves', async () => {
    const controller = new AbortController()
    const changes = await project.client.studio.watch({}, { signal: controller.signal })
    const first = changes.next()
    await project.client.settings.set({ theme: 'dark' })
    expect((await first).value).toEqual({ topic: 'settings' })
    expect((await project.client.settings.get({})).theme).toBe('dark')
    const last = changes.next()
    controller.abort()
    expect((await last.catch(() => ({ done: true }))).done).toBe(true)
  })
})

describe('pairs through the contract', () => {
  it('lists, counts, edits and undoes', async () => {
    const { pairs, total } = await project.client.pairs.list({ filter: { query: 'magenta' } })
    expect(total).toBe(3)
    const id = pairs[0]!.id
    expect((await project.client.pairs.countFacets({ filter: { query: 'split:test' } })).task).toMatchObject({ caption: 6, edit: 3 })
    expect((await project.client.pairs.setStatus({ scope: { ids: [id] }, status: 'rejected' })).pairs[0]!.status).toBe('rejected')
    expect((await project.client.pairs.setSplit({ scope: { ids: [id] }, split: 'test' })).pairs[0]!.split).toBe('test')
    expect((await project.client.pairs.addTag({ scope: { ids: [id] }, tag: 'odd' })).pairs[0]!.tags).toEqual(['odd'])
    expect((await project.client.pairs.removeTag({ scope: { ids: [id] }, tag: 'odd' })).pairs[0]!.tags).toEqual([])
    const { revision } = await project.client.pairs.get({ id })
    expect((await project.client.pairs.editText({ id, side: 'right', text: 'a pink card', revision })).pairs[0]!.right.text).toBe('a pink card')
    await expect(project.client.pairs.editText({ id, side: 'right', text: 'too late', revision })).rejects.toMatchObject({ code: 'conflict' })
    for (let count = 0; count < 5; count++) await project.client.history.undo({})
    expect(await project.client.pairs.get({ id })).toMatchObject({ status: 'accepted', split: 'train', right: { text: pairs[0]!.right.text } })
    expect((await project.client.history.get({})).redoLabel).toMatch(/reject/)
    await project.client.history.redo({})
    expect((await project.client.pairs.get({ id })).status).toBe('rejected')
    await project.client.history.undo({})
  })
})

describe('tokens and jobs', () => {
  it('tokenizes every picture once and logs those that cannot be read', async () => {
    const { path } = await project.engine.services.images.imageFile(1, 'full')
    writeFileSync(path, 'no picture')
    const { jobId } = await project.client.tokens.start({})
    const job = await project.waitForJob(jobId)
    expect(job).toMatchObject({ state: 'done', summary: '17 pictures tokenized, 1 could not be read' })
    expect((await project.client.jobs.listLog({ jobId })).map((entry) => entry.line)).toEqual([expect.stringMatching(/^Picture 1 /)])
    expect((await project.client.project.get({})).tokenizedImageCount).toBe(17)
    const again = await project.waitForJob((await project.client.tokens.start({})).jobId)
    expect(again.summary).toBe('0 pictures tokenized, 1 could not be read')
    expect((await project.client.jobs.list({ limit: 2 })).map((entry) => entry.id)).toEqual([again.id, jobId])
    expect((await project.client.jobs.get({ jobId })).kind).toBe('tokenize')
    await expect(project.client.jobs.cancel({ jobId })).rejects.toMatchObject({ code: 'conflict' })
    await expect(project.client.jobs.listLog({ jobId: 999 })).rejects.toMatchObject({ code: 'not-found' })
  })
})

describe('import through the contract', () => {
  it('inspects, imports and lists problems', async () => {
    const folder = join(project.dir, 'incoming')
    mkdirSync(folder)
    writeFileSync(join(folder, 'table.csv'), 'question,answer\nwhich colour,red\nwhich shape,square\nempty,\n')
    const sourceToken = project.engine.services.picker.tokenForPath(join(folder, 'table.csv'))
    const preview = await project.client.import.inspect({ sourceToken })
    expect(preview).toMatchObject({ kind: 'csv', columns: ['question', 'answer'], rowCount: 3 })
    const { jobId } = await project.client.import.start({ sourceToken, mapping: { leftText: 'question', rightText: 'answer' }, task: 'vqa' })
    expect(await project.waitForJob(jobId)).toMatchObject({ state: 'done', kind: 'import', summary: '2 pairs added, 1 problem' })
    const [record] = await project.client.import.list({})
    expect(record).toMatchObject({ addedPairCount: 2, problemCount: 1 })
    expect((await project.client.import.listProblems({ importId: record!.id })).total).toBe(1)
    const wrong = await project.waitForJob((await project.client.import.start({ sourceToken, mapping: { leftText: 'nope', rightText: 'answer' } })).jobId)
    expect(wrong).toMatchObject({ state: 'failed', error: { code: 'unknown-column' } })
    await expect(project.client.import.start({ sourceToken: 'made up' })).rejects.toMatchObject({ code: 'not-found' })
  })
})

describe('projects', () => {
  it('creates a project, opens it, and goes back', async () => {
    const { token } = await project.client.picker.listFolder({ token: project.engine.services.picker.tokenForPath(project.dir) })
    const created = await project.client.project.create({ folderToken: token, name: 'Second one' })
    expect(created).toMatchObject({ name: 'Second one', pairCount: 0, currentModelId: 'bundled:nano' })
    expect(existsSync(join(project.dir, 'Second one', 'project.sqlite'))).toBe(true)
    expect((await project.client.pairs.list({})).total).toBe(0)
    expect((await project.client.project.rename({ name: 'Renamed' })).name).toBe('Renamed')
    const recent = await project.client.project.listRecent({})
    expect(recent.map(({ name, isCurrent }) => [name, isCurrent])).toEqual([['Renamed', true], ['Colours', false]])
    expect((await project.client.project.open({ projectToken: recent[1]!.projectToken })).name).toBe('Colours')
    await expect(project.client.project.setCurrentModel({ modelId: 'run:77:best' })).rejects.toMatchObject({ code: 'not-found' })
    expect((await project.client.studio.getStatus({})).projectName).toBe('Colours')
  })

  it('stays while a job runs, and when the other project cannot be opened', async () => {
    const recent = await project.client.project.listRecent({})
    const other = recent.find((entry) => !entry.isCurrent)!
    project.compute.training.stepMs = 10
    const { jobId } = await project.client.runs.start({ name: 'Long', recipe: shortRecipe })
    await expect(project.client.project.open({ projectToken: other.projectToken })).rejects.toMatchObject({
      code: 'conflict', message: expect.stringContaining('Train Long'), data: { advice: expect.stringMatching(/cancel/) },
    })
    await project.client.jobs.cancel({ jobId })
    await project.waitForJob(jobId)
    const broken = join(project.dir, 'broken')
    mkdirSync(broken)
    writeFileSync(join(broken, 'project.sqlite'), 'this is no database, whatever its name says'.repeat(10))
    await expect(project.client.project.open({ projectToken: project.engine.services.picker.tokenForPath(broken) })).rejects.toMatchObject({ code: 'unreadable-file' })
    expect((await project.client.project.get({})).name).toBe('Colours')
  })

  it('is locked against a second engine, and free after close', async () => {
    await expect(createEngine({ ...options(), projectDir: project.projectDir })).rejects.toMatchObject({ code: 'project-locked' })
    await project.reopen()
    expect((await project.client.project.get({})).name).toBe('Colours')
  })

  it('makes and opens the sample project when there is no other, and the last project afterwards', async () => {
    const first = await createEngine(options())
    const sample = await createEngineClient(first).project.get({})
    expect(sample.isSample).toBe(true)
    expect(sample.pairCount).toBeGreaterThan(1000)
    expect(sample.countBySplit.test).toBeGreaterThan(100)
    const client = createEngineClient(first)
    await client.project.create({ folderToken: first.services.picker.tokenForPath(project.dir), name: 'Third' })
    await first.close()
    await first.close()
    const second = await createEngine(options())
    expect((await createEngineClient(second).project.get({})).name).toBe('Third')
    await second.close()
  })
})
