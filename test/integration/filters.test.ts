// Filters through the whole engine: scopes of bulk acts, saved filters, and what is said about a filter that is none.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openColourProject, type ColourProject } from '../helpers/colourProject'

let project: ColourProject
beforeAll(async () => { project = await openColourProject() })
afterAll(() => project.dispose())

it('pairs.countScope tells what an act would change, and the act changes just that, by filter and by ids', async () => {
  const { pairs } = project.client
  const { total } = await pairs.list({})
  const { total: testCount, pairs: tests } = await pairs.list({ filter: { query: 'split:test' } })
  const except = [tests[0]!.id]
  const scope = { filter: { query: 'split:test' }, except }
  expect(await project.client.pairs.countScope({ scope })).toEqual({ count: testCount - 1, changeCount: testCount - 1 })
  await pairs.addTag({ scope: { ids: [tests[1]!.id, tests[2]!.id] }, tag: 'seen' })
  expect(await project.client.pairs.countScope({ scope, change: { kind: 'addTag', tag: 'seen' } })).toEqual({ count: testCount - 1, changeCount: testCount - 3 })
  expect(await project.client.pairs.countScope({ scope, change: { kind: 'removeTag', tag: 'seen' } })).toEqual({ count: testCount - 1, changeCount: 2 })
  expect(await project.client.pairs.countScope({ scope: { filter: { query: '' } }, change: { kind: 'split', split: 'test' } })).toEqual({ count: total, changeCount: total - testCount })
  const tagged = await pairs.addTag({ scope, tag: 'seen' })
  expect(tagged).toMatchObject({ changedCount: testCount - 3, history: { undoLabel: `tag “seen” on ${testCount - 3} pairs` } })
  expect((await pairs.list({ filter: { query: 'tag:seen' } })).total).toBe(testCount - 1)
  await project.client.history.undo({})
  expect((await pairs.list({ filter: { query: 'tag:seen' } })).pairs.map(({ id }) => id)).toEqual([tests[1]!.id, tests[2]!.id])
})

it('filters are saved, replaced, renamed and removed, and whoever listens hears of it', async () => {
  const { filters } = project.client
  const controller = new AbortController()
  const changes = await project.client.studio.watch({}, { signal: controller.signal })
  const next = changes.next()
  const [saved] = await filters.save({ name: 'Doubtful', filter: { query: 'score<0.2' }, sort: 'lowest-score' })
  expect((await next).value).toEqual({ topic: 'filters' })
  controller.abort()
  expect(saved).toMatchObject({ name: 'Doubtful', filter: { query: 'score<0.2' }, sort: 'lowest-score' })
  await filters.save({ name: 'Doubtful', filter: { query: 'score<0.3' }, sort: 'newest' })
  await filters.save({ name: 'blurred', filter: { query: 'tag:blur' }, sort: 'oldest' })
  await project.reopen()
  expect((await project.client.filters.list({})).map(({ name, filter }) => [name, filter.query])).toEqual([['blurred', 'tag:blur'], ['Doubtful', 'score<0.3']])
  await expect(project.client.filters.rename({ filterId: saved!.id, name: 'blurred' })).rejects.toMatchObject({ code: 'conflict' })
  expect((await project.client.filters.rename({ filterId: saved!.id, name: 'Low' })).map(({ name }) => name)).toEqual(['blurred', 'Low'])
  expect((await project.client.filters.remove({ filterId: saved!.id })).map(({ name }) => name)).toEqual(['blurred'])
  await expect(project.client.filters.remove({ filterId: saved!.id })).rejects.toMatchObject({ code: 'not-found' })
  await expect(project.client.filters.save({ name: 'x', filter: { query: '(' }, sort: 'oldest' })).rejects.toMatchObject({ code: 'bad-input' })
})

it('the pairs of an act are counted before it, and those that it would change', async () => {
  const { pairs } = project.client
  const { pairs: [first], total } = await pairs.list({ filter: { query: '' } })
  await pairs.setStatus({ scope: { ids: [first!.id] }, status: 'rejected' })
  expect(await project.client.pairs.countScope({ scope: { filter: { query: '' } } })).toMatchObject({ count: total })
  expect(await project.client.pairs.countScope({ scope: { filter: { query: '' } }, change: { kind: 'status', status: 'rejected' } })).toEqual({ count: total, changeCount: total - 1 })
  expect(await project.client.pairs.countScope({ scope: { ids: [first!.id] }, change: { kind: 'status', status: 'rejected' } })).toEqual({ count: 1, changeCount: 0 })
})

it('a filter that is none is refused with its place and advice', async () => {
  const refused = { code: 'bad-input', message: expect.stringContaining('at character 8'), data: { advice: expect.stringContaining('unreviewed') } }
  await expect(project.client.pairs.list({ filter: { query: 'status:new' } })).rejects.toMatchObject(refused)
  await expect(project.client.pairs.setStatus({ scope: { filter: { query: 'status:new' } }, status: 'accepted' })).rejects.toMatchObject(refused)
})
