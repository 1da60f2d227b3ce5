// A run that names a snapshot trains on what was frozen, whatever was edited since.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openColourProject, shortRecipe, type ColourProject } from '../helpers/colourProject'

let project: ColourProject
beforeEach(async () => { project = await openColourProject() })
afterEach(() => project.dispose())

const trained = async (snapshotId: number | null, change: Partial<typeof shortRecipe> = {}) => {
  const { runId, jobId } = await project.client.runs.start({ name: '', recipe: { ...shortRecipe, ...change }, snapshotId })
  expect(await project.waitForJob(jobId)).toMatchObject({ state: 'done' })
  return { runId, request: project.compute.lastRequest('train') }
}

test('the same pairs, judgements and groups as at its time, and the list names the run', async () => {
  const { client } = project
  const { pairs } = await client.pairs.list({ filter: { query: 'split:train' } })
  await client.negatives.judge({ pairId: pairs[0]!.id, otherPairId: pairs[1]!.id, verdict: 'match' })
  const before = await trained(null)
  const { jobId } = await client.snapshots.create({ name: 'as it was', scope: { filter: { query: '' } } })
  expect(await project.waitForJob(jobId)).toMatchObject({ state: 'done' })
  const snapshot = (await client.snapshots.list({}))[0]!
  await client.pairs.setStatus({ scope: { ids: pairs.slice(2).map(({ id }) => id) }, status: 'rejected' })
  await client.negatives.judge({ pairId: pairs[0]!.id, otherPairId: pairs[1]!.id, verdict: 'ignore' })

  const { runId, request } = await trained(snapshot.id)
  expect(request.pairs).toEqual(before.request.pairs)
  expect(request.validation).toEqual(before.request.validation)
  expect(request.judgements).toEqual(before.request.judgements)
  // Mined groups were frozen with it, so nothing is mined anew.
  expect(request.groups).toEqual(before.request.groups)
  expect((await client.snapshots.list({}))[0]!.runs).toEqual([{ id: runId, name: `Run ${runId}` }])
  expect((await trained(snapshot.id, { useHardNegatives: false })).request.groups).toEqual([])

  const verifying = await client.snapshots.verify({ snapshotId: snapshot.id })
  await expect(client.snapshots.getVerification(verifying)).rejects.toMatchObject({ code: 'not-found' })
  await project.waitForJob(verifying.jobId)
  expect(await client.snapshots.getVerification(verifying)).toMatchObject({ differenceCount: 0, differences: [] })
  const copying = await client.snapshots.copy({ snapshotId: snapshot.id, folderToken: project.engine.services.picker.tokenForPath(project.dir), folderName: 'shelf' })
  expect(await project.waitForJob(copying.jobId)).toMatchObject({ state: 'done' })

  await client.snapshots.remove({ snapshotId: snapshot.id })
  expect(await client.snapshots.list({})).toEqual([])
  await expect(client.runs.start({ name: '', recipe: shortRecipe, snapshotId: snapshot.id })).rejects.toMatchObject({ code: 'not-found' })
  expect(await client.runs.get({ runId })).toMatchObject({ state: 'finished' })
})
