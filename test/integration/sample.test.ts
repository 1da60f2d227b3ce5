import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { pairFilterSchema } from '../../src/shared/contract/pairs'
import { createSampleProject, ensureSampleProject, sampleProjectDir } from '../../src/main/engine/services/sampleProject'
import { openStore } from '../../src/main/engine/store/openStore'
import { sampleProjectItems } from '../../src/main/engine/toybox/sample'
import { temporaryFolder } from '../helpers/temporaryFolder'

const root = temporaryFolder()

test('the sample project holds every item with its pictures, and is made once', async () => {
  const progress: number[] = []
  const projectDir = await ensureSampleProject(root, { onProgress: done => progress.push(done) })
  expect(projectDir).toBe(sampleProjectDir(root))
  expect(readdirSync(root)).toEqual(['sample-project'])
  const items = sampleProjectItems()
  const store = openStore(projectDir)
  expect(store.project.get().isSample).toBe(true)
  const pairs = store.pairs.list(pairFilterSchema.parse({}), 'oldest', 0, -1)
  expect(pairs.map(pair => [pair.left.text, pair.right.text, pair.task, pair.split, pair.status, pair.left.imageId !== null, pair.right.imageId !== null]))
    .toEqual(items.map(item => [item.left.text, item.right.text, item.task, item.split, item.status, item.left.image !== null, item.right.image !== null]))
  expect(store.project.counts().groupCount).toBe(new Set(items.map(item => item.groupKey).filter(key => key !== null)).size)
  const first = items.find(item => item.left.image !== null)
  const image = store.images.get(pairs.find(pair => pair.left.imageId !== null)?.left.imageId ?? 0)
  const pixels = await sharp(store.files.absolute(image.relativePath ?? '')).raw().toBuffer()
  expect(pixels.equals(Buffer.from(first?.left.image?.draw() ?? []))).toBe(true)
  expect(progress.at(-1)).toBe(progress.length)
  store.close()
  expect(await ensureSampleProject(root)).toBe(projectDir)
  await expect(createSampleProject(projectDir)).rejects.toMatchObject({ code: 'conflict' })
})

test('a sample project that is broken off leaves nothing behind', async () => {
  const controller = new AbortController()
  const attempt = createSampleProject(join(root, 'broken', 'sample'), { signal: controller.signal, onProgress: done => done === 5 && controller.abort() })
  await expect(attempt).rejects.toMatchObject({ code: 'cancelled' })
  expect(readdirSync(join(root, 'broken'))).toEqual([])
})
