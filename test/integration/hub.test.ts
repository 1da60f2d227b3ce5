// The hub client against a server that speaks the hub's HTTP API, in health and in sickness.
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { downloadFile, type DownloadTiming } from '../../src/main/engine/hub/download'
import { chooseFiles, getHubModel, parseRepository } from '../../src/main/engine/hub/hubModel'
import type { HubFile, HubRepository } from '../../src/main/engine/hub/hubRepository'
import { hubGet, parseEndpoint, type HubAccess } from '../../src/main/engine/hub/hubRequest'
import { publishedModels } from '../../src/main/engine/hub/published'
import { commitOf, startHub, type HubServer } from '../helpers/hubServer'
import { temporaryFolder } from '../helpers/temporaryFolder'

const root = temporaryFolder()
const weights = randomBytes(300_000)
const config = Buffer.from('{"image_tokenizer":"titok-s"}')
const timing: DownloadTiming = { attempts: 3, waitMs: 5, silenceMs: 5_000 }
const signal = new AbortController().signal
let hub: HubServer
let access: HubAccess
let dir: string
let count = 0

beforeAll(async () => {
  hub = await startHub()
  const files = new Map([['config.json', config], ['pytorch_model.bin', weights], ['README.md', Buffer.from('# Card')], ['images/teaser.png', Buffer.alloc(9)], ['.gitattributes', Buffer.alloc(3)]])
  hub.models.set('chs20/small', { files, licence: 'mit', token: null })
  hub.models.set('chs20/private', { files, licence: 'mit', token: 'hf_secret' })
  hub.models.set('chs20/gated', { files, licence: 'mit', token: null, isGated: true })
  hub.models.set('old/name', { files: new Map(), licence: 'mit', token: null, movedTo: 'chs20/small' })
})
afterAll(() => hub.close())
beforeEach(async () => {
  access = { endpoint: hub.endpoint, token: null }
  hub.requests.length = 0
  Object.assign(hub.faults, { breakAfterBytes: 0, breakCount: 0, spoil: false, ignoreRange: false, status: 0, statusCount: 0, silent: false, redirectForever: false })
  dir = join(root, `download-${count++}`)
  await mkdir(dir)
})

async function fileOf(name: string, repository = 'chs20/small'): Promise<[HubRepository, HubFile]> {
  const model = await getHubModel(access, repository, 'main', signal)
  return [model, model.files.find((file) => file.name === name)!]
}
const fetchWeights = async (changes: Partial<DownloadTiming> = {}, onProgress: (bytes: number) => void = () => undefined): Promise<Buffer> => {
  const [model, file] = await fileOf('pytorch_model.bin', access.token ? 'chs20/private' : 'chs20/small')
  await downloadFile(access, model, file, join(dir, file.name), { signal, onProgress, timing: { ...timing, ...changes } })
  return readFile(join(dir, file.name))
}

describe('what a hub says about a model', () => {
  it('is its commit, licence, files and check sums; the needed files are chosen', async () => {
    const model = await getHubModel(access, 'chs20/small', 'main', signal)
    expect(model).toMatchObject({ repository: 'chs20/small', commit: commitOf('chs20/small'), licence: 'mit' })
    expect(chooseFiles(model).map(({ name }) => name)).toEqual(['config.json', 'pytorch_model.bin', 'README.md'])
    expect((await getHubModel(access, 'old/name', 'main', signal)).commit).toBe(commitOf('chs20/small'))
  })

  it('is an answer in words where there is none', async () => {
    const refusal = (repository: string, revision = 'main') => getHubModel(access, repository, revision, signal).then(() => null, (thrown: unknown) => thrown as { code: string; message: string; advice: string })
    expect(await refusal('chs20/unknown')).toMatchObject({ code: 'not-found', message: expect.stringContaining('does not exist, or is private') as string })
    expect(await refusal('chs20/gated')).toMatchObject({ code: 'unauthorised', message: expect.stringContaining('gated') as string })
    expect(await refusal('chs20/small', 'v9')).toMatchObject({ code: 'not-found', message: expect.stringContaining('revision') as string })
    expect(await refusal('chs20/small', '../../main')).toMatchObject({ code: 'bad-input' })
    access = { endpoint: hub.endpoint, token: 'hf_wrong' }
    expect(await refusal('chs20/private')).toMatchObject({ code: 'unauthorised' })
    access = { endpoint: 'http://127.0.0.1:9', token: null }
    expect(await refusal('chs20/small')).toMatchObject({ code: 'no-network', advice: expect.stringContaining('fuselip models import FOLDER') as string })
    access = { endpoint: hub.storeOrigin, token: null }
    expect((await refusal('chs20/small'))?.code).toBe('not-found')
    hub.faults.redirectForever = true
    access = { endpoint: hub.endpoint, token: null }
    expect(await refusal('chs20/small')).toMatchObject({ code: 'bad-download', message: expect.stringContaining('redirects more than') as string })
  })

  it.each<[string[], string[] | null]>([
    [['config.json', 'model.safetensors', 'pytorch_model.bin'], ['config.json', 'model.safetensors']],
    [['config.json', 'model.safetensors.index.json', 'model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'], ['config.json', 'model.safetensors.index.json', 'model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors']],
    [['config.json'], null],
    [['pytorch_model.bin'], null],
    [['config.json', '../model.safetensors', 'sub/model.safetensors'], null],
  ])('chooses of %j the files %j', (names, expected) => {
    const model: HubRepository = { kind: 'models', repository: 'a/b', commit: '', licence: null, files: names.map((name) => ({ name, sizeBytes: 1, sha256: null, gitSha1: null })) }
    if (expected) expect(chooseFiles(model).map(({ name }) => name)).toEqual(expected)
    else expect(() => chooseFiles(model)).toThrow(/no FuseLIP or TiTok model/)
  })

  it('names repositories strictly', () => {
    expect(parseRepository(' https://huggingface.co/chs20/FuseLIP-S-CC3M-MM/tree/main ')).toBe('chs20/FuseLIP-S-CC3M-MM')
    for (const wrong of ['', 'name', 'a/b/c', '../b', 'a/..', 'a/b?x=1', 'a/b#c', 'a b/c', 'a/.hidden']) expect(() => parseRepository(wrong), wrong).toThrow(/not the name of a model/)
    for (const { repository } of publishedModels) expect(parseRepository(repository)).toBe(repository)
  })

  it('comes from endpoints that cannot leak a token', () => {
    expect(parseEndpoint('https://mirror.example/hub/')).toBe('https://mirror.example/hub')
    expect(parseEndpoint('http://127.0.0.1:8080')).toBe('http://127.0.0.1:8080')
    for (const wrong of ['ftp://a', 'mirror', 'http://mirror.example', 'https://me:pw@mirror.example', 'https://mirror.example?x']) expect(() => parseEndpoint(wrong), wrong).toThrow()
  })
})

describe('a download', () => {
  it('follows the redirect, reports progress, checks the sum and leaves no part', async () => {
    const seen: number[] = []
    expect((await fetchWeights({}, (bytes) => seen.push(bytes))).equals(weights)).toBe(true)
    expect(seen.at(-1)).toBe(weights.length)
    expect(await readdir(dir)).toEqual(['pytorch_model.bin'])
    const [model, file] = await fileOf('config.json')
    await downloadFile(access, model, file, join(dir, file.name), { signal, onProgress: () => undefined, timing })
    expect((await readFile(join(dir, 'config.json'))).equals(config)).toBe(true)
  })

  it('gives the token to the hub only, never to the store that it redirects to', async () => {
    access = { endpoint: hub.endpoint, token: 'hf_secret' }
    expect((await fetchWeights()).equals(weights)).toBe(true)
    expect(hub.requests.filter(({ host }) => host === 'hub').every(({ authorization }) => authorization === 'Bearer hf_secret')).toBe(true)
    const store = hub.requests.filter(({ host }) => host === 'store')
    expect(store.length).toBeGreaterThan(0)
    expect(store.every(({ authorization }) => authorization === null)).toBe(true)
  })

  it('goes on where the connection broke, within one call and in a later one', async () => {
    Object.assign(hub.faults, { breakAfterBytes: 100_000, breakCount: 2 })
    expect((await fetchWeights()).equals(weights)).toBe(true)
    const ranges = hub.requests.filter(({ host }) => host === 'store').map(({ range }) => range)
    expect(ranges[0]).toBeNull()
    expect(ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? ''))).toBe(true)

    dir = join(root, 'later')
    await mkdir(dir)
    Object.assign(hub.faults, { breakAfterBytes: 0, breakCount: 1 })
    const controller = new AbortController()
    Object.assign(hub.faults, { breakAfterBytes: 120_000, breakCount: 99 })
    const [model, file] = await fileOf('pytorch_model.bin')
    const first = downloadFile(access, model, file, join(dir, file.name), { signal: controller.signal, onProgress: (bytes) => { if (bytes >= 100_000) controller.abort() }, timing })
    await expect(first).rejects.toMatchObject({ name: 'AbortError' })
    hub.faults.breakCount = 0
    hub.requests.length = 0
    expect((await fetchWeights()).equals(weights)).toBe(true)
    expect(hub.requests.find(({ host }) => host === 'store')?.range).toMatch(/^bytes=[1-9]/)
  })

  it('starts over where the server ignores ranges', async () => {
    Object.assign(hub.faults, { breakAfterBytes: 50_000, breakCount: 1, ignoreRange: true })
    expect((await fetchWeights()).equals(weights)).toBe(true)
  })

  it('deletes what has a wrong check sum, large files and small ones', async () => {
    hub.faults.spoil = true
    await expect(fetchWeights()).rejects.toMatchObject({ code: 'bad-download', message: expect.stringMatching(/another check sum .*SHA-256/) as string })
    expect(await readdir(dir)).toEqual([])
    const [model, file] = await fileOf('config.json')
    await expect(downloadFile(access, model, file, join(dir, file.name), { signal, onProgress: () => undefined, timing })).rejects.toMatchObject({ message: expect.stringContaining('git SHA-1') as string })
    expect(await readdir(dir)).toEqual([])
  })

  it('does not trust a part or a file that is there already', async () => {
    const [, file] = await fileOf('pytorch_model.bin')
    await writeFile(join(dir, `pytorch_model.bin.${file.sha256!.slice(0, 16)}.part`), randomBytes(1000))
    await expect(fetchWeights()).rejects.toMatchObject({ code: 'bad-download' })
    expect((await fetchWeights()).equals(weights)).toBe(true)
    hub.requests.length = 0
    expect((await fetchWeights()).equals(weights)).toBe(true)
    expect(hub.requests.filter(({ host }) => host === 'store')).toEqual([])
    await writeFile(join(dir, 'pytorch_model.bin'), randomBytes(weights.length))
    await expect(fetchWeights()).rejects.toMatchObject({ code: 'bad-download' })
    expect(existsSync(join(dir, 'pytorch_model.bin'))).toBe(false)
  })

  it('tries again after errors of the server, and not after a no', async () => {
    Object.assign(hub.faults, { status: 503, statusCount: 2 })
    expect((await fetchWeights()).equals(weights)).toBe(true)
    for (const [status, code] of [[404, 'not-found'], [429, 'bad-download']] as const) {
      dir = join(root, `status-${status}`)
      await mkdir(dir)
      Object.assign(hub.faults, { status, statusCount: 99 })
      hub.requests.length = 0
      await expect(fetchWeights()).rejects.toMatchObject({ code })
      expect(hub.requests.filter(({ host }) => host === 'store').length).toBe(1)
    }
  })

  it('gives up on a connection that stays silent or breaks without bringing anything', async () => {
    hub.faults.silent = true
    await expect(fetchWeights({ silenceMs: 60, attempts: 2 })).rejects.toMatchObject({ code: 'no-network', advice: expect.stringContaining('what has arrived is kept') as string })
    hub.faults.silent = false
    dir = join(root, 'nothing')
    await mkdir(dir)
    Object.assign(hub.faults, { breakAfterBytes: 0, breakCount: 99 })
    await expect(fetchWeights({ attempts: 2 })).rejects.toMatchObject({ code: 'no-network' })
  })

  it('refuses more bytes than announced', async () => {
    const [model, file] = await fileOf('pytorch_model.bin')
    const short = { ...file, sizeBytes: 1000 }
    await expect(downloadFile(access, model, short, join(dir, 'short.bin'), { signal, onProgress: () => undefined, timing })).rejects.toMatchObject({ code: 'bad-download', message: expect.stringContaining('longer than the 1000 bytes') as string })
  })

  it('is refused without any check sum', async () => {
    const [model, file] = await fileOf('config.json')
    await expect(downloadFile(access, model, { ...file, gitSha1: null }, join(dir, 'config.json'), { signal, onProgress: () => undefined, timing })).rejects.toMatchObject({ message: expect.stringContaining('no check sum') as string })
    expect(await readdir(dir)).toEqual([])
  })
})

it('refuses to leave encryption on a redirect', async () => {
  // No server is asked: the address of the first request is encrypted only by name.
  const original = globalThis.fetch
  globalThis.fetch = (() => Promise.resolve(new Response(null, { status: 302, headers: { location: 'http://evil.example/x' } }))) as typeof fetch
  try {
    await expect(hubGet({ endpoint: 'https://hub.example', token: 'hf' }, '/x', { signal })).rejects.toMatchObject({ message: expect.stringContaining('without encryption') as string })
  } finally {
    globalThis.fetch = original
  }
})
