import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { pairFilterSchema } from '../../src/shared/contract/pairs'
import type { ColumnMapping, ImportProblem, ImportRecord } from '../../src/shared/contract/import'
import { readCsvRows } from '../../src/main/engine/services/import/csvRows'
import { inspectSource, runImport } from '../../src/main/engine/services/import/runImport'
import { summarizeImport } from '../../src/main/engine/services/import/imports'
import { createStore, type Store } from '../../src/main/engine/store/openStore'
import { picture, writeFolder } from '../helpers/pictures'
import { temporaryFolder } from '../helpers/temporaryFolder'

const root = temporaryFolder()
let number = 0
const stores: Store[] = []
afterEach(() => stores.splice(0).forEach(store => store.close()))

function newStore(): Store {
  const store = createStore(join(root, `project-${++number}`), { name: 'test', isSample: false })
  stores.push(store)
  return store
}
const source = (files: Record<string, string | Uint8Array | number>): Promise<string> => writeFolder(join(root, `source-${++number}`), files)
const mapped = (change: Partial<ColumnMapping>): ColumnMapping => ({ leftImage: null, leftText: null, rightImage: null, rightText: null, ...change })
const quiet = { signal: new AbortController().signal, onProgress: () => undefined }
const captions = { task: 'caption', split: 'train' } as const
const run = (store: Store, path: string, mapping: ColumnMapping | null = null): Promise<ImportRecord> => runImport(store, path, mapping, captions, quiet)
const problemsOf = (store: Store, record: ImportRecord): ImportProblem[] => store.imports.listProblems(record.id, 0, 500).problems
const texts = (store: Store): (string | null)[] => store.pairs.list(pairFilterSchema.parse({}), 'oldest', 0, -1).map(pair => pair.right.text)

test('a folder: captions beside pictures, at any depth; whatever cannot be used is listed with its reason', async () => {
  const whole = await picture(9, 200, 200).jpeg().toBuffer()
  const path = await source({
    'a.png': 1, 'a.txt': 'first\n', 'deep/er/b.PNG': 2, 'deep/er/b.txt': '\ufeffsecond with mark',
    'c.png': 3, 'd.png': 4, 'd.txt': '  \n ', 'e.jpg': whole.subarray(0, whole.length / 2), 'e.txt': 'cut short',
    'f.png': 'this is not a picture', 'f.txt': 'not a picture', 'g.webp': new Uint8Array(0), 'g.txt': 'nothing',
    'lone.txt': 'no picture', 'notes.pdf': 'x', '.hidden': 'x', 'h.jpg': 5, 'h.jpg.txt': 'named after the whole file',
    'i.png': 6, 'i.txt': Buffer.from('caf\u00e9', 'latin1'), 'j.png': 7, 'j.txt': Buffer.from('\ufeffsixteen bits', 'utf16le'),
  })
  symlinkSync(path, join(path, 'loop'))
  const store = newStore()
  const record = await run(store, path)
  expect(texts(store)).toEqual(['first', 'second with mark', 'named after the whole file', 'café', 'sixteen bits'])
  expect(Object.fromEntries(problemsOf(store, record).map(({ location, code }) => [location, code]))).toEqual({
    'c.png': 'missing-caption', 'd.png': 'empty-caption', 'e.jpg': 'unreadable-picture', 'f.png': 'unreadable-picture',
    'g.webp': 'unreadable-picture', 'lone.txt': 'lone-caption', 'notes.pdf': 'not-a-picture', loop: 'linked-folder',
  })
  expect(record).toMatchObject({ addedPairCount: 5, knownPairCount: 0, problemCount: 8 })
  expect(record.finishedAtMs).not.toBeNull()
  expect(summarizeImport(record)).toBe('5 pairs added, 8 problems')
  const image = store.images.get(1)
  expect(image).toMatchObject({ widthPx: 24, heightPx: 16, format: 'png', sourceName: expect.stringMatching(/^source-\d+\/a\.png$/) as string })
  expect(readdirSync(join(store.projectDir, 'cache', 'incoming'))).toEqual([])
})

test('importing again adds only what is new, even after a caption was edited', async () => {
  const path = await source({ 'a.png': 1, 'a.txt': 'one', 'b.png': 2, 'b.txt': 'two' })
  const store = newStore()
  await run(store, path)
  store.history.edit('edit', [{ kind: 'pair', id: 1, before: { rightText: 'one' }, after: { rightText: 'better' } }])
  const revision = store.project.get().revision
  expect(await run(store, path)).toMatchObject({ addedPairCount: 0, knownPairCount: 2 })
  expect(store.project.get().revision).toBe(revision)
  await writeFolder(path, { 'c.png': 3, 'c.txt': 'three', 'copy of a.png': 1, 'copy of a.txt': 'one' })
  expect(await run(store, path)).toMatchObject({ addedPairCount: 1, knownPairCount: 3 })
  expect(texts(store)).toEqual(['better', 'two', 'three'])
  expect(store.project.counts().imageCount).toBe(3)
})

test('a table: suggested columns, optional columns, shared pictures, quoting, and every bad row by its number', async () => {
  const path = await source({ 'images/1.png': 1, 'images/2.png': 2, 'outside.png': 3, 'table/images/1.png': 1, 'table/images/2.png': 2 })
  const absolute = join(path, 'outside.png')
  writeFileSync(join(path, 'table', 'pairs.csv'), [
    'image_path,Question,answer,split,status,tags,group,task',
    'images/1.png,what is it?,"a ""red"" one, big",val,accepted,"x, y",g1,vqa',
    'images\\1.png,how many?,"two\nlines",TEST,,x,g1,vqa',
    `${absolute},where?,there,,,,,`,
    'images/none.png,q,a,,,,,',
    '../outside.png,q,a,,,,,',
    'https://example.org/a.png,q,a,,,,,',
    'images/2.png,q,,,,,,',
    'images/2.png,q,a,tomorrow,,,,',
    'images/2.png,q,a,,,,,,surplus',
    '',
    'images/2.png,,only the picture,train,rejected,,,',
    'images,q,a,,,,,',
  ].join('\r\n'))
  const table = join(path, 'table', 'pairs.csv')
  const preview = await inspectSource(table)
  expect(preview).toMatchObject({ sourceName: 'pairs.csv', kind: 'csv', rowCount: 11 })
  expect(preview.suggestedMapping).toEqual({
    leftImage: 'image_path', leftText: 'Question', rightImage: null, rightText: 'answer', tags: 'tags', split: 'split', group: 'group', task: 'task', status: 'status',
  })
  const store = newStore()
  const record = await run(store, table)
  const pairs = store.pairs.list(pairFilterSchema.parse({}), 'oldest', 0, -1)
  expect(pairs.map(pair => [pair.left.imageId, pair.left.text, pair.right.text, pair.task, pair.split, pair.status, pair.tags, pair.groupId])).toEqual([
    [1, 'what is it?', 'a "red" one, big', 'vqa', 'validation', 'accepted', ['x', 'y'], 1],
    [1, 'how many?', 'two\nlines', 'vqa', 'test', 'unreviewed', ['x'], 1],
    [2, 'where?', 'there', 'caption', 'train', 'unreviewed', [], null],
    [3, null, 'only the picture', 'caption', 'train', 'rejected', [], null],
  ])
  expect(problemsOf(store, record).map(({ location, code }) => `${location}: ${code}`).sort()).toEqual([
    'pairs.csv, row 10: broken-row', 'pairs.csv, row 13: missing-picture', 'pairs.csv, row 5: missing-picture',
    'pairs.csv, row 6: path-escape', 'pairs.csv, row 7: remote-picture', 'pairs.csv, row 8: empty-caption', 'pairs.csv, row 9: bad-value',
  ])
})

test('an unknown column names the columns that are there, and nothing is written', async () => {
  const path = await source({ 't.tsv': 'image\tcaption\na.png\tx\n' })
  const store = newStore()
  const error = await run(store, join(path, 't.tsv'), mapped({ leftImage: 'picture', rightText: 'caption' })).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'unknown-column' })
  expect((error as Error).message).toContain('“picture”')
  expect((error as Error).message).toContain('“image”, “caption”')
  expect(store.imports.list()).toEqual([])
  await expect(run(store, join(path, 't.tsv'), mapped({ leftImage: 'image' }))).rejects.toMatchObject({ code: 'bad-input' })
})

test('sources that are nothing to import are refused with a reason', async () => {
  const path = await source({ 'readme.md': 'x', 'empty.csv': '', 'headerOnly.csv': 'image,caption\n', 'folder/x.txt': 'x' })
  const store = newStore()
  await expect(run(store, join(path, 'gone'))).rejects.toMatchObject({ code: 'unreadable-file' })
  await expect(run(store, join(path, 'readme.md'))).rejects.toMatchObject({ code: 'bad-input' })
  await expect(run(store, join(path, 'empty.csv'))).rejects.toMatchObject({ code: 'bad-input' })
  await expect(run(store, join(path, 'headerOnly.csv'))).rejects.toMatchObject({ code: 'bad-input' })
  await expect(run(store, join(path, 'folder'))).rejects.toMatchObject({ code: 'bad-input' })
  expect(store.imports.list()).toEqual([])
})

test('JSON lines: other columns in later lines, lists, numbers, and lines that are not JSON', async () => {
  const path = await source({
    '1.png': 1, '2.png': 2,
    'pairs.jsonl': [
      '{"source_image": "1.png", "edited_image": "2.png", "instruction": "turn it", "tags": ["a", "b"]}', '', 'not json', '[1]',
      '{"source_image": "2.png", "edited_image": "1.png", "instruction": 7, "extra": {"x": 1}}',
    ].join('\n'),
  })
  const table = join(path, 'pairs.jsonl')
  const preview = await inspectSource(table)
  expect(preview.columns).toEqual(['source_image', 'edited_image', 'instruction', 'tags', 'extra'])
  expect(preview.suggestedMapping).toEqual({ leftImage: 'source_image', leftText: 'instruction', rightImage: 'edited_image', rightText: null, tags: 'tags' })
  const store = newStore()
  const record = await runImport(store, table, null, { task: 'edit', split: 'test' }, quiet)
  const pairs = store.pairs.list(pairFilterSchema.parse({}), 'oldest', 0, -1)
  expect(pairs.map(pair => [pair.left, pair.right, pair.tags, pair.task, pair.split])).toEqual([
    [{ imageId: 1, text: 'turn it' }, { imageId: 2, text: null }, ['a', 'b'], 'edit', 'test'],
    [{ imageId: 2, text: '7' }, { imageId: 1, text: null }, [], 'edit', 'test'],
  ])
  expect(problemsOf(store, record).map(problem => problem.location)).toEqual(['pairs.jsonl, line 3', 'pairs.jsonl, line 4'])
})

test.each([
  ['UTF-8 with mark', Buffer.from('\ufeffquestion;answer\nwas;schön\n')],
  ['UTF-16 little endian', Buffer.from('\ufeffquestion;answer\nwas;schön\n', 'utf16le')],
  ['UTF-16 big endian without mark', Buffer.from('question;answer\nwas;schön\n', 'utf16le').swap16()],
  ['Latin-1', Buffer.from('question;answer\nwas;schön\n', 'latin1')],
])('encodings: %s', async (name, bytes) => {
  const path = await source({ 'words.csv': bytes })
  const store = newStore()
  const record = await run(store, join(path, 'words.csv'), mapped({ leftText: 'question', rightText: 'answer' }))
  expect(texts(store)).toEqual(['schön'])
  expect(problemsOf(store, record).map(problem => problem.code)).toEqual(name === 'Latin-1' ? ['encoding'] : [])
})

test('a long table keeps its rows across the blocks it is read in', async () => {
  const count = 30_000
  const rows = Array.from({ length: count }, (_, index) => `"row ${index}, ""quoted""\nand broken",${'é'.repeat(index % 7)}x${index}`)
  const path = await source({ 'long.csv': `left,right\n${rows.join('\n')}\n` })
  let seen = 0
  for await (const row of readCsvRows(join(path, 'long.csv'), 'long.csv', 'utf-8', null)) {
    if (row.values?.['left'] !== `row ${seen}, "quoted"\nand broken` || row.values['right'] !== `${'é'.repeat(seen % 7)}x${seen}`) throw new Error(`Row ${seen} came as ${JSON.stringify(row)}`)
    seen++
  }
  expect(seen).toBe(count)
})

test('a reader that stops early lets go of the file', async () => {
  const path = await source({ 'long.csv': `left,right\n${'a,b\n'.repeat(400_000)}` })
  for await (const row of readCsvRows(join(path, 'long.csv'), 'long.csv', 'utf-8', null)) {
    expect(row.values).toEqual({ left: 'a', right: 'b' })
    break
  }
  await expect.poll(() => process.getActiveResourcesInfo().filter(name => name.startsWith('FSReq')).length).toBe(0)
})

test('a quotation mark that is never closed is listed and stops nothing', async () => {
  const path = await source({ 'open.csv': 'left,right\na,b\n"c,d\ne,f\n' })
  const store = newStore()
  const record = await run(store, join(path, 'open.csv'), mapped({ leftText: 'left', rightText: 'right' }))
  expect(texts(store)).toEqual(['b'])
  expect(problemsOf(store, record)).toMatchObject([{ location: 'open.csv, row 3', code: 'broken-row' }])
})

test('a folder that may not be read is listed', async () => {
  if (process.getuid?.() === 0) {
    // Root may read everything: a folder that vanishes between listing and reading stands in for it.
    const { scanFolder } = await import('../../src/main/engine/services/import/folderRows')
    expect((await scanFolder(join(root, 'never-there'))).problems).toMatchObject([{ code: 'unreadable-folder' }])
    return
  }
  const path = await source({ 'a.png': 1, 'a.txt': 'one' })
  mkdirSync(join(path, 'closed'))
  chmodSync(join(path, 'closed'), 0)
  const store = newStore()
  const record = await run(store, path)
  chmodSync(join(path, 'closed'), 0o700)
  expect(problemsOf(store, record)).toMatchObject([{ location: 'closed', code: 'unreadable-folder' }])
})

test('cancelling keeps the batches that were committed', async () => {
  const rows = Array.from({ length: 1000 }, (_, index) => `q${index},a${index}`)
  const path = await source({ 'many.csv': `question,answer\n${rows.join('\n')}` })
  const store = newStore()
  const controller = new AbortController()
  const progress: number[] = []
  const attempt = runImport(store, join(path, 'many.csv'), null, captions, {
    signal: controller.signal,
    onProgress: (done, total) => {
      expect(total).toBe(1000)
      progress.push(done)
      if (done >= 400) controller.abort()
    },
  })
  await expect(attempt).rejects.toMatchObject({ code: 'cancelled' })
  expect(progress).toEqual([0, 200, 400])
  expect(store.project.counts().pairCount).toBe(400)
  expect(store.imports.list()).toMatchObject([{ addedPairCount: 400, finishedAtMs: null }])
  // The same import goes on behind its last committed row.
  expect((await inspectSource(join(path, 'many.csv'), { store })).resumesAfterRow).toBe(400)
  expect(await run(store, join(path, 'many.csv'))).toMatchObject({ addedPairCount: 1000, knownPairCount: 0 })
  expect(store.imports.list()).toHaveLength(1)
  expect((await inspectSource(join(path, 'many.csv'), { store })).resumesAfterRow).toBeNull()
})

test('a copy that was deleted by hand comes back with the next import', async () => {
  const path = await source({ 'a.png': 1, 'a.txt': 'one' })
  const store = newStore()
  await run(store, path)
  const copy = store.files.absolute(store.images.get(1).relativePath ?? '')
  rmSync(copy)
  await run(store, path)
  expect(readdirSync(join(copy, '..'))).toHaveLength(1)
})
