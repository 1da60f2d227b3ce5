// How well each detector does on planted defects: real pictures that were encoded, cropped, blurred, darkened, and captions
// that were swapped or spoilt. The bars are what was measured, with little room; docs/benchmarks.md has the figures.
import { writeFileSync } from 'node:fs'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { FindingKind } from '../../src/shared/quality/findingKinds'
import { namedColours } from '../helpers/colourProject'
import { openQualityProject, pictureDefects, soundCaption, type QualityProject } from '../helpers/qualityProject'
import { cropped, scenery } from '../helpers/scenery'

const goodCount = 45
const perDefect = 5
let project: QualityProject
/** What was done to a pair, with the kinds that should find it. */
const expected = new Map<FindingKind, Set<number>>()
const variantOf = new Map<string, number[]>()

function expectIn(kind: FindingKind, ...pairIds: number[]): void {
  expected.set(kind, new Set([...(expected.get(kind) ?? []), ...pairIds]))
}

const brokenTexts: [FindingKind, string][] = [
  ['file-name', 'IMG_2044.JPG'], ['file-name', 'https://example.org/pictures/12'], ['file-name', 'dsc00031'], ['file-name', '8f14e45fceea167a5a36dedd4bea2543'],
  ['no-words', '....'], ['no-words', '2014 / 05'], ['boilerplate', 'Happy family at the beach - stock photo'], ['boilerplate', 'Click here to see more pictures'],
  ['other-language', 'zwei Kinder spielen am Strand mit einem Ball'], ['other-language', 'une vieille maison au bord de la rivière'], ['other-language', 'un perro corriendo por la playa al atardecer'],
  ['other-language', 'старый дом на берегу реки'], ['other-language', 'ett gammalt hus'],
]

beforeAll(async () => {
  project = await openQualityProject(goodCount, async (planter) => {
    let source = 0
    const sourceBytes = async (): Promise<{ pairId: number; bytes: Buffer }> => {
      const index = source++
      return { pairId: index + 1, bytes: await scenery(index + 1, 320, 240) }
    }
    const extra = { 'a tenth cut off left and below': { kinds: ['near-duplicate'] as FindingKind[], change: (bytes: Buffer) => cropped(bytes, 0.1, 0, 0, 0.1) } }
    for (const [name, { kinds, change }] of Object.entries({ ...pictureDefects, ...extra })) {
      for (let count = 0; count < perDefect; count++) {
        const { pairId, bytes } = await sourceBytes()
        const { split } = planter.store.pairs.get(pairId)
        const id = await planter.addPicture(await change(bytes), { rightText: soundCaption(200 + source), split }, name, kinds)
        variantOf.set(name, [...(variantOf.get(name) ?? []), id])
        for (const kind of kinds) expectIn(kind, id)
        if (kinds.includes('near-duplicate')) expectIn('near-duplicate', pairId)
      }
    }
    // Test pairs with a training picture that was encoded anew.
    for (let count = 0; count < 6; count++) {
      const id = await planter.addPicture(await sharp(await scenery(count + 1, 320, 240)).resize(200).jpeg({ quality: 60 }).toBuffer(), { rightText: soundCaption(300 + count), split: 'test' }, 'leak', ['leak'])
      expectIn('leak', id)
      expectIn('near-duplicate', id)
    }
    for (const [index, [kind, text]] of brokenTexts.entries()) expectIn(kind, await planter.addPicture(await scenery(500 + index, 160, 120), { rightText: text }, text, [kind]))
    const broken = await planter.addPicture(await scenery(600, 160, 120), { rightText: 'a harbour with many small boats' }, 'broken', ['unreadable'])
    writeFileSync(planter.store.files.absolute(planter.store.images.get(planter.store.pairs.get(broken).left.imageId!).relativePath!), 'cut')
    expectIn('unreadable', broken)
  })
  await project.check()
})
afterAll(() => project.dispose())

interface Measured { precision: number; recall: number; found: number[] }

async function measure(kind: FindingKind): Promise<Measured> {
  const found = await project.found(kind)
  const wanted = expected.get(kind) ?? new Set<number>()
  const right = found.filter((id) => wanted.has(id)).length
  return { found, precision: found.length ? right / found.length : 1, recall: wanted.size ? right / wanted.size : 1 }
}

/** Kind, least precision, least recall. */
const bars: [FindingKind, number, number][] = [
  ['near-duplicate', 1, 0.84], ['leak', 1, 1], ['blurred', 1, 1], ['dark', 1, 1], ['bright', 1, 1], ['unreadable', 1, 1],
  ['file-name', 1, 1], ['no-words', 1, 1], ['boilerplate', 1, 1], ['other-language', 1, 1],
]

it.each(bars)('%s: precision at least %f, recall at least %f', async (kind, precision, recall) => {
  const measured = await measure(kind)
  expect(measured.precision, `${kind}: found ${measured.found.map((id) => project.names.get(id)).join(', ')}`).toBeGreaterThanOrEqual(precision)
  expect(measured.recall, kind).toBeGreaterThanOrEqual(recall)
})

it('finds copies by the way they were made as often as is said', async () => {
  const found = new Set(await project.found('near-duplicate'))
  const recalls = Object.fromEntries([...variantOf].filter(([name]) => !['dark', 'washed out'].includes(name)).map(([name, ids]) => [name, ids.filter((id) => found.has(id)).length / ids.length]))
  // Measured by this test; a crop of one corner is beyond the hashes and found where vectors propose it.
  for (const name of ['encoded anew', 'WebP', 'half the size', 'blurred copy', 'margins of 5 % cut off']) expect(recalls[name], name).toBe(1)
  expect(recalls['margins of 3 % cut off']).toBeGreaterThanOrEqual(0.8)
  if (process.env['SHOW_QUALITY']) console.log(recalls, await Promise.all(bars.map(async ([kind]) => ({ kind, ...(await measure(kind)), found: undefined }))))
})

it('finds swapped captions where vectors can tell them', async () => {
  const colours = Object.entries(namedColours)
  const swapped: number[] = []
  const coloured = await openQualityProject(0, async (planter) => {
    for (let index = 0; index < 120; index++) {
      const [name, [red, green, blue]] = colours[index % colours.length]!
      const isSwapped = index % 24 === 7
      const shown = isSwapped ? colours[(index + 3) % colours.length]![0] : name
      const bytes = await sharp({ create: { width: 80, height: 80, channels: 3, background: { r: red, g: green, b: Math.min(255, blue + (index % 20)) } } }).png().toBuffer()
      const id = await planter.addPicture(bytes, { rightText: `a ${shown} card, number ${index}` }, shown, [])
      if (isSwapped) swapped.push(id)
    }
  })
  try {
    const { jobId } = await coloured.client.quality.check({ embed: true })
    await coloured.engine.services.jobs.wait(jobId)
    // Colours that look like another one agree less with their name too: five swaps of five, and three sound pairs.
    const found = await coloured.found('mismatch')
    expect(swapped.filter((id) => !found.includes(id))).toEqual([])
    expect(swapped.length / found.length).toBeGreaterThanOrEqual(0.6)
    const { findings } = await coloured.client.quality.listFindings({ kind: 'mismatch' })
    for (const { pair, related } of findings) expect(related?.right.text, pair.right.text ?? '').not.toBe(pair.right.text)
    expect((await coloured.client.quality.getSummary({})).scoredPairCount).toBe(120)
  } finally {
    await coloured.dispose()
  }
})
