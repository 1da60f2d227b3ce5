// The project that opens at first launch: the toybox's sample items, drawn into PNG files. It is made in a folder beside
// and renamed when it is whole, so that a kill leaves either no sample or all of it.
import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import sharp from 'sharp'
import { AppError } from '../../../shared/errors'
import type { NewImage } from '../store/imageStore'
import { createStore, type Store } from '../store/openStore'
import { isProjectDir, type ProjectFiles } from '../store/projectFiles'
import { sampleProjectItems, type SampleImage, type SampleItem } from '../toybox/sample'
import { importKeyOf } from './import/importKey'
import { hashBytes } from './pictureIntake'

export const sampleProjectName = 'Sample: coloured shapes'

export interface SampleOptions {
  signal?: AbortSignal
  /** Pictures drawn so far. */
  onProgress?: (done: number, total: number) => void
}

/** Drawing takes a core, encoding a second one. */
const concurrency = 4

export const sampleProjectDir = (dataDir: string): string => join(dataDir, 'sample-project')

/** Creates the sample project of a data folder unless it is there, and returns its folder. */
export async function ensureSampleProject(dataDir: string, options: SampleOptions = {}): Promise<string> {
  const projectDir = sampleProjectDir(dataDir)
  if (!isProjectDir(projectDir)) await createSampleProject(projectDir, options)
  return projectDir
}

/** @throws AppError 'conflict' when a project is there already; 'disk-full', 'cancelled' */
export async function createSampleProject(projectDir: string, options: SampleOptions = {}): Promise<void> {
  const target = resolve(projectDir)
  if (isProjectDir(target)) throw new AppError('conflict', `There is already a project in “${target}”.`, 'Choose another folder, or remove that project first.')
  const unfinishedDir = `${target}.${randomUUID()}.unfinished`
  try {
    await mkdir(dirname(target), { recursive: true })
    const store = createStore(unfinishedDir, { name: sampleProjectName, isSample: true })
    try {
      await fill(store, sampleProjectItems(), options)
    } finally {
      store.close()
    }
    await rename(unfinishedDir, target)
  } catch (thrown) {
    await rm(unfinishedDir, { recursive: true, force: true })
    // Another process may have finished first; its project is the same.
    if (!isProjectDir(target)) throw AppError.from(thrown)
  }
}

async function fill(store: Store, items: readonly SampleItem[], options: SampleOptions): Promise<void> {
  const images = [...new Set(items.flatMap(item => [item.left.image, item.right.image]).filter(image => image !== null))]
  const drawn = await drawAll(store.files, images, options)
  store.transaction(() => {
    const imageIds = new Map([...drawn].map(([image, row]) => [image, { id: store.images.ensure(row), hash: row.hash }]))
    const revision = store.project.nextRevision()
    for (const { left, right, task, split, status, groupKey } of items) {
      const leftImage = left.image === null ? null : imageIds.get(left.image)
      const rightImage = right.image === null ? null : imageIds.get(right.image)
      const importKey = importKeyOf(leftImage?.hash ?? null, left.text, rightImage?.hash ?? null, right.text)
      if (store.pairs.findByImportKey(importKey) !== null) continue
      const pairId = store.pairs.nextId()
      store.pairs.insert(pairId, {
        leftImageId: leftImage?.id ?? null, leftText: left.text, rightImageId: rightImage?.id ?? null, rightText: right.text,
        task, split, status, tags: [], score: null, scoreModelId: null, importKey, importId: null,
      }, revision)
      if (groupKey !== null) store.groups.addToDataGroup(groupKey, pairId)
    }
  })
}

async function drawAll(files: ProjectFiles, images: readonly SampleImage[], { signal, onProgress }: SampleOptions): Promise<Map<SampleImage, NewImage>> {
  const drawn = new Map<SampleImage, NewImage>()
  const open = [...images]
  const worker = async (): Promise<void> => {
    for (let image = open.shift(); image !== undefined; image = open.shift()) {
      signal?.throwIfAborted()
      drawn.set(image, await drawOne(files, image))
      onProgress?.(drawn.size, images.length)
    }
  }
  const outcomes = await Promise.allSettled(Array.from({ length: concurrency }, worker))
  const failure = outcomes.find(outcome => outcome.status === 'rejected')
  if (failure !== undefined) throw failure.reason
  // In the order of the items, so that image ids are the same every time.
  return new Map(images.map(image => [image, drawn.get(image)!]))
}

async function drawOne(files: ProjectFiles, { draw, sizePx, fileName }: SampleImage): Promise<NewImage> {
  // Small enough to be shown without a thumbnail. A higher level saves a twentieth of the size and takes half as long again.
  const bytes = await sharp(draw(), { raw: { width: sizePx, height: sizePx, channels: 3 } }).png({ compressionLevel: 2 }).toBuffer()
  const hash = hashBytes(bytes)
  const relativePath = files.imageRelativePath(hash, 'png')
  await files.writeWhole(files.absolute(relativePath), bytes, { isDurable: false })
  return { hash, widthPx: sizePx, heightPx: sizePx, format: 'png', byteCount: bytes.byteLength, relativePath, sourceName: `${fileName}.png` }
}
