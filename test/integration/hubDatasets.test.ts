// A data set by its name: from a hub on loopback, in health and in sickness, through the contract and the command line,
// to pairs with pictures. The engine is real but for its compute thread, which imports do not need.
import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runCli } from '../../src/main/cli/runCli'
import { createEngine, createEngineClient, type Engine, type EngineClient } from '../../src/main/engine/engine'
import { HubDatasets } from '../../src/main/engine/services/hubDatasets'
import { HubSettings } from '../../src/main/engine/services/hubSettings'
import { createStore } from '../../src/main/engine/store/openStore'
import type { Job } from '../../src/shared/contract/entities'
import { FakeCompute } from '../helpers/fakeCompute'
import { commitOf, startHub, type HubServer } from '../helpers/hubServer'
import { picture } from '../helpers/pictures'
import { tarFile } from '../helpers/tarFile'
import { temporaryFolder } from '../helpers/temporaryFolder'

const root = temporaryFolder()
let hub: HubServer
let engine: Engine
let client: EngineClient
let count = 0
let dataDir = ''

const png = (seed: number, size = 40): Promise<Buffer> => picture(seed, size, size).png().toBuffer()

/** The layout that `datasets` writes for an Image feature beside a caption. */
async function parquet(seeds: readonly number[]): Promise<Buffer> {
  const images = await Promise.all(seeds.map(async (seed) => ({ bytes: new Uint8Array(await png(seed)), path: `${seed}.png` })))
  return Buffer.from(parquetWriteBuffer({
    schema: [
      { name: 'schema', num_children: 2 }, { name: 'image', num_children: 2, repetition_type: 'OPTIONAL' },
      { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' }, { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      { name: 'caption', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
    ],
    columnData: [{ name: 'image', data: images }, { name: 'caption', data: seeds.map((seed) => `caption ${seed}`) }],
  }))
}

beforeAll(async () => {
  hub = await startHub()
  const open = { licence: 'cc-by-4.0', token: null }
  const files = new Map([
    ['README.md', Buffer.from('# Card')], ['data/train-00000-of-00002.parquet', await parquet([1, 2])], ['data/train-00001-of-00002.parquet', await parquet([3])], ['data/validation-00000-of-00001.parquet', await parquet([4])],
  ])
  hub.datasets.set('people/captions', { ...open, files })
  hub.datasets.set('people/private', { ...open, token: 'hf_secret', files })
  hub.datasets.set('people/gated', { ...open, isGated: true, files })
  hub.datasets.set('old/captions', { ...open, files: new Map(), movedTo: 'people/captions' })
  hub.datasets.set('people/table', {
    ...open, files: new Map<string, Buffer>([['train/metadata.csv', Buffer.from('file_name,caption,tags\n1.png,a small one,seen\nsub/2.png,a second,\n3.png,is not there,\n')], ['train/1.png', await png(5)], ['train/sub/2.png', await png(6)]]),
  })
  hub.datasets.set('people/shards', { ...open, files: new Map([['shard-0.tar', tarFile([{ name: '1.png', content: await png(7) }, { name: '1.txt', content: 'in a shard' }])]]) })
  hub.datasets.set('people/script', { ...open, files: new Map([['script.py', Buffer.from('…')], ['raw.zip', Buffer.from('PK')]]), converted: new Map([['default/partial-train/0000.parquet', await parquet([8])]]) })
  hub.datasets.set('people/zip', { ...open, files: new Map([['raw.zip', Buffer.from('PK')]]) })
  hub.datasets.set('people/evil', { ...open, files: new Map([['../../outside.csv', Buffer.from('a,b\n')], ['train.csv', Buffer.from('question,answer\nwhat?,that\n')]]) })
  hub.datasets.set('people/two', { ...open, configs: [{ config_name: 'a', data_files: 'one.csv' }, { config_name: 'b', data_files: [{ split: 'test', path: ['two.csv'] }] }], files: new Map([['one.csv', Buffer.from('question,answer\n1,eins\n')], ['two.csv', Buffer.from('question,answer\n2,zwei\n')]]) })
})
afterAll(() => hub.close())

beforeEach(async () => {
  Object.assign(hub.faults, { breakAfterBytes: 0, breakCount: 0, spoil: false, ignoreRange: false, status: 0, statusCount: 0, silent: false, redirectForever: false })
  hub.requests.length = 0
  dataDir = join(root, `data-${++count}`)
  mkdirSync(dataDir)
  const projectDir = join(root, `project-${count}`)
  createStore(projectDir, { name: 'hub', isSample: false }).close()
  engine = await createEngine({ projectDir, dataDir, resourcesDir: resolve('resources'), computeScript: '', host: 'cli', compute: new FakeCompute() })
  client = createEngineClient(engine)
  await client.models.setHub({ endpoint: hub.endpoint })
})
afterEach(() => engine.close())

async function fetchParts(repository: string, ...partIds: string[]): Promise<Job> {
  const { jobId } = await client.import.fetchHub({ repository, partIds })
  return engine.services.jobs.wait(jobId)
}
async function importAll(repository: string): Promise<string[]> {
  for (const { sources, projectSplit, repository: own } of await client.import.listHubSources({})) {
    if (own !== repository) continue
    for (const { token } of sources) {
      const { jobId } = await client.import.start({ sourceToken: token, split: projectSplit ?? 'train' })
      expect((await engine.services.jobs.wait(jobId)).state).toBe('done')
    }
  }
  return (await client.pairs.list({})).pairs.map((pair) => `${pair.split} ${pair.left.imageId === null ? pair.left.text : 'picture'}: ${pair.right.text}`).sort()
}

describe('what a data set offers', () => {
  it('is its parts with sizes, and its licence; nothing is downloaded', async () => {
    const offer = await client.import.lookUpHub({ repository: 'https://huggingface.co/datasets/people/captions/tree/main' })
    expect(offer).toMatchObject({ repository: 'people/captions', commit: commitOf('people/captions'), licence: 'cc-by-4.0', isConverted: false })
    const [first, second] = ['data/train-00000-of-00002.parquet', 'data/train-00001-of-00002.parquet'].map((name) => hub.datasets.get('people/captions')!.files.get(name)!.length)
    expect(offer.parts).toEqual([
      { id: 'default/train', config: 'default', split: 'train', form: 'parquet', fileCount: 2, totalBytes: first! + second!, presentBytes: 0 },
      expect.objectContaining({ id: 'default/validation', fileCount: 1 }),
    ])
    expect(hub.requests.every(({ host, path }) => host === 'hub' && path.startsWith('/api/datasets/'))).toBe(true)
    expect((await client.import.lookUpHub({ repository: 'old/captions' })).parts).toHaveLength(2)
  })

  it('is the Parquet of the hub where its own files are of no known form', async () => {
    expect(await client.import.lookUpHub({ repository: 'people/script' })).toMatchObject({ isConverted: true, licence: 'cc-by-4.0', parts: [{ id: 'default/train', form: 'parquet' }] })
    await expect(client.import.lookUpHub({ repository: 'people/zip' })).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('.zip') as string })
  })

  it('is an answer in words where there is none', async () => {
    const refusal = (repository: string, revision = 'main') => client.import.lookUpHub({ repository, revision }).then(() => null, (thrown: unknown) => thrown as { code: string; message: string; data: { advice: string } })
    expect(await refusal('people/none')).toMatchObject({ code: 'not-found', message: 'The data set people/none does not exist, or is private (401).', data: { advice: expect.stringContaining('private data set') as string } })
    expect(await refusal('people/gated')).toMatchObject({ code: 'unauthorised', message: expect.stringContaining('gated') as string, data: { advice: expect.stringContaining('page of the data set') as string } })
    expect(await refusal('people/captions', 'v9')).toMatchObject({ code: 'not-found', message: expect.stringContaining('revision') as string })
    expect(await refusal('no slash')).toMatchObject({ code: 'bad-input', data: { advice: expect.stringContaining('owner/name') as string } })
    hub.faults.redirectForever = true
    expect(await refusal('people/captions')).toMatchObject({ code: 'bad-download', message: expect.stringContaining('redirects') as string })
  })

  it('says what to do without a network, and lists what is here already', async () => {
    await fetchParts('people/two', 'a/train')
    await client.models.setHub({ endpoint: 'http://127.0.0.1:9' })
    await expect(client.import.lookUpHub({ repository: 'people/captions' })).rejects.toMatchObject({ code: 'no-network', data: { advice: expect.stringContaining('import the folder') as string } })
    const job = await fetchParts('people/captions', 'default/train')
    expect(job).toMatchObject({ state: 'failed', error: { code: 'no-network' } })
    expect(await client.import.listHubSources({})).toMatchObject([{ repository: 'people/two', partId: 'a/train', licence: 'cc-by-4.0', projectSplit: 'train' }])
    expect(await importAll('people/two')).toEqual(['train 1: eins'])
  })
})

describe('downloading and importing', () => {
  it('brings parts of a data set as pairs, in the splits that their names mean', async () => {
    expect(await fetchParts('people/captions', 'default/train', 'default/validation')).toMatchObject({ state: 'done', summary: expect.stringContaining('Licence: cc-by-4.0') as string })
    expect(await importAll('people/captions')).toEqual(['train picture: caption 1', 'train picture: caption 2', 'train picture: caption 3', 'validation picture: caption 4'])
    const [{ sources } = { sources: [] }] = await client.import.listHubSources({})
    expect(await client.import.previewPairs({ sourceToken: sources[0]!.token })).toMatchObject([{ isUsable: true, left: { drawingId: expect.stringMatching(/^[0-9a-f]{64}$/) as string }, right: { text: 'caption 4' } }])
    const { path } = await engine.services.images.imageFile((await client.pairs.list({})).pairs.find((pair) => pair.right.text === 'caption 1')!.left.imageId!, 'full')
    expect(readFileSync(path).equals(await png(1))).toBe(true)
  })

  it('brings tables with their pictures, shards, and converted Parquet; a name that leads out is never written', async () => {
    for (const [repository, part] of [['people/table', 'default/train'], ['people/shards', 'default/train'], ['people/evil', 'default/train']] as const) expect((await fetchParts(repository, part)).error).toBeNull()
    const { jobId } = await client.import.fetchHub({ repository: 'people/script', partIds: ['default/train'] })
    expect((await engine.services.jobs.wait(jobId)).error).toBeNull()
    expect(hub.requests.some(({ path }) => path.includes('outside'))).toBe(false)
    await importAll('people/table')
    await importAll('people/evil')
    await importAll('people/script')
    expect(await importAll('people/shards')).toEqual(['train picture: a second', 'train picture: a small one', 'train picture: caption 8', 'train picture: in a shard', 'train what?: that'])
    const problems = await Promise.all((await client.import.list({})).map(async ({ id }) => (await client.import.listProblems({ importId: id })).problems))
    expect(problems.flat().map(({ location, code }) => `${location}: ${code}`)).toEqual(['metadata.csv, row 4: missing-picture'])
  })

  it('goes on where a transfer broke, and gives the token to the hub alone', async () => {
    await client.models.setHub({ token: 'hf_secret' })
    Object.assign(hub.faults, { breakAfterBytes: 700, breakCount: 2 })
    const quick = new HubDatasets({ hub: new HubSettings(dataDir), jobs: engine.services.jobs, picker: engine.services.picker, dataDir, timing: { attempts: 3, waitMs: 5, silenceMs: 5000 } })
    const { jobId } = quick.fetch({ repository: 'people/private', revision: 'main', partIds: ['default/train'] })
    expect((await engine.services.jobs.wait(jobId)).error).toBeNull()
    const fromStore = hub.requests.filter(({ host }) => host === 'store')
    expect(fromStore.map(({ range }) => range)).toEqual([null, 'bytes=700-', 'bytes=1400-', null])
    expect(fromStore.every(({ authorization }) => authorization === null)).toBe(true)
    expect(hub.requests.filter(({ host }) => host === 'hub').every(({ authorization }) => authorization === 'Bearer hf_secret')).toBe(true)
    expect(await importAll('people/private')).toHaveLength(3)
  })

  it('keeps nothing whose check sum is wrong, and what came before a cut', async () => {
    hub.faults.spoil = true
    expect(await fetchParts('people/captions', 'default/validation')).toMatchObject({ state: 'failed', error: { code: 'bad-download', message: expect.stringContaining('check sum') as string } })
    expect(await client.import.listHubSources({})).toEqual([])
    expect((await client.import.lookUpHub({ repository: 'people/captions' })).parts[1]!.presentBytes).toBe(0)
    hub.faults.spoil = false
    Object.assign(hub.faults, { breakAfterBytes: 500, breakCount: 1 })
    const once = new HubDatasets({ hub: new HubSettings(dataDir), jobs: engine.services.jobs, picker: engine.services.picker, dataDir, timing: { attempts: 1, waitMs: 5, silenceMs: 5000 } })
    const { jobId } = once.fetch({ repository: 'people/captions', revision: 'main', partIds: ['default/validation'] })
    expect(await engine.services.jobs.wait(jobId)).toMatchObject({ state: 'failed', error: { code: 'no-network' } })
    expect((await client.import.lookUpHub({ repository: 'people/captions' })).parts[1]!.presentBytes).toBe(500)
    hub.requests.length = 0
    expect((await fetchParts('people/captions', 'default/validation')).state).toBe('done')
    expect(hub.requests.filter(({ host }) => host === 'store').map(({ range }) => range)).toEqual(['bytes=500-'])
  })

  it('forgets a part, and refuses one that does not exist', async () => {
    await fetchParts('people/two', 'b/test')
    const [source] = await client.import.listHubSources({})
    expect(source).toMatchObject({ partId: 'b/test', projectSplit: 'test', sources: [{ name: 'two.csv' }] })
    expect(await client.import.removeHubSource({ repository: source!.repository, commit: source!.commit, partId: 'b/test' })).toEqual([])
    await expect(client.import.removeHubSource({ repository: 'people/two', commit: source!.commit, partId: 'b/test' })).rejects.toMatchObject({ code: 'not-found' })
    expect(await fetchParts('people/two', 'c/train')).toMatchObject({ state: 'failed', error: { code: 'not-found', advice: 'Choose among: a/train, b/test.' } })
  })
})

describe('fuselip import hf:owner/name', () => {
  const run = async (...argv: string[]): Promise<{ code: number; results: string[]; notes: string[] }> => {
    const results: string[] = []
    const notes: string[] = []
    const code = await runCli({
      argv: ['import', ...argv], interrupt: new AbortController().signal, rendererDir: '/none', isInteractive: false, writeResult: (text) => results.push(text), writeNote: (text) => notes.push(text),
      openEngine: () => Promise.resolve({ client, router: engine.router, media: {} as never, tokenForPath: (path) => engine.services.picker.tokenForPath(path), close: () => Promise.resolve() }),
    })
    return { code, results, notes }
  }

  it('shows parts, sizes and licence, and imports nothing', async () => {
    const { code, results } = await run('hf:people/two', '--dry-run')
    expect(code).toBe(0)
    expect(results[0]).toContain('Licence: cc-by-4.0.')
    expect(results[0]).toContain('--part a/train: table, 1 file')
    expect((await client.pairs.list({})).total).toBe(0)
  })

  it('imports all splits of the only configuration, or the parts that are named', async () => {
    const all = await run('hf:people/captions@main')
    expect(all.code).toBe(0)
    expect(all.results[0]).toContain('default/validation: 1 pair added')
    const undecided = await run('hf:people/two')
    expect(undecided.code).toBe(2)
    expect(undecided.notes.join('\n')).toContain('--part config/split')
    expect((await run('hf:people/two', '--part', 'b/test')).code).toBe(0)
    expect((await client.pairs.list({ filter: { query: 'split:test' } })).pairs.map((pair) => pair.right.text)).toEqual(['zwei'])
  })
})
