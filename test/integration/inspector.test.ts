// The token inspector through the contract, on pictures whose three codes are their mean colour (see FakeCompute), and what
// is kept of its drawings and counts.
import { existsSync, readFileSync } from 'node:fs'
import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DrawingsService } from '../../src/main/engine/services/drawings'
import type { Pair } from '../../src/shared/contract/entities'
import { openColourProject, type ColourProject } from '../helpers/colourProject'

let project: ColourProject
let captions: Pair[] = []
const caption = (colour: string) => captions.find((pair) => pair.split === 'train' && pair.right.text!.includes(colour))!
const picture = (colour: string) => ({ kind: 'project' as const, imageId: caption(colour).left.imageId! })
const pixelOf = async (drawingId: string): Promise<number[]> => {
  const { path, contentType } = project.engine.services.drawings.file(drawingId)
  expect(contentType).toBe('image/png')
  return [...(await sharp(path).removeAlpha().raw().toBuffer()).subarray(0, 3)]
}

beforeAll(async () => {
  project = await openColourProject()
  captions = (await project.client.pairs.list({ filter: { query: 'task:caption' } })).pairs
})
beforeEach(() => { project.compute.hasDecoder = true })
afterAll(() => project.dispose())

describe('inspector.inspectPicture', () => {
  it('tells codes, rivals, quality and compression, and draws what it compares', async () => {
    const found = await project.client.inspector.inspectPicture({ image: picture('red') })
    expect(found).toMatchObject({ modelId: 'bundled:nano', tokenizer: { codeCount: 3, codebookSize: 256, hasDecoder: true }, sourceWidthPx: 8, sourceHeightPx: 8 })
    const colour = found.codes.map(({ code }) => code)
    expect(found.codes[0]).toEqual({ code: colour[0], rival: colour[0]! + 1, distance: 0.5, rivalDistance: 1 })
    expect(await pixelOf(found.originalId)).toEqual(colour)
    expect(found.reconstruction).toMatchObject({ psnrDecibel: null, differenceGain: 64 })
    expect(await pixelOf(found.reconstruction!.differenceId)).toEqual([0, 0, 0])
    const file = project.engine.services.images.modelInput(picture('red').imageId).path
    expect(found.compression).toEqual({ bitsPerCode: 8, codeBits: 24, modelPixelBits: 16 * 16 * 24, sourcePixelBits: 8 * 8 * 24, fileBits: readFileSync(file).length * 8 })
  })

  it('draws the cached codes, which are those that training reads', async () => {
    await project.client.inspector.inspectPicture({ image: picture('cyan') })
    const before = project.compute.countOf('tokenizeImages')
    const { codes } = await project.client.inspector.inspectPicture({ image: picture('cyan') })
    expect(project.compute.countOf('tokenizeImages')).toBe(before)
    expect([...project.compute.lastRequest('inspectImage').codes!]).toEqual(codes.map(({ code }) => code))
  })

  it('takes a picture that is not part of the project', async () => {
    const bytes = await sharp({ create: { width: 30, height: 20, channels: 3, background: { r: 7, g: 8, b: 9 } } }).png().toBuffer()
    const queryImageId = await project.engine.services.images.addQueryImage(bytes)
    const found = await project.client.inspector.inspectPicture({ image: { kind: 'query', queryImageId } })
    expect(found.codes.map(({ code }) => code)).toEqual([7, 8, 9])
    expect(found).toMatchObject({ sourceWidthPx: 30, sourceHeightPx: 20, compression: { fileBits: bytes.length * 8 } })
    const { tokens } = await project.client.inspector.listTokens({ image: { kind: 'query', queryImageId } })
    expect(tokens.slice(0, 3).map(({ code }) => code)).toEqual([7, 8, 9])
  })

  it('has no reconstruction without a decoder', async () => {
    project.compute.hasDecoder = false
    expect(await project.client.inspector.inspectPicture({ image: picture('red') })).toMatchObject({ reconstruction: null, tokenizer: { hasDecoder: false } })
  })

  it('names what is not there', async () => {
    await expect(project.client.inspector.inspectPicture({ image: { kind: 'project', imageId: 4711 } })).rejects.toMatchObject({ code: 'not-found' })
    await expect(project.client.inspector.inspectPicture({ image: picture('red'), modelId: 'imported:none' })).rejects.toMatchObject({ code: 'not-found' })
  })
})

describe('inspector.drawCodes', () => {
  it('draws codes, alone and beside others', async () => {
    const alone = await project.client.inspector.drawCodes({ codes: [1, 2, 3] })
    expect(alone.comparison).toBeNull()
    expect(await pixelOf(alone.drawingId)).toEqual([1, 2, 3])
    const { comparison } = await project.client.inspector.drawCodes({ codes: [1, 12, 3], comparedWith: [1, 2, 3] })
    expect(await pixelOf(comparison!.differenceId)).toEqual([0, 10 * comparison!.differenceGain, 0])
    expect(comparison!.psnrDecibel).toBeCloseTo(10 * Math.log10(255 ** 2 / (100 / 3)), 6)
  })

  it('gives the same picture the same id', async () => {
    const ids = await Promise.all([1, 1, 2].map((red) => project.client.inspector.drawCodes({ codes: [red, 0, 0] })))
    expect(ids[0]!.drawingId).toBe(ids[1]!.drawingId)
    expect(ids[0]!.drawingId).not.toBe(ids[2]!.drawingId)
  })
})

describe('hidden tokens', () => {
  it('inspector.listTokens lays a picture and a text out as one row', async () => {
    const { tokens, cutCount, obstacle } = await project.client.inspector.listTokens({ image: picture('red'), text: 'a red card' })
    expect(tokens.map(({ kind }) => kind)).toEqual(['code', 'code', 'code', 'start', 'word', 'word', 'word', 'end'])
    expect(tokens.slice(4, 7).map(({ label }) => label)).toEqual(['a', 'red', 'card'])
    expect([cutCount, obstacle]).toEqual([0, null])
  })

  it('inspector.predict tells words and codes apart, and draws the picture with the likeliest codes in place', async () => {
    const found = await project.client.inspector.predict({ image: picture('red'), text: 'a red card', positions: [1, 5] })
    expect(found.predictions.map(({ position, wordMass, trueRank }) => [position, wordMass, trueRank])).toEqual([[1, 0.25, 4], [5, 0.25, 4]])
    const [red, , blue] = (await project.client.inspector.inspectPicture({ image: picture('red') })).codes.map(({ code }) => code)
    expect(found.filled!.codes).toEqual([red, 11, blue])
    expect(await pixelOf(found.filled!.drawingId)).toEqual([red, 11, blue])
    expect((await pixelOf(found.filled!.fromId))[1]).toBe(23 - 6)
  })

  it('draws nothing where only words are hidden', async () => {
    expect((await project.client.inspector.predict({ text: 'a red card', positions: [2] })).filled).toBeNull()
    expect((await project.client.inspector.predict({ image: picture('red'), text: 'a red card', positions: [5] })).filled).toBeNull()
  })
})

describe('use of the codebook', () => {
  const filter = { query: 'split:train task:caption' }

  it('inspector.countUse counts the pictures of a filter in a job, and inspector.getUse gives the count', async () => {
    expect(await project.client.inspector.getUse({ filter })).toBeNull()
    const { jobId } = await project.client.inspector.countUse({ filter })
    const job = await project.waitForJob(jobId)
    expect(job).toMatchObject({ kind: 'inspect', state: 'done' })
    const use = (await project.client.inspector.getUse({ filter }))!
    expect(use).toMatchObject({ tokenizerId: 'tiny-titok', pictureCount: 6, failedCount: 0, codebookSize: 256, isStale: false })
    const codes = await Promise.all(['red', 'green', 'blue', 'yellow', 'cyan', 'magenta'].map(async (colour) => (await project.client.inspector.inspectPicture({ image: picture(colour) })).codes.map(({ code }) => code)))
    const wanted = new Array<number>(256).fill(0)
    for (const code of codes.flat()) wanted[code]! += 1
    expect(use.counts).toEqual(wanted)
    expect(use.usedCount).toBe(new Set(codes.flat()).size)
    expect(use.perplexity).toBeCloseTo(2 ** use.entropyBits, 9)
    expect(job.summary).toContain(`6 pictures use ${use.usedCount} of 256 codes`)
  })

  it('keeps filters apart, and knows when the pictures of one are others', async () => {
    await project.waitForJob((await project.client.inspector.countUse({})).jobId)
    expect((await project.client.inspector.getUse({}))!.pictureCount).toBe(18)
    expect((await project.client.inspector.getUse({ filter }))!.pictureCount).toBe(6)
    await project.client.pairs.setSplit({ scope: { ids: [caption('red').id] }, split: 'test' })
    expect((await project.client.inspector.getUse({ filter }))!.isStale).toBe(true)
    expect((await project.client.inspector.getUse({}))!.isStale).toBe(false)
    await project.client.history.undo({})
    expect((await project.client.inspector.getUse({ filter }))!.isStale).toBe(false)
  })

  it('survives the end of the engine', async () => {
    const before = await project.client.inspector.getUse({ filter })
    await project.reopen()
    expect(await project.client.inspector.getUse({ filter })).toEqual(before)
  })

  it('says so when the filter matches nothing, and can be cancelled', async () => {
    const job = await project.waitForJob((await project.client.inspector.countUse({ filter: { query: 'tag:nowhere' } })).jobId)
    expect(job).toMatchObject({ state: 'failed', error: { code: 'bad-input' } })
    const { jobId } = await project.client.inspector.countUse({})
    await project.client.jobs.cancel({ jobId })
    expect((await project.waitForJob(jobId)).state).toBe('cancelled')
  })
})

describe('drawings', () => {
  const plain = (value: number) => ({ width: 4, height: 4, data: new Uint8Array(48).fill(value) })

  it('go in the order in which they were last asked for, and all of them at the end', async () => {
    const drawings = new DrawingsService(2)
    const [first, second] = [await drawings.add(plain(1)), await drawings.add(plain(2))]
    const { path } = drawings.file(first)
    const third = await drawings.add(plain(3))
    expect(() => drawings.file(second)).toThrow(expect.objectContaining({ code: 'not-found' }))
    expect([first, third].map((drawingId) => existsSync(drawings.file(drawingId).path))).toEqual([true, true])
    drawings.dispose()
    expect(existsSync(path)).toBe(false)
    expect(() => drawings.file(first)).toThrow('That drawing is gone')
  })

  it('are made again under the same id', async () => {
    const drawings = new DrawingsService(1)
    const first = await drawings.add(plain(1))
    await drawings.add(plain(2))
    expect(await drawings.add(plain(1))).toBe(first)
    expect(existsSync(drawings.file(first).path)).toBe(true)
    drawings.dispose()
  })
})
