// What deserves attention, over a real store and the service, with the learning and clustering of the compute thread.
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStore, type Store } from '../../src/main/engine/store/openStore'
import { pairRow } from '../helpers/pairRows'
import { openColourProject, type ColourProject } from '../helpers/colourProject'

let project: ColourProject
const other = 'imported:other'

/** Cards of one colour with captions of that colour (worth accepting) or of another. */
function addCards(store: Store, count: number): { good: number[]; bad: number[] } {
  const colours = ['red', 'green', 'blue', 'yellow', 'cyan', 'magenta']
  const imageIds = store.pairs.getMany([1, 2, 3, 4, 5, 6]).map((pair) => pair.left.imageId!)
  const made = { good: [] as number[], bad: [] as number[] }
  store.transaction(() => {
    const revision = store.project.nextRevision()
    for (let index = 0; index < count; index++) {
      const isGood = index % 2 === 0
      const colour = colours[(index + (isGood ? 0 : 3)) % 6]!
      const id = store.pairs.nextId()
      store.pairs.insert(id, pairRow({ leftImageId: imageIds[index % 6]!, leftText: null, rightImageId: null, rightText: `${colour} number ${index}`, task: 'caption', split: 'train', status: 'unreviewed' }), revision)
      made[isGood ? 'good' : 'bad'].push(id)
    }
  })
  return made
}

const measure = async (otherModelId: string | null = null) => {
  const { jobId } = await project.client.attention.refresh({ otherModelId })
  return project.waitForJob(jobId)
}
const decide = (ids: number[], status: 'accepted' | 'rejected') => project.client.pairs.setStatus({ scope: { ids }, status })
const until = async (isSo: () => Promise<boolean>): Promise<void> => {
  for (let round = 0; round < 100; round++) {
    if (await isSo()) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('It did not come to be so in 10 s.')
}

beforeEach(async () => { project = await openColourProject() })
afterEach(() => project.dispose())

describe('attention', () => {
  it('measures clusters of every pair, and says that it has too few decisions to learn', async () => {
    expect(await project.client.attention.get({})).toMatchObject({ measuredAtMs: null, unmeasuredCount: 24, learned: null, acceptedCount: 0 })
    expect(await measure()).toMatchObject({ state: 'done', kind: 'attend' })
    const state = await project.client.attention.get({})
    expect(state).toMatchObject({ unmeasuredCount: 0, isOutdated: false, otherModelId: null, learned: null })
    const rows = await project.client.attention.list({ ids: Array.from({ length: 24 }, (_, index) => index + 1) })
    expect(rows).toHaveLength(24)
    expect(Math.max(...rows.map((row) => row.rarity!))).toBe(1)
    expect(Math.min(...rows.map((row) => row.rarity!))).toBe(0)
    const sizes = new Map(rows.map((row) => [row.cluster!, row.clusterSize!]))
    expect([...sizes.values()].reduce((sum, size) => sum + size, 0)).toBe(24)
    for (const [cluster, size] of sizes) expect(rows.filter((row) => row.cluster === cluster)).toHaveLength(size)
    expect(rows.every((row) => row.disagreement === null && row.acceptProbability === null)).toBe(true)
  })

  it('ranks pairs under two models, and keeps the scores of the second', async () => {
    cpSync(join(project.dir, 'resources', 'models', 'nano-fuselip'), join(project.dir, 'data', 'models', 'other'), { recursive: true })
    expect(await measure(other)).toMatchObject({ state: 'done' })
    const embedded = project.compute.countOf('embedSides')
    const rows = await project.client.attention.list({ ids: [1, 2, 3] })
    // The stand-in gives both models the same vectors, so they agree.
    expect(rows.map((row) => row.disagreement)).toEqual([0, 0, 0])
    expect(rows.every((row) => row.otherScore !== null)).toBe(true)
    await measure(other)
    expect(project.compute.countOf('embedSides')).toBe(embedded)
  })

  it('learns what is accepted, puts open pairs near the edge, and learns again from new decisions', async () => {
    let good: number[] = []
    let bad: number[] = []
    await project.reopen(() => {
      const store = openStore(project.projectDir);
      ({ good, bad } = addCards(store, 80))
      store.close()
    })
    await decide(good.slice(0, 12), 'accepted')
    await decide(bad.slice(0, 12), 'rejected')
    await measure()
    const before = await project.client.attention.get({})
    expect(before.learned).toMatchObject({ decisionCount: 24, baseline: 0.5 })
    expect(before.learned!.agreement).toBeGreaterThan(0.8)
    const chanceOf = async (ids: number[]): Promise<number> => {
      const rows = await project.client.attention.list({ ids })
      return rows.reduce((sum, row) => sum + row.acceptProbability!, 0) / rows.length
    }
    expect(await chanceOf(good.slice(20))).toBeGreaterThan((await chanceOf(bad.slice(20))) + 0.3)
    const open = { filter: { query: 'status:unreviewed' } }
    const byEdge = await project.client.pairs.list({ ...open, sort: 'edge' })
    const chances = await project.client.attention.list({ ids: byEdge.pairs.map(({ id }) => id) })
    const distances = chances.map(({ acceptProbability }) => Math.abs(acceptProbability! - 0.5))
    expect(distances).toEqual([...distances].sort((a, b) => a - b))
    expect(distances).toHaveLength(56)
    const unsure = await project.client.pairs.list({ filter: { query: 'status:unreviewed accept<0.5' } })
    expect(unsure.total).toBe(chances.filter(({ acceptProbability }) => acceptProbability! < 0.5).length)
    const byRarity = await project.client.pairs.list({ filter: { query: '' }, sort: 'rarity' })
    const rarest = (await project.client.attention.list({ ids: byRarity.pairs.map(({ id }) => id) })).map(({ rarity }) => rarity!)
    expect(rarest).toEqual([...rarest].sort((a, b) => b - a))
    expect((await project.client.pairs.list({ filter: { query: 'rarity>0.9' } })).total).toBe(rarest.filter((rarity) => rarity > 0.9).length)
    await decide(good.slice(12, 20), 'accepted')
    await decide(bad.slice(12, 20), 'rejected')
    await until(async () => (await project.client.attention.get({})).learned!.decisionCount === 40)
    expect((await project.client.jobs.list({ limit: 1 }))[0]).toMatchObject({ title: 'Learn from your decisions', state: 'done' })
  })

  it('forgets what it measured of a pair whose content changed, and says so', async () => {
    await measure()
    const pair = await project.client.pairs.get({ id: 1 })
    await project.client.pairs.editText({ id: 1, side: 'right', text: 'a violet card', revision: pair.revision })
    expect(await project.client.attention.list({ ids: [1] })).toMatchObject([{ rarity: null, cluster: null }])
    expect((await project.client.attention.get({})).unmeasuredCount).toBe(1)
    await measure()
    expect((await project.client.attention.get({})).unmeasuredCount).toBe(0)
  })

  it('keeps everything over a restart, and takes decisions back with undo', async () => {
    await measure()
    await decide([1, 2], 'rejected')
    await project.reopen()
    expect((await project.client.attention.get({})).measuredAtMs).not.toBeNull()
    expect(await project.client.attention.get({})).toMatchObject({ acceptedCount: 0, rejectedCount: 2 })
    expect((await project.client.attention.getProgress({})).decidedToday).toBe(2)
    await project.client.history.undo({})
    // The status that stands again counts as decided, whoever gave it first.
    expect(await project.client.attention.get({})).toMatchObject({ acceptedCount: 2, rejectedCount: 0 })
  })

  it('ends soon when it is cancelled, and leaves the measurement before', async () => {
    await measure()
    let open = (): void => undefined
    project.compute.gate = new Promise((resolve) => { open = resolve })
    const pair = await project.client.pairs.get({ id: 1 })
    await project.client.pairs.editText({ id: 1, side: 'right', text: 'a violet card', revision: pair.revision })
    const { jobId } = await project.client.attention.refresh({ otherModelId: null })
    await until(async () => (await project.client.jobs.get({ jobId })).state === 'running')
    await project.client.jobs.cancel({ jobId })
    open()
    expect(await project.waitForJob(jobId)).toMatchObject({ state: 'cancelled' })
    expect(await project.client.attention.list({ ids: [2] })).toMatchObject([{ cluster: expect.any(Number) }])
  })
})

