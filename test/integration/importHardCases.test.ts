// Pictures, tables and texts as they come: each is imported with the right pixels and words, or listed with the reason.
// Every file is made here by the tools that make such files; what is expected is worked out by hand, not by the decoder.
import { Buffer } from 'node:buffer'
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import sharp, { type Sharp } from 'sharp'
import { expect, test } from 'vitest'
import { decodeImage } from '../../src/main/engine/compute/image/decodeImage'
import { longestText } from '../../src/main/engine/services/import/pairDraft'
import type { Store } from '../../src/main/engine/store/openStore'
import { importingTests } from '../helpers/importing'
import { picture } from '../helpers/pictures'
import { tarFile } from '../helpers/tarFile'

const { newStore, importFrom, source } = importingTests()

type Rgb = [number, number, number]
const [red, green, blue, white]: Rgb[] = [[200, 30, 30], [30, 170, 40], [40, 60, 210], [255, 255, 255]]
const width = 48
const height = 32

/** Four quarters, so that every turn and mirroring shows: red and green above, blue and white below. */
const colourAt = (x: number, y: number): Rgb => (y < height / 2 ? (x < width / 2 ? red! : green!) : x < width / 2 ? blue! : white!)
function quarters(w = width, h = height, at = colourAt): Sharp {
  const data = Buffer.alloc(w * h * 3)
  for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) data.set(at(x, y), (y * w + x) * 3)
  return sharp(data, { raw: { width: w, height: h, channels: 3 } })
}

const inks: Rgb[] = [[180, 90, 80], [110, 150, 100], [100, 120, 160], white!]
const inkAt = (x: number, y: number): Rgb => inks[(y < height / 2 ? 0 : 2) + (x < width / 2 ? 0 : 1)]!

/** How a camera stores an upright picture under each EXIF orientation: from stored to upright coordinates. */
const stored: Record<number, (x: number, y: number) => Rgb> = {
  1: (x, y) => colourAt(x, y), 2: (x, y) => colourAt(width - 1 - x, y), 3: (x, y) => colourAt(width - 1 - x, height - 1 - y), 4: (x, y) => colourAt(x, height - 1 - y),
  5: (x, y) => colourAt(y, x), 6: (x, y) => colourAt(width - 1 - y, x), 7: (x, y) => colourAt(width - 1 - y, height - 1 - x), 8: (x, y) => colourAt(y, height - 1 - x),
}
const turned = (orientation: number): Promise<Buffer> =>
  quarters(orientation > 4 ? height : width, orientation > 4 ? width : height, stored[orientation]).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).withMetadata({ orientation }).toBuffer()

/** A PNG by hand: sharp would need the memory that the file only announces. */
function bomb(sizePx: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const length = Buffer.alloc(4)
    length.writeUInt32BE(data.length)
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, sum])
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(sizePx, 0)
  head.writeUInt32BE(sizePx, 4)
  head.set([1, 0, 0, 0, 0], 8)
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.alloc((Math.ceil(sizePx / 8) + 1) * sizePx))), chunk('IEND', Buffer.alloc(0))])
}
function crc32(bytes: Buffer): number {
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1))
  }
  return ~crc >>> 0
}
const sixteenBits = (): Sharp => {
  const data = new Uint16Array(width * height * 3)
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set(colourAt(x, y).map((value) => value * 257), (y * width + x) * 3)
  return sharp(data, { raw: { width, height, channels: 3 } }).toColourspace('rgb16')
}
/** Left half opaque grey 80, right half wholly transparent: on white paper. */
const greyAlpha = (): Sharp => {
  const data = Buffer.alloc(width * height * 2)
  for (let i = 0; i < width * height; i++) data.set([80, i % width < width / 2 ? 255 : 0], i * 2)
  return sharp(data, { raw: { width, height, channels: 2 } })
}
const frames = async (): Promise<Sharp> => sharp(await Promise.all([quarters(), quarters(width, height, () => blue!)].map((frame) => frame.png().toBuffer())), { join: { animated: true } })

async function pixelsOf(store: Store, imageId: number): Promise<{ size: string; at: (x: number, y: number) => number[] }> {
  const { relativePath } = store.images.get(imageId)
  const { width: w, height: h, data } = await decodeImage(store.files.absolute(relativePath!))
  return { size: `${w}×${h}`, at: (x, y) => [...data.subarray((y * w + x) * 3, (y * w + x) * 3 + 3)] }
}
const corners: [number, number][] = [[6, 6], [width - 7, 6], [6, height - 7], [width - 7, height - 7]]

interface Good { bytes: () => Promise<Buffer>; name?: string; colours?: Rgb[]; /** Of a channel; lossy forms change colours. */ tolerance?: number; note?: string }
const good: Record<string, Good> = {
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8].map((orientation) => [`EXIF orientation ${orientation}`, { bytes: () => turned(orientation), tolerance: 8 }])),
  // Inks print less than a screen shows, so these colours are ones that both have.
  'CMYK JPEG': { bytes: () => quarters(width, height, inkAt).toColourspace('cmyk').jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer(), colours: inks, tolerance: 16 },
  '16-bit PNG': { bytes: () => sixteenBits().png().toBuffer(), tolerance: 1 },
  'grey with alpha': { bytes: () => greyAlpha().png().toBuffer(), colours: [[80, 80, 80], white!, [80, 80, 80], white!], tolerance: 1 },
  'palette PNG': { bytes: () => quarters().png({ palette: true, dither: 0 }).toBuffer(), tolerance: 1 },
  'animated GIF': { bytes: async () => (await frames()).gif({ dither: 0 }).toBuffer(), name: 'moving.gif', tolerance: 10, note: 'has 2 frames' },
  'animated WebP': { bytes: async () => (await frames()).webp({ lossless: true }).toBuffer(), name: 'moving.webp', tolerance: 1, note: 'has 2 frames' },
  TIFF: { bytes: () => quarters().tiff().toBuffer(), name: 'page.tif', tolerance: 8 },
  AVIF: { bytes: () => quarters().avif({ quality: 100, chromaSubsampling: '4:4:4', effort: 0 }).toBuffer(), name: 'a.avif', tolerance: 12 },
  'PNG under the name of a JPEG': { bytes: () => quarters().png().toBuffer(), name: 'wrong.jpg' },
  'JPEG under no known name': { bytes: () => quarters().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer(), name: 'picture.dat', tolerance: 8 },
  'progressive JPEG': { bytes: () => quarters().jpeg({ progressive: true, quality: 100, chromaSubsampling: '4:4:4' }).toBuffer(), tolerance: 8 },
}

test('pictures of every making are imported with the right pixels, and what was left out is noted', async () => {
  const names = Object.entries(good).map(([title, { name }], index) => ({ title, file: name ?? `${index}.jpg` }))
  const files: Record<string, Buffer | string> = { 'pairs.csv': `image,caption\n${names.map(({ title, file }) => `${file},${title}`).join('\n')}\n` }
  for (const { title, file } of names) files[file] = await good[title]!.bytes()
  const store = newStore()
  const { pairs, reasons, record } = await importFrom(store, join(await source(files), 'pairs.csv'), null, { thumbnailCount: 0 })
  expect(pairs.map((pair) => pair.right.text)).toEqual(names.map(({ title }) => title))
  for (const pair of pairs) {
    const { colours = [red!, green!, blue!, white!], tolerance = 0 } = good[pair.right.text!]!
    const image = store.images.get(pair.left.imageId!)
    const { size, at } = await pixelsOf(store, image.id)
    expect(`${pair.right.text}: ${size}, ${image.widthPx}×${image.heightPx}`).toBe(`${pair.right.text}: ${width}×${height}, ${width}×${height}`)
    corners.forEach(([x, y], index) => {
      const difference = Math.max(...at(x, y).map((value, channel) => Math.abs(value - colours[index]![channel]!)))
      expect(difference, `${pair.right.text} at ${x}, ${y}: ${at(x, y).join(' ')}, expected ${colours[index]!.join(' ')}`).toBeLessThanOrEqual(tolerance)
    })
  }
  const notes = Object.values(good).filter(({ note }) => note !== undefined)
  expect(reasons).toHaveLength(notes.length)
  for (const { name, note } of notes) expect(reasons.join('\n')).toContain(`“${name}” ${note}`)
  expect(record).toMatchObject({ addedPairCount: names.length, problemCount: notes.length })
})

const whole = (): Promise<Buffer> => picture(3, 300, 200).jpeg().toBuffer()
const heic = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic\0\0\0\0heicmif1', 'latin1'), Buffer.alloc(200)])
const bad: Record<string, { name: string; bytes: () => Promise<Buffer> | Buffer; code: string; reason: RegExp }> = {
  'cut JPEG': { name: 'cut.jpg', bytes: async () => (await whole()).subarray(0, 9000), code: 'unreadable-picture', reason: /its end is missing/ },
  'JPEG of which only the header came': { name: 'header.jpg', bytes: async () => (await whole()).subarray(0, 30), code: 'unreadable-picture', reason: /cannot be read: \w+/ },
  'JPEG with zeros for its second half': { name: 'zeros.jpg', bytes: async () => { const bytes = Buffer.from(await whole()); return bytes.fill(0, bytes.length >> 1) }, code: 'unreadable-picture', reason: /its end is missing/ },
  'PNG with a wrong sum': { name: 'sum.png', bytes: async () => { const bytes = await picture(4, 100, 100).png().toBuffer(); bytes[bytes.length >> 1]! ^= 0xff; return bytes }, code: 'unreadable-picture', reason: /cannot be read/ },
  'nothing': { name: 'empty.png', bytes: () => Buffer.alloc(0), code: 'unreadable-picture', reason: /it is empty/ },
  'bomb': { name: 'bomb.png', bytes: () => bomb(12_000), code: 'huge-picture', reason: /more than 120 million pixels/ },
  SVG: { name: 'drawing.jpg', bytes: () => Buffer.from('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), code: 'unreadable-picture', reason: /SVG drawing/ },
  HEIC: { name: 'phone.jpg', bytes: () => heic, code: 'unreadable-picture', reason: /HEIC picture.*save it as JPEG/ },
  'web page': { name: 'page.jpg', bytes: () => Buffer.from('<!DOCTYPE html><html><body>404</body></html>'), code: 'unreadable-picture', reason: /web page/ },
  'pointer of Git LFS': { name: 'lfs.png', bytes: () => Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\n'), code: 'unreadable-picture', reason: /git lfs pull/ },
  'text': { name: 'text.png', bytes: () => Buffer.from('this is not a picture'), code: 'unreadable-picture', reason: /no picture format/ },
}

test('broken, huge and foreign pictures are listed with the reason, and the good one between them is imported', async () => {
  const files: Record<string, Buffer | string> = { 'good.png': await picture(1).png().toBuffer() }
  for (const { name, bytes } of Object.values(bad)) files[name] = await bytes()
  files['pairs.csv'] = `image,caption\n${[...Object.values(bad).map(({ name }) => name), 'good.png'].map((name) => `${name},words`).join('\n')}\n`
  const store = newStore()
  const before = process.memoryUsage.rss()
  const { pairs, problems, reasons } = await importFrom(store, join(await source(files), 'pairs.csv'))
  expect(pairs).toHaveLength(1)
  expect(problems).toEqual(Object.values(bad).map(({ code }, index) => `pairs.csv, row ${index + 2}: ${code}`))
  Object.entries(bad).forEach(([title, { reason }], index) => expect(reasons[index], title).toMatch(reason))
  expect((process.memoryUsage.rss() - before) / 2 ** 20).toBeLessThan(400)
})

test('ways out of the source are refused: paths, links, members of archives', async () => {
  const outside = await source({ 'secret.png': 5 })
  const inside = await source({ 'own.png': 6, 'sub/own.png': 7, 'a.txt': 'linked', 'b.txt': 'inside' })
  symlinkSync(join(outside, 'secret.png'), join(inside, 'a.png'))
  symlinkSync(join(inside, 'own.png'), join(inside, 'b.png'))
  symlinkSync(outside, join(inside, 'elsewhere'))
  writeFileSync(join(inside, 'pairs.csv'), ['image,caption', '../data/own.png,comes back in', 'a.png,link', 'elsewhere/secret.png,through a folder', '../../secret.png,up', 'sub/../own.png,down and up', 'b.png,link inside', 'sub/own.png,fine'].join('\n'))
  const table = await importFrom(newStore(), join(inside, 'pairs.csv'))
  expect(table.problems).toEqual(['pairs.csv, row 5: path-escape', 'pairs.csv, row 3: path-escape', 'pairs.csv, row 4: path-escape'])
  expect(table.reasons[1]).toContain('leads out of the source')
  expect(table.pairs.map((pair) => pair.right.text)).toEqual(['comes back in', 'down and up', 'link inside', 'fine'])
  const folder = await importFrom(newStore(), inside)
  expect(folder.pairs.map((pair) => pair.right.text)).toEqual(['inside'])
  expect(folder.problems).toContain('a.png: path-escape')
  const slip = await source({ 'shard.tar': tarFile([{ name: '../../evil.png', content: await picture(8).png().toBuffer() }, { name: '/etc/evil.txt', content: 'x' }, { name: '1.png', content: await picture(9).png().toBuffer() }, { name: '1.txt', content: 'good' }]) })
  const shard = await importFrom(newStore(), join(slip, 'shard.tar'))
  expect(shard.pairs.map((pair) => pair.right.text)).toEqual(['good'])
  expect(shard.problems.map((line) => line.split(': ')[1])).toEqual(['path-escape', 'path-escape'])
})

test('names with composed and decomposed letters find their files', async () => {
  const [composed, decomposed] = ['schöne Vögel', 'schöne Vögel'].map((name, index) => name.normalize(index === 0 ? 'NFC' : 'NFD'))
  const path = await source({ [`${decomposed}/blüte.png`.normalize('NFD')]: 1, [`${composed}.png`]: 2, 'straße.png': 3, [`${decomposed}.txt`]: 'beside it' })
  writeFileSync(join(path, 'pairs.csv'), `image,caption\n${composed}/blüte.png,in a folder\n${decomposed}.png,of the top\nstraße.png,plain\n`)
  const { pairs, problems } = await importFrom(newStore(), join(path, 'pairs.csv'))
  expect(problems).toEqual([])
  expect(pairs.map((pair) => pair.right.text)).toEqual(['in a folder', 'of the top', 'plain'])
  const folder = await importFrom(newStore(), path)
  expect(folder.pairs.map((pair) => pair.right.text)).toEqual(['beside it'])
})

const words = ['grüße', 'naïve café', '“quoted” – €']
const table = `question,answer\n${words.map((word, index) => `q${index},${word}`).join('\n')}\n`
const windows1252 = Buffer.from(table.replace('“', '\x93').replace('”', '\x94').replace('–', '\x96').replace('€', '\x80'), 'latin1')
test.each<[string, Buffer, string[]]>([
  ['UTF-8', Buffer.from(table), []],
  ['UTF-8 with a mark', Buffer.from(`\ufeff${table}`), []],
  ['UTF-16, little end first', Buffer.from(`\ufeff${table}`, 'utf16le'), []],
  ['UTF-16, big end first', Buffer.from(`\ufeff${table}`, 'utf16le').swap16(), []],
  ['UTF-16 without a mark', Buffer.from(table, 'utf16le'), []],
  ['Windows-1252', windows1252, ['pairs.csv: encoding']],
  ['line ends of old Macs and of Windows', Buffer.from(table.replaceAll('\n', '\r\n')), []],
])('a table in %s', async (_title, bytes, expected) => {
  const { pairs, problems } = await importFrom(newStore(), join(await source({ 'pairs.csv': bytes }), 'pairs.csv'))
  expect(pairs.map((pair) => pair.right.text)).toEqual(words)
  expect(problems).toEqual(expected)
})

test('rows that are ragged, quoted, repeated, far too long or not whole', async () => {
  const long = 'x'.repeat(10 * 1024 * 1024)
  const path = await source({
    'pairs.csv': ['question,answer', 'short', 'one,"with, comma"', 'two,"with ""quotes"" and', 'a line"', 'three,too,many,cells', `four,${long}`, 'one,"with, comma"', 'fi\0ve,nu\0l', '', ' , ', 'six,"after them"'].join('\n'),
    'pairs.jsonl': ['{"question":"one","answer":"eins"}', '{"question":"two","answer":', 'not json', '[1]', 'null', `{"question":"three","answer":"${long}"}`, '{"question":"four","answer":"vi\\u0000er"}', '{"question":"one","answer":"eins"}', '{"question":5,"answer":[1,2]}'].join('\n'),
    'a.png': 1, 'a.txt': long, 'b.png': 2, 'b.txt': 'y'.repeat(longestText + 1), 'c.png': 3, 'c.txt': 'fine',
  })
  const csv = await importFrom(newStore(), join(path, 'pairs.csv'))
  expect(csv.pairs.map((pair) => [pair.left.text, pair.right.text])).toEqual([['one', 'with, comma'], ['two', 'with "quotes" and\na line'], ['five', 'nul'], ['six', 'after them']])
  expect(csv.record).toMatchObject({ addedPairCount: 4, knownPairCount: 1 })
  expect(csv.problems.map((line) => line.split(': ')[1]).sort()).toEqual(['broken-row', 'empty-caption', 'long-text'])
  expect(csv.reasons.every((reason) => reason.length < 400)).toBe(true)
  const jsonl = await importFrom(newStore(), join(path, 'pairs.jsonl'))
  expect(jsonl.pairs.map((pair) => [pair.left.text, pair.right.text])).toEqual([['one', 'eins'], ['four', 'vier'], ['5', '1,2']])
  expect(jsonl.problems.map((line) => line.replace(/^.*line /, 'line '))).toEqual(['line 2: broken-row', 'line 3: broken-row', 'line 4: broken-row', 'line 5: broken-row', 'line 6: long-text'])
  const folder = await importFrom(newStore(), path)
  expect(folder.problems).toEqual(expect.arrayContaining(['a.png: long-text', 'b.png: long-text']))
  expect(folder.pairs.map((pair) => pair.right.text)).toEqual(['fine'])
})

test('a file larger than any picture is not read into memory', async () => {
  const path = await source({ 'pairs.csv': 'image,caption\nlarge.png,words\n' })
  // Sparse: 300 MiB that take no room on the disk.
  writeFileSync(join(path, 'large.png'), '')
  truncateSync(join(path, 'large.png'), 300 * 1024 * 1024)
  const { problems, reasons } = await importFrom(newStore(), join(path, 'pairs.csv'))
  expect(problems).toEqual(['pairs.csv, row 2: huge-picture'])
  expect(reasons[0]).toContain('has 300 MiB; at most 256 MiB are read')
})
