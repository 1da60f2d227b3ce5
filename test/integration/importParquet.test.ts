// Parquet files as people have them: paths, bytes, the {bytes, path} structs of Hugging Face, several captions to a picture.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { expect, test } from 'vitest'
import { inspectSource } from '../../src/main/engine/services/import/runImport'
import { importingTests } from '../helpers/importing'
import { picture } from '../helpers/pictures'

const { newStore, importFrom, source } = importingTests()
const png = (seed: number): Promise<Buffer> => picture(seed).png().toBuffer()

type WriteOptions = Parameters<typeof parquetWriteBuffer>[0]
const write = (path: string, options: WriteOptions): void => writeFileSync(path, new Uint8Array(parquetWriteBuffer(options)))

/** The layout that `datasets` writes for an Image feature beside a caption. */
const imageSchema: WriteOptions['schema'] = [
  { name: 'schema', num_children: 2 },
  { name: 'image', num_children: 2, repetition_type: 'OPTIONAL' },
  { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
  { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  { name: 'caption', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
]

test('pictures in structs, over several row groups and parts', async () => {
  const path = await source({ 'outside.png': 9 })
  const images = await Promise.all([1, 2, 3, 4, 5].map(async seed => ({ bytes: new Uint8Array(await png(seed)), path: `${seed}.png` })))
  const part = (from: number, to: number): WriteOptions => ({
    schema: imageSchema, rowGroupSize: 2,
    columnData: [{ name: 'image', data: images.slice(from, to) }, { name: 'caption', data: images.slice(from, to).map((_, index) => `caption ${from + index + 1}`) }],
  })
  write(join(path, 'train-00000-of-00002.parquet'), part(0, 3))
  write(join(path, 'train-00001-of-00002.parquet'), part(3, 5))
  const preview = await inspectSource(join(path, 'train-00000-of-00002.parquet'))
  expect(preview).toMatchObject({ kind: 'parquet', usesMapping: true, rowCount: 3, columns: ['image', 'caption'], suggestedMapping: { leftImage: 'image', leftText: null, rightImage: null, rightText: 'caption' } })
  expect(preview.sampleRows[0]).toEqual({ image: '1.png', caption: 'caption 1' })
  const folder = await source({})
  mkdirSync(join(folder, 'data'), { recursive: true })
  for (const name of ['train-00000-of-00002.parquet', 'train-00001-of-00002.parquet']) writeFileSync(join(folder, 'data', name), readFileSync(join(path, name)))
  const store = newStore()
  const { pairs, problems, record } = await importFrom(store, join(folder, 'data'))
  expect(pairs.map(pair => [pair.left.imageId, pair.right.text])).toEqual([1, 2, 3, 4, 5].map(number => [number, `caption ${number}`]))
  expect(problems).toEqual([])
  expect(record.addedPairCount).toBe(5)
  expect(store.images.get(4)).toMatchObject({ sourceName: '4.png', widthPx: 24, format: 'png' })
})

test('bare bytes, paths, numbers, empty cells, and a picture that is none', async () => {
  const path = await source({ 'pictures/a.png': 7 })
  const bytes = await png(8)
  write(join(path, 'mixed.parquet'), {
    columnData: [
      { name: 'photo', data: [new Uint8Array(bytes), new Uint8Array(bytes.subarray(0, 60)), new Uint8Array(0)], type: 'BYTE_ARRAY' },
      { name: 'file', data: ['pictures/a.png', '../escape.png', 'pictures/a.png'], type: 'STRING' },
      { name: 'label', data: [3, 4, 5], type: 'INT32' },
      { name: 'split', data: ['val', 'test', 'train'], type: 'STRING' },
    ],
  })
  const file = join(path, 'mixed.parquet')
  const byBytes = await importFrom(newStore(), file, { leftImage: 'photo', leftText: null, rightImage: null, rightText: 'label' })
  expect(byBytes.pairs.map(pair => [pair.right.text, pair.split])).toEqual([['3', 'validation']])
  expect(byBytes.problems.sort()).toEqual(['mixed.parquet, row 2: unreadable-picture', 'mixed.parquet, row 3: empty-side'])
  const byPath = await importFrom(newStore(), file, { leftImage: 'file', leftText: null, rightImage: null, rightText: 'label' })
  expect(byPath.pairs.map(pair => pair.right.text)).toEqual(['3', '5'])
  expect(byPath.problems).toEqual(['mixed.parquet, row 2: path-escape'])
})

test.each(['GZIP', 'BROTLI', 'ZSTD', 'SNAPPY', 'UNCOMPRESSED'] as const)('compression %s', async codec => {
  // Node writes two of them; the frame of Zstandard is written by hand.
  const { brotliCompressSync, gzipSync } = await import('node:zlib')
  const compressors = { GZIP: (bytes: Uint8Array) => gzipSync(bytes), BROTLI: (bytes: Uint8Array) => brotliCompressSync(bytes), ZSTD: (bytes: Uint8Array) => storedZstd(bytes) }
  const path = await source({})
  const file = join(path, '..', `${codec}.parquet`)
  const data = Array.from({ length: 300 }, (_, index) => `answer number ${index % 7}`)
  write(file, { codec, compressors, columnData: [{ name: 'question', data: data.map((_, index) => `question ${index}`), type: 'STRING' }, { name: 'answer', data, type: 'STRING' }] })
  const { pairs } = await importFrom(newStore(), file)
  expect(pairs).toHaveLength(300)
  expect(pairs[299]).toMatchObject({ left: { text: 'question 299' }, right: { text: 'answer number 5' } })
})

/** A Zstandard frame of one stored block, written by the format's definition. */
function storedZstd(bytes: Uint8Array): Uint8Array {
  const head = Buffer.alloc(12)
  head.writeUInt32LE(0xfd2fb528, 0)
  head[4] = 0xa0
  head.writeUInt32LE(bytes.length, 5)
  head.writeUIntLE((bytes.length << 3) | 1, 9, 3)
  return Buffer.concat([head, bytes])
}

test('a list of captions is one pair for each', async () => {
  const path = await source({ '1.png': 1 })
  const file = join(path, 'flickr.parquet')
  write(file, {
    schema: [
      { name: 'schema', num_children: 2 }, { name: 'image', type: 'BYTE_ARRAY', converted_type: 'UTF8' },
      { name: 'caption', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 }, { name: 'list', repetition_type: 'REPEATED', num_children: 1 }, { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
    ],
    columnData: [{ name: 'image', data: ['1.png'] }, { name: 'caption', data: [['one', 'two', 'three']] }],
  })
  const { pairs } = await importFrom(newStore(), file)
  expect(pairs.map(pair => [pair.left.imageId, pair.right.text])).toEqual([[1, 'one'], [1, 'two'], [1, 'three']])
})

test('a file that is cut or no Parquet says what to do; an unknown column names those that are there', async () => {
  const path = await source({ 'words.parquet': 'these are words, not Parquet' })
  const file = join(path, 'whole.parquet')
  write(file, { columnData: [{ name: 'question', data: ['a'], type: 'STRING' }, { name: 'answer', data: ['b'], type: 'STRING' }] })
  writeFileSync(join(path, 'cut.parquet'), readFileSync(file).subarray(0, 100))
  for (const name of ['words.parquet', 'cut.parquet']) await expect(importFrom(newStore(), join(path, name))).rejects.toMatchObject({ code: 'unreadable-file', advice: expect.stringContaining('cut short') as string })
  await expect(importFrom(newStore(), file, { leftImage: null, leftText: 'query', rightImage: null, rightText: 'answer' })).rejects.toMatchObject({ code: 'unknown-column', message: expect.stringContaining('“question”, “answer”') as string })
})
