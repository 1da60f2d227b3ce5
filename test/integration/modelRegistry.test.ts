// What the studio knows about a model beside its weights: notes, disk use, lineage, and what keeps it from being deleted.
import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '../../src/main/engine/store/openStore'
import { openColourProject, shortRecipe, type ColourProject } from '../helpers/colourProject'

let project: ColourProject
beforeEach(async () => { project = await openColourProject() })
afterEach(() => project.dispose())

const modelDir = (folderId: string): string => join(project.dir, 'data', 'models', folderId)
function addImported(folderId: string, record: Record<string, unknown> = {}): void {
  cpSync(join(project.dir, 'resources', 'models', 'nano-fuselip'), modelDir(folderId), { recursive: true })
  writeFileSync(join(modelDir(folderId), 'import.json'), JSON.stringify({ name: folderId, source: 'a test', licence: 'mit', addedAtMs: 5, ...record }))
}
async function train(name: string, baseModelId: string | null = null): Promise<number> {
  const { runId, jobId } = await project.client.runs.start({ name, baseModelId, recipe: shortRecipe })
  expect(await project.waitForJob(jobId)).toMatchObject({ state: 'done' })
  return runId
}
/** A run as a studio leaves it that was closed before the first checkpoint. */
const leavePaused = (baseModelId: string): Promise<void> => project.reopen(() => {
  const store = openStore(project.projectDir)
  const run = store.runs.create({ name: 'Waiting', baseModelId, recipe: shortRecipe, device: '', totalSteps: 9, pairCount: 4 })
  store.runs.update(run.id, { state: 'paused' })
  store.close()
})

describe('notes', () => {
  it('are kept for models of all kinds, across a restart, and go with their model', async () => {
    addImported('mine')
    const runId = await train('First')
    const ids = ['bundled:nano', 'imported:mine', `run:${runId}:best`]
    for (const modelId of ids) await project.client.models.setNotes({ modelId, notes: `  about ${modelId}\nsecond line ` })
    await project.reopen()
    for (const modelId of ids) expect((await project.client.models.getDetails({ modelId })).notes).toBe(`about ${modelId}\nsecond line`)
    expect(JSON.parse(readFileSync(join(modelDir('mine'), 'import.json'), 'utf8'))).toMatchObject({ name: 'mine', source: 'a test', notes: expect.stringContaining('imported:mine') as string })

    await project.client.models.setNotes({ modelId: 'bundled:nano', notes: '' })
    expect((await project.client.models.getDetails({ modelId: 'bundled:nano' })).notes).toBe('')
    await project.client.runs.remove({ runId })
    await project.engine.close()
    const store = openStore(project.projectDir)
    expect(store.modelNotes.get(`run:${runId}:best`)).toBe('')
    store.close()
    await project.reopen()
    await expect(project.client.models.setNotes({ modelId: 'imported:gone', notes: 'x' })).rejects.toMatchObject({ code: 'not-found' })
  })
})

describe('disk use', () => {
  it('counts every file of the folder and the cached embeddings of the project', async () => {
    const before = await project.client.models.getDetails({ modelId: 'bundled:nano' })
    const dir = join(project.dir, 'resources', 'models', 'nano-fuselip')
    const expected = ['config.json', 'model.safetensors', 'README.md'].reduce((sum, name) => sum + statSync(join(dir, name)).size, 0)
    expect(before).toMatchObject({ folderBytes: expected, cachedVectorCount: 0, cacheBytes: 0 })
    expect(await project.waitForJob((await project.client.evaluation.start({ modelId: 'bundled:nano' })).jobId)).toMatchObject({ state: 'done' })
    const after = await project.client.models.getDetails({ modelId: 'bundled:nano' })
    expect(after.cachedVectorCount).toBeGreaterThan(0)
    expect(after.cacheBytes).toBe(after.cachedVectorCount * 4 * 4)
  })
})

describe('lineage', () => {
  it('has the base, the data with pictures and the losses of each run, and what blends were made of', async () => {
    const parents = [{ modelId: 'bundled:nano', name: 'Nano FuseLIP', share: 0.25 }, { modelId: 'run:1:best', name: 'First · best', share: 0.75 }]
    addImported('mine')
    addImported('blend', { parents })
    const runId = await train('First', 'imported:mine')
    const { runs, blends } = await project.client.models.getLineage({})
    expect(blends).toEqual([{ modelId: 'imported:blend', parents }])
    expect(runs).toHaveLength(1)
    expect(runs[0]).toMatchObject({
      runId, name: 'First', state: 'finished', baseModelId: 'imported:mine', modelIds: [`run:${runId}:best`, `run:${runId}:last`],
      snapshot: { pairCount: 9, validationCount: 6, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    })
    expect(runs[0]!.losses).toEqual(Array.from({ length: 30 }, (_, index) => 10 / (index + 1)))
    const { imageIds } = runs[0]!.snapshot!
    expect(imageIds).toHaveLength(6)
    expect(new Set(imageIds).size).toBe(6)
    await expect(Promise.all(imageIds.map((imageId) => project.engine.services.images.imageFile(imageId, 'thumbnail')))).resolves.toHaveLength(6)

    // Like every other change, a rename keeps what the record says.
    await project.client.models.rename({ modelId: 'imported:blend', name: 'Half and half' })
    expect((await project.client.models.getLineage({})).blends).toHaveLength(1)
    writeFileSync(join(project.projectDir, 'runs', String(runId), 'snapshot.json'), 'not json')
    expect((await project.client.models.getLineage({})).runs[0]!.snapshot).toBeNull()
  })
})

describe('deleting', () => {
  it('is refused beforehand and at the call for the same reason, while a run needs the model', async () => {
    addImported('mine')
    await leavePaused('imported:mine')
    const { obstacle } = await project.client.models.getDetails({ modelId: 'imported:mine' })
    expect(obstacle).toMatchObject({ code: 'conflict', message: 'The run “Waiting” was started from this model and is paused.' })
    await expect(project.client.models.remove({ modelId: 'imported:mine' })).rejects.toMatchObject({ code: 'conflict', message: obstacle!.message })
    await project.client.runs.remove({ runId: 1 })
    expect((await project.client.models.getDetails({ modelId: 'imported:mine' })).obstacle).toBeNull()
    await project.client.models.remove({ modelId: 'imported:mine' })
    await expect(project.client.models.getDetails({ modelId: 'imported:mine' })).rejects.toMatchObject({ code: 'not-found' })
    expect((await project.client.models.getDetails({ modelId: 'bundled:nano' })).obstacle).toMatchObject({ code: 'bad-input' })
  })

  it('of a tuned model means its run, which another one may need', async () => {
    const runId = await train('First')
    const modelId = `run:${runId}:best`
    expect((await project.client.models.getDetails({ modelId })).obstacle).toBeNull()
    await leavePaused(modelId)
    expect((await project.client.models.getDetails({ modelId })).obstacle).toMatchObject({ message: 'The run “Waiting” was started from this one and is paused.' })
    await expect(project.client.runs.remove({ runId })).rejects.toMatchObject({ code: 'conflict' })
  })
})

describe('the name of a tuned model', () => {
  it('is that of its run', async () => {
    const runId = await train('First')
    await project.client.models.rename({ modelId: `run:${runId}:last`, name: 'Second' })
    expect((await project.client.runs.get({ runId })).name).toBe('Second')
    expect((await project.client.models.list({})).map(({ name }) => name)).toEqual(expect.arrayContaining(['Second · best', 'Second · last']))
    await expect(project.client.models.rename({ modelId: 'bundled:nano', name: 'Mine' })).rejects.toMatchObject({ code: 'bad-input' })
    await expect(project.client.models.rename({ modelId: 'run:99:best', name: 'Mine' })).rejects.toMatchObject({ code: 'not-found' })
  })
})
