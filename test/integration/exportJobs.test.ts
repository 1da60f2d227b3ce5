// Exports through the contract: tokens in, a job, a line that sums it up.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openColourProject, type ColourProject } from '../helpers/colourProject'

let project: ColourProject
let folderToken: string
beforeAll(async () => {
  project = await openColourProject()
  mkdirSync(join(project.dir, 'exports'))
  folderToken = project.engine.services.picker.tokenForPath(join(project.dir, 'exports'))
})
afterAll(() => project.dispose())

test('a job writes the pairs of a filter and says how many and where', async () => {
  const { client } = project
  const { pairs, total } = await client.pairs.list({ limit: 2 })
  expect(await client.exports.count({ scope: { filter: { query: '' } }, options: { form: 'csv' } })).toEqual({ pairCount: total, leftOutCount: 0 })
  const { jobId } = await client.exports.start({ folderToken, folderName: 'two', scope: { ids: pairs.map(({ id }) => id) }, options: { form: 'csv' } })
  const job = await project.waitForJob(jobId)
  expect(job).toMatchObject({ state: 'done', done: 2, total: 2, summary: `2 pairs, in ${join(project.dir, 'exports', 'two')}` })
  expect(readFileSync(join(project.dir, 'exports', 'two', 'pairs.csv'), 'utf8').trim().split('\n')).toHaveLength(3)
  await expect(client.exports.start({ folderToken, folderName: 'two', scope: { filter: { query: '' } }, options: { form: 'csv' } })).rejects.toMatchObject({ code: 'conflict' })
})

test('names that lead elsewhere, unknown tokens and unknown options are refused before a job begins', async () => {
  const { client } = project
  const before = (await client.jobs.list({})).length
  for (const folderName of ['..', 'a/b', 'a\\b', '', 'a\0b']) await expect(client.exports.start({ folderToken, folderName, scope: { filter: { query: '' } }, options: { form: 'csv' } })).rejects.toMatchObject({ code: 'bad-input' })
  await expect(client.exports.start({ folderToken: 'x', folderName: 'a', scope: { filter: { query: '' } }, options: { form: 'csv' } })).rejects.toMatchObject({ code: 'not-found' })
  writeFileSync(join(project.dir, 'exports', 'file'), '')
  await expect(client.exports.start({ folderToken, folderName: 'file', scope: { filter: { query: '' } }, options: { form: 'csv' } })).rejects.toMatchObject({ code: 'conflict' })
  expect((await client.jobs.list({})).length).toBe(before)
})
