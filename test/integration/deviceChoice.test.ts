// The device and the number of threads of the settings reach every call that computes, from the next call on. Queries run on a
// thread of their own, always on the processor and with half of the threads, so that they are answered beside a training.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openColourProject, shortRecipe, type ColourProject } from '../helpers/colourProject'

let project: ColourProject
beforeAll(async () => { project = await openColourProject() })
afterAll(() => project.dispose())

const computing = ['tokenizeImages', 'embedSides', 'mine', 'train'] as const
const devicesOf = (method: (typeof computing)[number]) =>
  project.compute.calls.filter((call) => call.method === method).map((call) => (call.request as { device: unknown }).device)

async function workOnce(): Promise<void> {
  project.compute.calls.length = 0
  await project.waitForJob((await project.client.negatives.mine({ perPair: 2 })).jobId)
  const { runId, jobId } = await project.client.runs.start({ name: '', recipe: { ...shortRecipe, useHardNegatives: false } })
  await project.waitForJob(jobId)
  // A model of its own has no vectors in the cache yet.
  await project.waitForJob((await project.client.embeddings.refresh({ modelId: `run:${runId}:last` })).jobId)
}

/** Where the text of a query was embedded. */
async function deviceOfQuery(text: string): Promise<unknown> {
  project.compute.calls.length = 0
  await project.client.search.query({ text, modelIds: ['bundled:nano'] })
  const requests = project.compute.calls.filter(({ method }) => method === 'embedSides').map(({ request }) => request as { device: unknown; sides: { text: string | null }[] })
  return requests.find(({ sides }) => sides.some((side) => side.text === text))?.device
}

it('names what is chosen in the settings', async () => {
  await project.client.settings.set({ deviceId: 'cpu', threadCount: 3 })
  await workOnce()
  for (const method of computing) {
    expect(devicesOf(method).length, method).toBeGreaterThan(0)
    for (const device of devicesOf(method)) expect(device, method).toEqual({ deviceId: 'cpu', threadCount: 3 })
  }
  expect(await deviceOfQuery('one more red card')).toEqual({ deviceId: 'cpu', threadCount: 1 })
  await project.client.settings.set({ deviceId: 'webgpu:0', threadCount: 6 })
  expect(await deviceOfQuery('yet another red card')).toEqual({ deviceId: 'cpu', threadCount: 3 })
})

it('follows a change of the settings', async () => {
  await project.client.settings.set({ deviceId: null, threadCount: 1 })
  await workOnce()
  for (const method of ['embedSides', 'mine', 'train'] as const) expect(devicesOf(method).at(-1), method).toEqual({ deviceId: null, threadCount: 1 })
})
