// How long an import takes: many rows of a captions CSV over few pictures (what the rows alone cost), and many pictures
// with one row each (what a picture costs). Times are those of the processor, which other work on the machine does not
// lengthen; wall times are printed beside them. Without the thumbnails of the first 2,000. Run: node --import tsx test/bench/importSpeed.ts [rows] [pictures]
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { runImport } from '../../src/main/engine/services/import/runImport'
import { createStore } from '../../src/main/engine/store/openStore'

const [rowCount = 200_000, pictureCount = 1000] = process.argv.slice(2).map(Number)
const targetRows = 200_000
const cores = 2
/** Rows of the first measurement share so many pictures; afterwards they are remembered. */
const sharedPictures = 100

/** Soft shapes and some grain: a JPEG of about the size of a photograph. */
async function writePhotograph(path: string, seed: number): Promise<void> {
  const grain = { create: { width: 640, height: 480, channels: 3 as const, background: { r: seed % 256, g: (seed * 7) % 256, b: (seed * 13) % 256 }, noise: { type: 'gaussian' as const, mean: 128, sigma: 18 } } }
  const shapes = Buffer.from(`<svg width="640" height="480"><circle cx="${seed % 640}" cy="${(seed * 3) % 480}" r="140" fill="rgb(${seed % 200},90,160)"/><rect x="${(seed * 5) % 500}" y="40" width="180" height="300" fill="rgb(40,${seed % 255},70)" opacity="0.7"/></svg>`)
  writeFileSync(path, await sharp(grain).composite([{ input: shapes }]).jpeg({ quality: 85 }).toBuffer())
}

async function writeCaptions(path: string, rows: number, pictures: number): Promise<void> {
  const file = createWriteStream(path)
  file.write('image,caption\n')
  for (let row = 0; row < rows; row++) {
    const line = `photos/${row % pictures}.jpg,"a photograph with number ${row}, taken near the ${row % 97}th bridge of the town on a clear morning"\n`
    if (!file.write(line)) await once(file, 'drain')
  }
  file.end()
  await once(file, 'finish')
}

interface Measurement {
  processorSeconds: number
  wallSeconds: number
  peakMiB: number
}

async function measure(work: () => Promise<void>): Promise<Measurement> {
  let peakBytes = 0
  const watching = setInterval(() => { peakBytes = Math.max(peakBytes, process.memoryUsage.rss()) }, 200)
  const before = process.cpuUsage()
  const start = performance.now()
  await work()
  const { user, system } = process.cpuUsage(before)
  clearInterval(watching)
  return { processorSeconds: (user + system) / 1e6, wallSeconds: (performance.now() - start) / 1000, peakMiB: peakBytes / 2 ** 20 }
}

async function importAll(root: string, name: string, csv: string, expected: number): Promise<Measurement> {
  const store = createStore(join(root, name), { name, isSample: false })
  try {
    return await measure(async () => {
      const record = await runImport(store, csv, null, { task: 'caption', split: 'train' }, { signal: new AbortController().signal, onProgress: () => undefined, thumbnailCount: 0 })
      if (record.addedPairCount !== expected) throw new Error(`Expected ${expected} pairs, got ${record.addedPairCount} and ${record.problemCount} problems.`)
    })
  } finally {
    store.close()
  }
}

const show = (label: string, { processorSeconds, wallSeconds, peakMiB }: Measurement, count: number): void =>
  console.log(`${label}: ${processorSeconds.toFixed(1)} s of processor (${((processorSeconds / count) * 1000).toFixed(3)} ms each), ${wallSeconds.toFixed(1)} s wall, at most ${peakMiB.toFixed(0)} MiB`)

const root = mkdtempSync(join(tmpdir(), 'fuselip-import-bench-'))
try {
  mkdirSync(join(root, 'photos'))
  for (let index = 0; index < Math.max(pictureCount, sharedPictures); index++) await writePhotograph(join(root, 'photos', `${index}.jpg`), index)
  await writeCaptions(join(root, 'pictures.csv'), pictureCount, pictureCount)
  const pictures = await importAll(root, 'pictures', join(root, 'pictures.csv'), pictureCount)
  show(`${pictureCount.toLocaleString('en')} pictures with a row each`, pictures, pictureCount)
  await writeCaptions(join(root, 'rows.csv'), rowCount, sharedPictures)
  const rows = await importAll(root, 'rows', join(root, 'rows.csv'), rowCount)
  show(`${rowCount.toLocaleString('en')} rows over ${sharedPictures} pictures`, rows, rowCount)
  const wholeSeconds = (pictures.processorSeconds / pictureCount) * targetRows
  console.log(`${targetRows.toLocaleString('en')} rows, each with a picture of its own: ${(wholeSeconds / 60).toFixed(1)} minutes of processor, ${(wholeSeconds / 60 / cores).toFixed(1)} on ${cores} cores that are both busy (goal: 10)`)
  console.log(`${targetRows.toLocaleString('en')} rows without new pictures: ${((rows.processorSeconds / rowCount) * targetRows).toFixed(1)} s of one core (goal: 60)`)
} finally {
  rmSync(root, { recursive: true, force: true })
}
