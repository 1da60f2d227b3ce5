// Models in and out through the contract: a real engine and real model code, a hub on loopback, the golden checkpoint.
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeSafetensors } from '../../src/main/engine/compute/weights/safetensors'
import { createEngine, createEngineClient, type Engine, type EngineClient } from '../../src/main/engine/engine'
import { createStore } from '../../src/main/engine/store/openStore'
import type { Job } from '../../src/shared/contract/entities'
import { DirectCompute } from '../helpers/directCompute'
import { startHub, type HubServer } from '../helpers/hubServer'
import { temporaryFolder } from '../helpers/temporaryFolder'

const golden = (path: string): string => fileURLToPath(new URL(`../fixtures/golden/${path}`, import.meta.url))
const root = temporaryFolder()
const dataDir = join(root, 'data')
const device = { deviceId: 'cpu', threadCount: null }

const compute = new DirectCompute()
let engine: Engine
let client: EngineClient
let hub: HubServer

beforeAll(async () => {
  createStore(join(root, 'project'), { name: 'Models', isSample: false }).close()
  engine = await createEngine({ projectDir: join(root, 'project'), dataDir, resourcesDir: resolve('resources'), computeScript: '', host: 'cli', compute })
  client = createEngineClient(engine)
  hub = await startHub()
  const files = new Map(await Promise.all(['config.json', 'pytorch_model.bin'].map(async (name) => [name, await readFile(golden(`fuselip/${name}`))] as const)))
  files.set('README.md', Buffer.from('---\nlicense: mit\n---\n# The golden model\n'))
  hub.models.set('chs20/golden', { files, licence: 'mit', token: 'hf_test' })
  await client.models.setHub({ endpoint: hub.endpoint, token: 'hf_test' })
})
afterAll(async () => {
  await engine.close()
  await hub.close()
})

async function ended({ jobId }: { jobId: number }): Promise<Job> {
  await engine.services.jobs.wait(jobId)
  return client.jobs.get({ jobId })
}
const idsOf = async (): Promise<string[]> => (await client.models.list({})).map(({ id }) => id)
const tokenFor = (path: string): string => engine.services.picker.tokenForPath(path)

async function embeddingsOf(modelDir: string): Promise<number[]> {
  const sides = [{ codes: null, text: 'a red circle' }, { codes: Uint16Array.from({ length: 32 }, (_, i) => i), text: 'turn it' }]
  return [...(await compute.call('embedSides', { modelDir, sides, device })).embeddings]
}

describe('the hub', () => {
  it('is shown without its token, which only its owner can read', async () => {
    expect(await client.models.getHub({})).toEqual({ endpoint: hub.endpoint, hasToken: true, tokenSource: 'saved' })
    if (process.platform !== 'win32') expect((await stat(join(dataDir, 'hub.json'))).mode & 0o077).toBe(0)
    await expect(client.models.setHub({ endpoint: 'http://far.example' })).rejects.toMatchObject({ code: 'bad-input' })
    await expect(client.models.setHub({ token: 'two words' })).rejects.toMatchObject({ code: 'bad-input' })
    expect((await client.models.getHub({})).endpoint).toBe(hub.endpoint)
  })

  it('offers the published collection with its scores', async () => {
    const published = await client.models.listPublished({})
    expect(published.filter(({ kind }) => kind === 'fuselip').map(({ repository, scores }) => [repository, scores?.imagenet, scores?.tgit])).toEqual([
      ['chs20/FuseLIP-S-CC3M-MM', 13.5, 79.0], ['chs20/FuseLIP-B-CC3M-MM', 18.1, 94.3], ['chs20/FuseLIP-S-CC12M-MM', 26.0, 90.6], ['chs20/FuseLIP-B-CC12M-MM', 32.7, 94.2],
    ])
  })

  it('tells licence and size before anything is downloaded, and what is already here', async () => {
    const offer = await client.models.lookUp({ repository: 'chs20/golden' })
    const sizes = await Promise.all(['config.json', 'pytorch_model.bin'].map(async (name) => (await stat(golden(`fuselip/${name}`))).size))
    const totalBytes = sizes[0]! + sizes[1]! + hub.models.get('chs20/golden')!.files.get('README.md')!.length
    expect(offer).toEqual({ repository: 'chs20/golden', commit: expect.stringMatching(/^[0-9a-f]{40}$/) as string, licence: 'mit', fileCount: 3, totalBytes, presentBytes: 0 })
    await expect(client.models.lookUp({ repository: 'chs20/absent' })).rejects.toMatchObject({ code: 'unauthorised' })
    const left = join(dataDir, 'downloads', `chs20--golden-${offer.commit.slice(0, 12)}`)
    await mkdir(left, { recursive: true })
    await writeFile(join(left, 'pytorch_model.bin.0123456789abcdef.part'), new Uint8Array(1000))
    expect((await client.models.lookUp({ repository: 'chs20/golden', revision: offer.commit })).presentBytes).toBe(1000)
    await rm(left, { recursive: true })
  })

  it('gives a model that is usable, with its licence, tokenizer and embeddings', async () => {
    const job = await ended(await client.models.pull({ repository: 'chs20/golden' }))
    expect(job).toMatchObject({ state: 'done', kind: 'pull', summary: expect.stringMatching(/^imported:golden: .* Licence: mit\.$/) as string })
    expect((await client.jobs.listLog({ jobId: job.id })).map(({ line }) => line).join('\n')).toMatch(/Licence: mit[\s\S]*pytorch_model\.bin: .* check sum right/)
    const model = (await client.models.list({})).find(({ id }) => id === 'imported:golden')
    expect(model).toMatchObject({ name: 'golden', kind: 'imported', widthCount: 32, layerCount: 2, licence: 'mit', card: expect.stringContaining('The golden model') as string, source: expect.stringContaining('chs20/golden at ') as string })
    expect(await readdir(join(dataDir, 'downloads'))).toEqual([])
    const dir = join(dataDir, 'models', 'golden')
    expect(JSON.parse(await readFile(join(dir, 'config.json'), 'utf8'))).toMatchObject({ repairsText: true, headCount: 2, imageTokenCount: 32, imageTokenizer: model!.imageTokenizerId })
    expect(await embeddingsOf(dir)).toEqual(await embeddingsOf(golden('fuselip')))
    const [tokenizer] = (await client.models.listTokenizers({})).filter(({ id }) => id === model!.imageTokenizerId)
    expect(tokenizer).toMatchObject({ imageSizePx: 256, codeCount: 32, codebookSize: 256, hasDecoder: false })
    const images = [{ path: golden('images/1.png'), recipe: null }]
    const codesOf = (tokenizerDir: string) => compute.call('tokenizeImages', { tokenizerDir, images, device })
    expect(await codesOf(join(dataDir, 'tokenizers', model!.imageTokenizerId))).toEqual(await codesOf(golden('fuselip')))
    expect((await client.project.setCurrentModel({ modelId: 'imported:golden' })).currentModelId).toBe('imported:golden')
  })

  it('leaves nothing behind when the bytes are wrong, and says why', async () => {
    hub.faults.spoil = true
    const before = await idsOf()
    expect(await ended(await client.models.pull({ repository: 'chs20/golden' }))).toMatchObject({ state: 'failed', error: { code: 'bad-download' } })
    hub.faults.spoil = false
    expect(await idsOf()).toEqual(before)
    expect(await ended(await client.models.pull({ repository: 'chs20/absent' }))).toMatchObject({ state: 'failed', error: { code: 'unauthorised' } })
    await expect(client.models.pull({ repository: '../../etc' })).rejects.toMatchObject({ code: 'bad-input' })
  })
})

describe('import', () => {
  it('shares the tokenizer of an equal encoder, and adds the decoder that it lacked', async () => {
    const before = (await client.models.listTokenizers({})).length
    expect(await ended(await client.models.import({ sourceToken: tokenFor(golden('titok-s')) }))).toMatchObject({ state: 'done', summary: expect.stringMatching(/^Image tokenizer titok-s-256-/) as string })
    const tokenizers = await client.models.listTokenizers({})
    expect(tokenizers.length).toBe(before)
    expect(tokenizers.find(({ codebookSize }) => codebookSize === 256)?.hasDecoder).toBe(true)
    expect(await ended(await client.models.import({ sourceToken: tokenFor(golden('titok-b')) }))).toMatchObject({ state: 'done' })
    expect((await client.models.listTokenizers({})).length).toBe(before + 1)
  })

  it('takes a training checkpoint whose configuration lies a folder above', async () => {
    const run = join(root, 'logs', 'run')
    await mkdir(join(run, 'checkpoints'), { recursive: true })
    const json = JSON.parse(await readFile(golden('fuselip/config.json'), 'utf8')) as Record<string, unknown>
    await writeFile(join(run, 'fuse-clip-config.json'), JSON.stringify({ ...json, image_tokenizer: 'yucornetto/tokenizer_titok_s128_imagenet' }))
    await cp(golden('fuselip/pytorch_model.bin'), join(run, 'checkpoints', 'epoch_8.pt'))
    expect(await ended(await client.models.import({ sourceToken: tokenFor(join(run, 'checkpoints', 'epoch_8.pt')), name: 'Eighth' }))).toMatchObject({ state: 'done' })
    expect((await client.models.list({})).find(({ id }) => id === 'imported:eighth')).toMatchObject({ name: 'Eighth' })
  })

  it('refuses what is no model and leaves no folder', async () => {
    const wrong = join(root, 'wrong')
    await mkdir(wrong)
    await writeFile(join(wrong, 'config.json'), '{"imageTokenizer":"../../../etc"}')
    await writeSafetensors(join(wrong, 'model.safetensors'), new Map([['token_embedding.weight', { shape: [2, 2], data: new Float32Array(4) }]]))
    const before = await readdir(join(dataDir, 'models'))
    expect(await ended(await client.models.import({ sourceToken: tokenFor(wrong) }))).toMatchObject({ state: 'failed', error: { code: 'bad-model' } })
    expect(await ended(await client.models.import({ sourceToken: tokenFor(join(root, 'nowhere')) }))).toMatchObject({ state: 'failed', error: { code: 'unreadable-file' } })
    expect(await readdir(join(dataDir, 'models'))).toEqual(before)
  })
})

describe('sizes', () => {
  it('have the parameter counts of the paper’s models', async () => {
    // By hand: V·D + L·D + layers·(12·D² + 13·D) + 2·D, head V + D² + 3·D, and two scalars; the tied embedding counts once.
    expect((await client.models.listSizes({})).map(({ id, parameterCount, tokenizerId }) => [id, parameterCount, tokenizerId])).toEqual([
      ['nano', 5_358_275, 'nano-titok'], ['small', 42_111_491, null], ['base', 67_734_787, null], ['large', 130_081_539, null],
    ])
    expect((await client.models.list({})).find(({ id }) => id === 'bundled:nano')?.parameterCount).toBe(5_358_275)
  })

  it('make a model of that many random weights, the same from the same seed', async () => {
    for (const name of ['First', 'Second']) expect(await ended(await client.models.create({ sizeId: 'nano', name, seed: 7 }))).toMatchObject({ state: 'done', kind: 'addModel' })
    const [first, second] = await Promise.all(['first', 'second'].map((id) => readFile(join(dataDir, 'models', id, 'model.safetensors'))))
    expect(first!.equals(second!)).toBe(true)
    expect((await client.models.list({})).find(({ id }) => id === 'imported:first')).toMatchObject({ parameterCount: 5_358_275, imageTokenizerId: 'nano-titok', source: 'random weights, seed 7' })
    await expect(client.models.create({ sizeId: 'small' })).rejects.toMatchObject({ code: 'not-found', data: { advice: 'Pull yucornetto/tokenizer_titok_s128_imagenet first: in the Models view, or with fuselip models pull.' } })
    await expect(client.models.create({ sizeId: 'huge' })).rejects.toMatchObject({ code: 'not-found' })
  })
})

describe('export', () => {
  it('writes a checkpoint with a card that comes back as the same model', async () => {
    const job = await ended(await client.models.export({ modelId: 'imported:first', folderToken: tokenFor(root), folderName: 'out', forms: ['pytorch', 'safetensors'] }))
    expect(job).toMatchObject({ state: 'done', kind: 'export' })
    const card = await readFile(join(root, 'out', 'README.md'), 'utf8')
    expect(card).toContain('license: "unknown"')
    expect(card).toContain('Source: random weights, seed 7.')
    expect(card).toContain('Not measured.')
    expect(await ended(await client.models.import({ sourceToken: tokenFor(join(root, 'out')), name: 'Back' }))).toMatchObject({ state: 'done' })
    const back = JSON.parse(await readFile(join(dataDir, 'models', 'back', 'config.json'), 'utf8')) as Record<string, unknown>
    expect(back).toMatchObject({ imageTokenizer: 'nano-titok', headCount: 4 })
    expect(back['repairsText']).toBeUndefined()
    expect(await embeddingsOf(join(dataDir, 'models', 'back'))).toEqual(await embeddingsOf(join(dataDir, 'models', 'first')))
  })

  it('refuses a folder that is not empty and names that lead elsewhere', async () => {
    expect(await ended(await client.models.export({ modelId: 'imported:first', folderToken: tokenFor(root), folderName: 'out' }))).toMatchObject({ state: 'failed', error: { code: 'conflict' } })
    for (const folderName of ['../up', 'a/b', '', '.hidden']) await expect(client.models.export({ modelId: 'imported:first', folderToken: tokenFor(root), folderName })).rejects.toMatchObject({ code: 'bad-input' })
  })
})

describe('imported models', () => {
  it('can be renamed and removed, and the project then has the bundled one again', async () => {
    await client.models.rename({ modelId: 'imported:golden', name: 'Renamed' })
    expect((await client.models.list({})).find(({ id }) => id === 'imported:golden')?.name).toBe('Renamed')
    await client.models.remove({ modelId: 'imported:golden' })
    expect(await idsOf()).not.toContain('imported:golden')
    expect((await client.project.get({})).currentModelId).toBe('bundled:nano')
    for (const modelId of ['bundled:nano', 'run:1:best']) await expect(client.models.remove({ modelId })).rejects.toMatchObject({ code: 'bad-input' })
    await expect(client.models.remove({ modelId: 'imported:../../data' })).rejects.toMatchObject({ code: 'not-found' })
  })
})
