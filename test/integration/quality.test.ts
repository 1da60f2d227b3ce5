// A check of quality from pictures and texts on disk to findings, decisions and mended pairs.
import { writeFileSync } from 'node:fs'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { imageRecipeSchema } from '../../src/shared/imageRecipe'
import { openQualityProject, soundCaption, type QualityProject } from '../helpers/qualityProject'
import { scenery } from '../helpers/scenery'

let project: QualityProject
const ids: Record<string, number> = {}

beforeAll(async () => {
  project = await openQualityProject(20, async (planter) => {
    const plant = async (key: string, bytes: Uint8Array, text: string, split: 'train' | 'test' = 'train', tags: string[] = []) => {
      ids[key] = await planter.addPicture(bytes, { rightText: text, split, tags }, key, [])
    }
    await plant('copy', await sharp(await scenery(1, 320, 240)).resize(160).jpeg().toBuffer(), 'the same thing in other words', 'train', ['small'])
    await plant('leak', await sharp(await scenery(2, 320, 240)).jpeg({ quality: 50 }).toBuffer(), 'a picture that training knows', 'test')
    await plant('tiny', await sharp(await scenery(50, 320, 240)).resize(40).jpeg().toBuffer(), 'a very small picture of something')
    await plant('long', await scenery(51, 200, 40), 'word '.repeat(60).trim())
    const flat = await sharp({ create: { width: 90, height: 90, channels: 3, background: '#77aa33' } }).png().toBuffer()
    await plant('flat', flat, 'a plain green surface without anything on it')
    await plant('file', await scenery(52, 200, 150), 'IMG_0042.jpg')
    for (let index = 0; index < 6; index++) await plant(`repeated ${index}`, await scenery(60 + index, 240, 180), 'A nice view!')
    await plant('broken', await scenery(70, 240, 180), 'a picture whose file was damaged afterwards')
    const broken = planter.store.images.get(planter.store.pairs.get(ids['broken']!).left.imageId!)
    writeFileSync(planter.store.files.absolute(broken.relativePath!), 'no picture')
    const sound = planter.store.pairs.get(3)
    ids['equal'] = planter.addPair({ leftImageId: sound.left.imageId, leftText: null, rightImageId: null, rightText: `${soundCaption(2)}.`.toUpperCase() }, 'equal', [])
    ids['other caption'] = planter.addPair({ leftImageId: sound.left.imageId, leftText: null, rightImageId: null, rightText: 'a second caption of the same picture' }, 'other caption', [])
    // A crop of a training picture as a test pair.
    const source = planter.store.images.get(planter.store.pairs.get(5).left.imageId!)
    const derived = planter.store.images.ensureDerived(source, imageRecipeSchema.parse({ cropBoxPx: { left: 10, top: 10, width: 100, height: 90 } }), 100, 90)
    ids['derived'] = planter.addPair({ leftImageId: derived, leftText: null, rightImageId: null, rightText: 'a piece of something else', split: 'test' }, 'derived', [])
    ids['question'] = planter.addPair({ leftImageId: source.id, leftText: null, rightImageId: null, rightText: '3', task: 'vqa' }, 'question', [])
    for (const [key, split] of [['group a', 'train'], ['group b', 'test']] as const) {
      ids[key] = planter.addPair({ leftImageId: null, leftText: `${key} on the left`, rightImageId: null, rightText: `${key} on the right`, task: 'compose', split }, key, [])
      planter.store.groups.addToDataGroup('shared', ids[key])
    }
  })
  await project.check()
})
afterAll(() => project.dispose())

const pair = (id: number) => project.client.pairs.get({ id })
const both = () => Promise.all([pair(1), pair(ids['copy']!)])
const named = (found: number[]): string[] => found.map((id) => Object.entries(ids).find(([, own]) => own === id)?.[0] ?? `sound ${id}`).sort()

describe('a check', () => {
  it('finds what is planted and nothing else', async () => {
    expect(named(await project.found('near-duplicate'))).toEqual(['copy', 'leak', 'sound 1', 'sound 2'])
    expect(named(await project.found('exact-duplicate'))).toEqual(['equal', 'sound 3'])
    expect(named(await project.found('leak'))).toEqual(['derived', 'group b', 'leak'])
    expect(named(await project.found('tiny'))).toEqual(['long', 'tiny'])
    expect(named(await project.found('odd-shape'))).toEqual(['long'])
    expect(named(await project.found('flat'))).toEqual(['flat'])
    expect(named(await project.found('unreadable'))).toEqual(['broken'])
    expect(named(await project.found('file-name'))).toEqual(['file'])
    expect(named(await project.found('long-text'))).toEqual(['long'])
    expect(named(await project.found('missing-text'))).toEqual(['question'])
    expect(named(await project.found('repeated-text'))).toEqual([0, 1, 2, 3, 4, 5].map((index) => `repeated ${index}`))
    for (const kind of ['dark', 'bright', 'other-language', 'no-words', 'boilerplate', 'mismatch', 'outlier'] as const) expect(named(await project.found(kind)), kind).toEqual([])
  })

  it('says why, and what it has to do with', async () => {
    const { findings } = await project.client.quality.listFindings({ kind: 'leak' })
    expect(findings.map(({ pair, related, detail }) => [pair.id, related?.id, detail])).toEqual([
      [ids['leak'], 2, 'copy of a picture'], [ids['derived'], 5, 'cut from the same picture'], [ids['group b'], ids['group a'], 'group shared with training']])
    expect((await project.client.quality.listFindings({ kind: 'long-text' })).findings[0]?.detail).toMatch(/62 ids of 32$/)
    expect((await project.client.quality.listFindings({ kind: 'unreadable' })).findings[0]?.detail).toContain('cannot be read')
  })

  it('sums up', async () => {
    const summary = await project.client.quality.getSummary({})
    expect(summary).toMatchObject({ changedPairCount: 0, unmeasuredPictureCount: 0, scoredPairCount: 0, language: 'en' })
    expect(summary.pairCount).toBe(20 + Object.keys(ids).length)
    expect(summary.counts.find(({ kind }) => kind === 'leak')).toEqual({ kind: 'leak', openCount: 3, dismissedCount: 0 })
    // Not of those without pictures, with a broken one, or of one colour.
    const sharpness = summary.histograms.find(({ kind }) => kind === 'blurred')!.counts
    expect(sharpness.reduce((sum, count) => sum + count, 0)).toBe(summary.pairCount - 4)
  })

  it('measures only new pictures the next time', async () => {
    const log = async () => (await project.client.jobs.listLog({ jobId: (await project.client.jobs.list({ limit: 1 }))[0]!.id })).map(({ line }) => line).join(' ')
    expect(await log()).toContain('new pictures measured')
    await project.check()
    expect(await log()).not.toContain('new pictures measured')
  })

  it('is cancelled without a trace', async () => {
    const { jobId } = await project.client.quality.check({})
    await project.client.jobs.cancel({ jobId })
    expect((await project.engine.services.jobs.wait(jobId)).state).toBe('cancelled')
    expect(named(await project.found('flat'))).toEqual(['flat'])
  })
})

describe('findings', () => {
  it('are terms of filters, as are the measures', async () => {
    const list = async (query: string) => named((await project.client.pairs.list({ filter: { query } })).pairs.map(({ id }) => id))
    expect(await list('finding:leak')).toEqual(['derived', 'group b', 'leak'])
    expect(await list('finding:tiny,flat -text:word')).toEqual(['flat', 'tiny'])
    expect(await list('width<50')).toEqual(['tiny'])
    expect(await list('contrast<1')).toEqual(['flat'])
    expect(await list('sharpness<1')).toEqual(['flat'])
  })

  it('follow their threshold', async () => {
    const { thresholds } = await project.client.quality.setThreshold({ kind: 'tiny', value: 35 })
    expect(thresholds).toEqual({ tiny: 35 })
    expect(named(await project.found('tiny'))).toEqual(['tiny'])
    await project.check()
    expect(named(await project.found('tiny'))).toEqual(['tiny'])
    await expect(project.client.quality.setThreshold({ kind: 'tiny', value: 5000 })).rejects.toMatchObject({ code: 'bad-input' })
    await expect(project.client.quality.setThreshold({ kind: 'leak', value: 1 })).rejects.toMatchObject({ code: 'bad-input' })
  })

  it('are dismissed until that is undone, through every check', async () => {
    const { changedCount, history } = await project.client.quality.dismiss({ kind: 'flat', pairIds: null })
    expect([changedCount, history.undoLabel]).toEqual([1, 'dismiss “flat” of 1 pair'])
    await project.check()
    expect(await project.found('flat')).toEqual([])
    expect((await project.client.quality.listFindings({ kind: 'flat', isDismissed: true })).total).toBe(1)
    await project.client.history.undo({})
    expect(named(await project.found('flat'))).toEqual(['flat'])
  })

  it('go when the pair is mended, and come back with undo', async () => {
    await project.client.pairs.setStatus({ scope: { filter: { query: 'finding:repeated-text' } }, status: 'rejected' })
    expect(await project.found('repeated-text')).toEqual([])
    await project.client.history.undo({})
    expect((await project.found('repeated-text')).length).toBe(6)
    await project.client.pairs.setSplit({ scope: { filter: { query: 'finding:leak' } }, split: 'train' })
    expect(await project.found('leak')).toEqual([])
    await project.client.history.undo({})
    expect((await project.found('leak')).length).toBe(3)
  })
})

describe('mending', () => {
  it('keeps the largest copy with all its captions, and takes over tags', async () => {
    const { clusters, total } = await project.client.quality.listClusters({ kind: 'near-duplicate' })
    expect(total).toBe(2)
    const cluster = clusters.find(({ pairs }) => pairs.some(({ id }) => id === ids['copy']))!
    expect(cluster.pairs.map(({ id }) => id)).toEqual([1, ids['copy']])
    expect(cluster.pictures.map(({ widthPx }) => widthPx).sort()).toEqual([160, 320])
    expect(cluster.details[1]).toContain('the same picture')
    const resolution = { kind: 'near-duplicate' as const, clusterIds: [cluster.clusterId], keep: 'largest' as const }
    expect(await project.client.quality.countResolution(resolution)).toEqual({ clusterCount: 1, keptCount: 1, otherCount: 1 })
    expect((await project.client.quality.resolveDuplicates({ ...resolution, mergeTags: true })).changedCount).toBe(2)
    expect((await both()).map(({ status, tags }) => [status, tags])).toEqual([['unreviewed', ['small']], ['rejected', ['small']]])
    expect(named(await project.found('near-duplicate'))).toEqual(['leak', 'sound 2'])
    await project.client.history.undo({})
    expect((await both()).map(({ status, tags }) => [status, tags])).toEqual([['unreviewed', []], ['unreviewed', ['small']]])
  })

  it('keeps the chosen one, or tags the others', async () => {
    const { clusters } = await project.client.quality.listClusters({ kind: 'exact-duplicate' })
    await project.client.quality.resolveDuplicates({ kind: 'exact-duplicate', clusterIds: [clusters[0]!.clusterId], keep: 'first', keepPairId: ids['equal'], act: 'tag' })
    expect((await pair(3)).tags).toEqual(['duplicate'])
    expect((await pair(ids['equal']!)).tags).toEqual([])
    await project.client.history.undo({})
  })

  it('trims texts to the context', async () => {
    const { changedCount } = await project.client.quality.mendTexts({ kind: 'long-text', pairIds: null, act: 'trim' })
    expect(changedCount).toBe(1)
    expect((await pair(ids['long']!)).right.text).toBe('word '.repeat(30).trim())
    expect(await project.found('long-text')).toEqual([])
    expect((await project.client.quality.getSummary({})).changedPairCount).toBeGreaterThan(0)
    await project.client.history.undo({})
    expect((await project.found('long-text')).length).toBe(1)
    // Their only content: there is nothing to clear.
    expect((await project.client.quality.mendTexts({ kind: 'file-name', pairIds: null, act: 'clear' })).changedCount).toBe(0)
  })
})
