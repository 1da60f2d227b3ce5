// Every form that leaves the library comes back through the import as the same pairs.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parquetMetadataAsync } from 'hyparquet'
import { afterEach, expect, test } from 'vitest'
import { dataExportOptionsSchema, type DataExportOptions } from '../../src/shared/contract/exports'
import type { PairScope } from '../../src/shared/contract/pairs'
import { countExport, exportData } from '../../src/main/engine/services/out/exportData'
import { runImport } from '../../src/main/engine/services/import/runImport'
import { createStore, type Store } from '../../src/main/engine/store/openStore'
import { comparable, hostileTexts, outProject } from '../helpers/outProject'
import { quiet } from '../helpers/importing'
import { temporaryFolder } from '../helpers/temporaryFolder'

const root = temporaryFolder()
const everything: PairScope = { filter: { query: '' }, except: [] }
const stores: Store[] = []
let number = 0
afterEach(() => stores.splice(0).forEach(store => store.close()))

async function project(): Promise<Store> {
  const store = await outProject(join(root, `project-${++number}`))
  stores.push(store)
  return store
}
const options = (given: Partial<DataExportOptions> & Pick<DataExportOptions, 'form'>): DataExportOptions => dataExportOptionsSchema.parse(given)
/** In a folder of its own two levels down, so that pictures beside it are not those of other exports. */
function freshPath(): string {
  mkdirSync(join(root, `out-${++number}`, 'inner'), { recursive: true })
  return join(root, `out-${number}`, 'inner', 'data')
}
async function write(store: Store, given: DataExportOptions, scope: PairScope = everything): Promise<{ path: string; result: Awaited<ReturnType<typeof exportData>>; problems: string[] }> {
  const path = freshPath()
  const problems: string[] = []
  const result = await exportData(store, scope, given, { path, overwrite: false }, { ...quiet, onProblem: line => problems.push(line) })
  return { path, result, problems }
}
async function readBack(...sources: string[]): Promise<Store> {
  const store = createStore(join(root, `back-${++number}`), { name: 'back', isSample: false })
  stores.push(store)
  for (const source of sources) {
    // Defaults that no row has, so that only what the file says can be right.
    const record = await runImport(store, source, null, { task: 'compose', split: 'test' }, quiet)
    expect(store.imports.listProblems(record.id, 0, 10).problems).toEqual([])
  }
  return store
}
const groupSizes = (store: Store): number[] => store.groups.list('data').map(group => group.length).sort()

test.each([
  ['csv', {}], ['tsv', {}], ['jsonl', {}], ['parquet', {}], ['parquet', { pictures: 'files' }], ['webdataset', {}], ['webdataset', { shardMegabytes: 1 }],
] as const)('%s %o comes back as the same pairs, drawn or by recipe', async (form, given) => {
  const store = await project()
  for (const derived of ['render', 'recipe'] as const) {
    const { path, result, problems } = await write(store, options({ form, derived, ...given }))
    expect([result, problems]).toEqual([{ pairCount: hostileTexts.length + 7, unheldCount: 0, brokenCount: 0 }, []])
    const back = await readBack(form === 'parquet' || form === 'webdataset' ? path : join(path, `pairs.${form}`))
    expect(await comparable(back, undefined, derived === 'render')).toEqual(await comparable(store, undefined, derived === 'render'))
    expect(groupSizes(back)).toEqual(groupSizes(store))
  }
})

test('coco and plain shards hold captions, and say how many pairs they cannot hold', async () => {
  const store = await project()
  for (const form of ['coco', 'webdataset'] as const) {
    const given = options({ form, plainMembers: true })
    expect(await countExport(store, everything, given)).toEqual({ pairCount: hostileTexts.length, leftOutCount: 7 })
    const { path, result } = await write(store, given)
    expect(result).toEqual({ pairCount: hostileTexts.length, unheldCount: 7, brokenCount: 0 })
    // COCO knows neither splits nor statuses: each split is a file.
    const back = form === 'webdataset' ? await readBack(path) : await readBackCoco(path)
    const bare = form === 'coco' ? { status: 'unreviewed' as const } : {}
    const wanted = await comparable(store, pair => pair.task === 'caption')
    expect((await comparable(back)).map(pair => ({ ...pair, ...bare }))).toEqual(expect.arrayContaining(wanted.map(pair => ({ ...pair, ...bare }))))
    expect(back.project.counts().pairCount).toBe(hostileTexts.length)
  }
})

async function readBackCoco(path: string): Promise<Store> {
  const store = createStore(join(root, `back-${++number}`), { name: 'back', isSample: false })
  stores.push(store)
  for (const split of ['train', 'validation', 'test'] as const) await runImport(store, join(path, `captions_${split}.json`), null, { task: 'caption', split }, quiet)
  return store
}

test('a filter and a selection write those pairs only', async () => {
  const store = await project()
  const filtered = await write(store, options({ form: 'csv' }), { filter: { query: 'task:edit' }, except: [] })
  expect(filtered.result.pairCount).toBe(2)
  const selected = await write(store, options({ form: 'jsonl' }), { ids: [3, 1, 3, 999_999] })
  expect(selected.result.pairCount).toBe(2)
  expect(readFileSync(join(selected.path, 'pairs.jsonl'), 'utf8').trim().split('\n').map(line => (JSON.parse(line) as { right_text: string }).right_text)).toEqual([hostileTexts[0], hostileTexts[2]])
})

test('a folder that is there is replaced only when that was asked for, and by a whole one', async () => {
  const store = await project()
  const { path } = await write(store, options({ form: 'csv' }))
  writeFileSync(join(path, 'mine.txt'), 'mine')
  const again = (overwrite: boolean, signal = quiet.signal) => exportData(store, everything, options({ form: 'jsonl' }), { path, overwrite }, { signal, onProgress: () => undefined, onProblem: () => undefined })
  await expect(again(false)).rejects.toMatchObject({ code: 'conflict' })
  await expect(again(true, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' })
  expect(readdirSync(path).sort()).toEqual(['images', 'mine.txt', 'pairs.csv'])
  await again(true)
  expect(readdirSync(path).sort()).toEqual(['images', 'pairs.jsonl'])
  expect(readdirSync(join(path, '..'))).toEqual(['data'])
})

test('a cancelled export leaves nothing', async () => {
  const store = await project()
  for (const form of ['csv', 'parquet', 'webdataset', 'coco'] as const) {
    const controller = new AbortController()
    const path = freshPath()
    // After the first batch.
    const work = exportData(store, everything, options({ form }), { path, overwrite: false }, { signal: controller.signal, onProgress: done => { if (done === 0) queueMicrotask(() => controller.abort()) }, onProblem: () => undefined })
    await expect(work).rejects.toMatchObject({ code: 'cancelled' })
    expect(readdirSync(join(path, '..'))).toEqual([])
  }
})

test('a pair whose picture is gone is left out and named', async () => {
  const store = await project()
  rmSync(store.files.absolute(store.images.get(1).relativePath ?? ''))
  for (const form of ['csv', 'parquet', 'webdataset', 'coco'] as const) {
    const { result, problems } = await write(store, options({ form }))
    expect(result.brokenCount).toBeGreaterThan(0)
    expect(problems).toHaveLength(result.brokenCount)
    expect(problems[0]).toMatch(/^Pair 1 is left out: The file of picture 1 .*is missing/)
  }
})

test('edits while an export runs do not show in it', async () => {
  const store = await project()
  const path = freshPath()
  await exportData(store, everything, options({ form: 'jsonl' }), { path, overwrite: false }, {
    ...quiet, onProblem: () => undefined,
    onProgress: done => { if (done === 0) store.history.edit('edit', [{ kind: 'pair', id: 1, before: { rightText: 'plain' }, after: { rightText: 'changed' } }]) },
  })
  expect(readFileSync(join(path, 'pairs.jsonl'), 'utf8')).not.toContain('changed')
  expect(store.pairs.get(1).right.text).toBe('changed')
})

test('formula cells are guarded on request only, and tags keep their separators', async () => {
  const store = await project()
  const plain = await write(store, options({ form: 'csv' }))
  const guarded = await write(store, options({ form: 'csv', guardFormulas: true }))
  const text = (path: string): string => readFileSync(join(path, 'pairs.csv'), 'utf8')
  expect(text(plain.path)).toContain(',"=HYPERLINK(""http://x"",""y"")",')
  expect(text(guarded.path)).toContain(`,"'=HYPERLINK(""http://x"",""y"")",`)
  expect(text(plain.path)).toContain('"[""[bracket"",""blur"",""with, comma""]"')
})

test('parquet names its splits and its features as Hugging Face reads them', async () => {
  const store = await project()
  const { path } = await write(store, options({ form: 'parquet' }))
  expect(readdirSync(path).sort()).toEqual(['test-00000.parquet', 'train-00000.parquet', 'validation-00000.parquet'])
  const bytes = readFileSync(join(path, 'train-00000.parquet'))
  const metadata = await parquetMetadataAsync(new Uint8Array(bytes).buffer)
  const features = JSON.parse(metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value ?? '{}') as { info: { features: Record<string, { _type: string }> } }
  expect(features.info.features['left_image']).toEqual({ _type: 'Image' })
  expect(features.info.features['left_text']).toEqual({ dtype: 'string', _type: 'Value' })
})

test('large shards and parts begin anew, and the pictures of many pairs are there once', async () => {
  const store = await project()
  const image = store.images.get(1)
  const bytes = Buffer.concat([readFileSync(store.files.absolute(image.relativePath ?? '')), Buffer.alloc(700 * 1024)])
  writeFileSync(store.files.absolute(image.relativePath ?? ''), bytes)
  const shards = await write(store, options({ form: 'webdataset', shardMegabytes: 1 }))
  expect(readdirSync(shards.path).filter(name => name.startsWith('train-')).length).toBeGreaterThan(1)
  const table = await write(store, options({ form: 'csv' }))
  const pictures = readdirSync(join(table.path, 'images'), { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  expect(pictures).toHaveLength(4 + 2)
  expect(existsSync(join(table.path, 'pairs.csv')) && statSync(join(table.path, 'pairs.csv')).size > 1000).toBe(true)
})
