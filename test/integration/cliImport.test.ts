// `fuselip import` over a made-up engine: what is asked of it, and what people read.
import { createRouterClient, implement } from '@orpc/server'
import { resolve } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { contract } from '../../src/shared/contract'
import type { Job } from '../../src/shared/contract/entities'
import type { ImportPreview, ImportRecord } from '../../src/shared/contract/import'
import { runCli } from '../../src/main/cli/runCli'
import type { EngineSession, StudioClient } from '../../src/main/cli/session'

const preview: ImportPreview = {
  sourceName: 'list.json', kind: 'coco', forms: [{ kind: 'coco', label: 'COCO captions' }, { kind: 'json', label: 'JSON list of objects' }], usesMapping: false, task: 'caption',
  columns: ['left picture', 'right text'], sampleRows: [{ 'left picture': '1.jpg', 'right text': 'a dog' }], suggestedMapping: { leftImage: null, leftText: null, rightImage: null, rightText: null },
  rowCount: 5000, sampleProblems: ['list.json, annotation 7: There is no picture “7.jpg”.'], resumesAfterRow: 1200,
}
const record: ImportRecord = { id: 4, sourceName: 'list.json', startedAtMs: 0, finishedAtMs: 1, addedPairCount: 4999, knownPairCount: 0, problemCount: 1 }
const job: Job = { id: 1, kind: 'import', title: 'Import', state: 'done', phase: '', done: 1, total: 1, startedAtMs: 0, endedAtMs: 1, error: null, summary: '4,999 pairs added, 1 problem', runId: null }

let shown: ImportPreview
let calls: { name: string; input: unknown }[]
let results: string[]

function fakeClient(): StudioClient {
  const os = implement(contract)
  return createRouterClient({
    jobs: { get: os.jobs.get.handler(() => job) },
    import: {
      inspect: os.import.inspect.handler(({ input }) => (calls.push({ name: 'inspect', input }), shown)),
      start: os.import.start.handler(({ input }) => (calls.push({ name: 'start', input }), { jobId: 1 })),
      list: os.import.list.handler(() => [record]),
      listProblems: os.import.listProblems.handler(() => ({ problems: [{ id: 1, importId: 4, location: 'list.json, annotation 7', code: 'missing-picture', reason: 'There is none.' }], total: 1 })),
    },
  }) as unknown as StudioClient
}

function runCommand(...argv: string[]): Promise<number> {
  const session: EngineSession = { client: fakeClient(), router: {}, media: {} as EngineSession['media'], tokenForPath: path => `token of ${path}`, close: () => Promise.resolve() }
  return runCli({
    argv, interrupt: new AbortController().signal, rendererDir: '/none', isInteractive: false, openEngine: () => Promise.resolve(session),
    writeResult: text => results.push(text), writeNote: () => undefined,
  })
}

beforeEach(() => {
  shown = preview
  calls = []
  results = []
})

it('imports with the form that was found, and tells what could not be used', async () => {
  expect(await runCommand('import', 'list.json')).toBe(0)
  const sourceToken = `token of ${resolve('list.json')}`
  expect(calls).toEqual([
    { name: 'inspect', input: { sourceToken, kind: null } },
    { name: 'start', input: { sourceToken, kind: 'coco', startOver: false, mapping: null, task: 'caption', split: 'train' } },
  ])
  expect(results).toEqual(['4,999 pairs added, 1 problem\n  list.json, annotation 7: There is none.'])
})

it('takes another form, columns, and a fresh start', async () => {
  shown = { ...preview, kind: 'json', usesMapping: true }
  expect(await runCommand('import', 'list.json', '--format', 'json', '--start-over', '--left-image', 'file', '--right-text', 'words', '--split', 'test')).toBe(0)
  expect(calls[0]?.input).toMatchObject({ kind: 'json' })
  expect(calls[1]?.input).toMatchObject({ kind: 'json', startOver: true, split: 'test', mapping: { leftImage: 'file', leftText: null, rightImage: null, rightText: 'words' } })
})

it('shows what an import would read, and imports nothing', async () => {
  expect(await runCommand('import', 'list.json', '--dry-run')).toBe(0)
  expect(calls.map(call => call.name)).toEqual(['inspect'])
  expect(results[0]).toBe([
    'list.json: COCO captions (--format coco), 5,000 rows', 'could also be read as: json', 'goes on behind row 1,200, where an earlier import was broken off',
    '  1.jpg | a dog', '  problem: list.json, annotation 7: There is no picture “7.jpg”.',
  ].join('\n'))
  expect(await runCommand('import', 'list.json', '--dry-run', '--json')).toBe(0)
  expect(JSON.parse(results[1] ?? '')).toMatchObject({ preview: { kind: 'coco', rowCount: 5000 } })
})

it('refuses a form that it does not know', async () => {
  expect(await runCommand('import', 'list.json', '--format', 'excel')).toBe(2)
  expect(calls).toEqual([])
})
