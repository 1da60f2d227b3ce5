// `fuselip models …` from the command line to the disk: a real engine with real model code, a hub on loopback.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parseProbe } from '../../src/main/cli/commands/blend'
import { runCli } from '../../src/main/cli/runCli'
import { createEngine, createEngineClient } from '../../src/main/engine/engine'
import type { Blend } from '../../src/shared/contract/blend'
import type { Model } from '../../src/shared/contract/entities'
import { writeColourProject } from '../helpers/colourProject'
import { DirectCompute } from '../helpers/directCompute'
import { startHub, type HubServer } from '../helpers/hubServer'

const golden = (path: string): string => fileURLToPath(new URL(`../fixtures/golden/${path}`, import.meta.url))
const repository = 'chs20/FuseLIP-S-CC3M-MM'

let dir = ''
let hub: HubServer
let results: string[] = []
let notes: string[] = []
let closedCount = 0

/** Every command opens an engine of its own and closes it, as in a terminal. */
async function models(...argv: string[]): Promise<number> {
  return runCli({
    argv: ['--project', join(dir, 'colours'), 'models', ...argv], interrupt: new AbortController().signal, rendererDir: '/none', isInteractive: false,
    writeResult: (text) => results.push(text), writeNote: (text) => notes.push(text),
    openEngine: async ({ projectDir, host }) => {
      const engine = await createEngine({ projectDir, dataDir: join(dir, 'data'), resourcesDir: resolve('resources'), computeScript: '', host, compute: new DirectCompute() })
      return {
        client: createEngineClient(engine), router: engine.router, media: {} as never,
        tokenForPath: (path) => engine.services.picker.tokenForPath(path),
        close: async () => {
          closedCount += 1
          await engine.close()
        },
      }
    },
  })
}

async function modelsJson<Result>(...argv: string[]): Promise<Result> {
  expect(await models('--json', ...argv), notes.join('\n')).toBe(0)
  return JSON.parse(results.at(-1)!) as Result
}
const listIds = async (): Promise<string[]> => (await modelsJson<Model[]>('list')).map(({ id }) => id)

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fuselip-cli-models-'))
  await writeColourProject(dir)
  hub = await startHub()
  const files = new Map(['config.json', 'pytorch_model.bin'].map((name) => [name, readFileSync(golden(`fuselip/${name}`))]))
  files.set('README.md', Buffer.from('---\nlicense: mit\n---\n# The golden model\n'))
  hub.models.set(repository, { files, licence: 'mit', token: null })
})
afterAll(async () => {
  await hub.close()
  rmSync(dir, { recursive: true, force: true })
})
beforeEach(() => {
  results = []
  notes = []
  closedCount = 0
})

describe('looking', () => {
  it('lists models as a table and as JSON, with and without the word', async () => {
    expect(await models()).toBe(0)
    expect(await models('list')).toBe(0)
    expect(results[0]).toBe(results[1])
    expect(results[0]).toMatch(/Model +Name +Kind[\s\S]*bundled:nano +Nano FuseLIP +bundled +5,358,275/)
    expect(await modelsJson<Model[]>('list')).toMatchObject([{ id: 'bundled:nano', kind: 'bundled', parameterCount: 5_358_275, licence: 'MIT' }])
    expect(closedCount).toBe(3)
  })

  it('lists the published collection with its scores, the sizes and the tokenizers', async () => {
    expect(await models('published')).toBe(0)
    expect(results[0]).toMatch(/chs20\/FuseLIP-S-CC3M-MM +13\.5 +11\.2 +15\.9 +70\.8 +49\.6 +53\.9 +79\.0/)
    expect(results[0]).toMatch(/chs20\/FuseLIP-B-CC12M-MM +32\.7 +26\.2/)
    expect(await models('sizes')).toBe(0)
    expect(results[1]).toMatch(/small +42,111,491[\s\S]*pull yucornetto\/tokenizer_titok_s128_imagenet/)
    expect(await models('tokenizers')).toBe(0)
    expect(results[2]).toMatch(/nano-titok +64 px +32 of 1024 +yes +MIT/)
  })
})

describe('the hub', () => {
  it('has an address that is set, shown and given back', async () => {
    expect(await models('hub', '--endpoint', hub.endpoint)).toBe(0)
    expect(await models('hub')).toBe(0)
    expect(results).toEqual([`${hub.endpoint}, without a token`, `${hub.endpoint}, without a token`])
    expect(await models('hub', '--endpoint', 'http://far.example')).toBe(2)
  })

  it('gives a published model, with progress and its licence', async () => {
    expect(await models('pull', repository)).toBe(0)
    expect(results[0]).toMatch(/^imported:fuselip-s-cc3m-mm: .* parameters, image tokenizer titok-s-256-\w+\. Licence: mit\.$/)
    expect(notes.join('\n')).toMatch(/Pull chs20\/FuseLIP-S-CC3M-MM: /)
    const model = (await modelsJson<Model[]>('list')).find(({ id }) => id === 'imported:fuselip-s-cc3m-mm')
    expect(model).toMatchObject({ name: 'FuseLIP-S-CC3M-MM', kind: 'imported', licence: 'mit', widthCount: 32 })
  })

  it('takes a name, and says what went wrong without leaving anything', async () => {
    const named = await modelsJson<{ summary: string; model: Model }>('pull', repository, '--name', 'Second copy')
    expect(named.model).toMatchObject({ id: 'imported:second-copy', name: 'Second copy' })
    const before = await listIds()
    hub.faults.spoil = true
    expect(await models('pull', repository)).toBe(1)
    hub.faults.spoil = false
    expect(notes.at(-1)).toMatch(/^Error: /)
    expect(await models('pull', 'chs20/absent')).toBe(3)
    expect(await models('pull', '../../etc')).toBe(2)
    expect(await models('pull', repository, '--revision', 'gone')).not.toBe(0)
    expect(await listIds()).toEqual(before)
    await hub.close()
    expect(await models('pull', repository)).toBe(1)
    expect(notes.at(-1)).toMatch(/models import/)
    hub = await startHub()
  })
})

describe('files', () => {
  it('bring a model in, from a folder and from one file of weights', async () => {
    const folder = await modelsJson<{ model: Model }>('import', golden('fuselip'), '--name', 'From a folder')
    expect(folder.model).toMatchObject({ id: 'imported:from-a-folder', name: 'From a folder', source: 'folder “fuselip”' })
    expect(await models('import', golden('fuselip/pytorch_model.bin'))).toBe(0)
    expect(results.at(-1)).toMatch(/^imported:pytorch-model: /)
    const tokenizer = await modelsJson<{ summary: string; model: null }>('import', golden('titok-b'))
    expect(tokenizer).toEqual({ summary: expect.stringMatching(/^Image tokenizer titok-b-512-/) as string, model: null })
    expect(await models('import', join(dir, 'nowhere'))).toBe(1)
    expect(await models('import', join(dir, 'colours'))).toBe(1)
    expect(await models('import')).toBe(2)
  })

  it('keep a note, and show it with disk use and what keeps them from being deleted', async () => {
    expect(await models('note', 'imported:from-a-folder', 'Golden, for tests.')).toBe(0)
    expect(await models('show', 'imported:from-a-folder')).toBe(0)
    expect(results.at(-1)).toMatch(/^imported:from-a-folder\nDisk: \d+ MB in its folder, 0 MB of cached embeddings\n\nGolden, for tests\.$/)
    expect(await modelsJson('show', 'bundled:nano')).toMatchObject({ modelId: 'bundled:nano', notes: '', obstacle: { code: 'bad-input' }, run: null, parents: [], scores: [] })
    expect(await models('note', 'imported:from-a-folder', '')).toBe(0)
    expect(await modelsJson('show', 'imported:from-a-folder')).toMatchObject({ notes: '', obstacle: null })
    expect(await models('show', 'imported:absent')).toBe(3)
  })

  it('take a model out, and what comes back is the same', async () => {
    const out = join(dir, 'out')
    expect(await models('export', 'imported:from-a-folder', out, '--form', 'pytorch,safetensors', '--licence', 'cc-by-4.0')).toBe(0)
    expect(results[0]).toMatch(/files, .* in [\s\S]*pytorch_model\.bin: /)
    expect(readFileSync(join(out, 'README.md'), 'utf8')).toContain('license: "cc-by-4.0"')
    expect(readFileSync(join(out, 'config.json'), 'utf8')).not.toContain('headCount')
    const { model } = await modelsJson<{ model: Model }>('import', out, '--name', 'Back')
    expect(model.parameterCount).toBe((await modelsJson<Model[]>('list')).find(({ id }) => id === 'imported:from-a-folder')!.parameterCount)
    const weights = (id: string): Buffer => readFileSync(join(dir, 'data', 'models', id, 'model.safetensors'))
    expect(weights('back').equals(weights('from-a-folder'))).toBe(true)
    expect(await models('export', 'imported:from-a-folder', out)).toBe(4)
    expect(await models('export', 'imported:absent', join(dir, 'out2'))).toBe(3)
    expect(await models('export', 'bundled:nano', join(dir, 'out3'), '--form', 'word')).toBe(2)
    expect(notes.join('\n')).toContain('pytorch, safetensors, onnx')
  })
})

describe('models of one’s own', () => {
  it('are made from random weights by a seed, renamed and removed', async () => {
    for (const name of ['One', 'Two']) expect((await modelsJson<{ model: Model }>('create', '--size', 'nano', '--seed', '3', '--name', name)).model).toMatchObject({ name, parameterCount: 5_358_275 })
    const weights = (id: string): Buffer => readFileSync(join(dir, 'data', 'models', id, 'model.safetensors'))
    expect(weights('one').equals(weights('two'))).toBe(true)
    expect(await models('create', '--size', 'small')).toBe(3)
    expect(notes.at(-1)).toContain('Pull yucornetto/tokenizer_titok_s128_imagenet first')
    expect(await models('create')).toBe(2)
    expect(await models('create', '--size', 'nano', '--seed', '-1')).toBe(2)

    expect(await models('rename', 'imported:two', 'Renamed')).toBe(0)
    expect(results.at(-1)).toBe('imported:two is now called “Renamed”.')
    expect((await modelsJson<Model[]>('list')).find(({ id }) => id === 'imported:two')?.name).toBe('Renamed')
    expect(await models('remove', 'imported:two')).toBe(0)
    expect(results.at(-1)).toBe('imported:two is deleted.')
    expect(existsSync(join(dir, 'data', 'models', 'two'))).toBe(false)
    for (const [id, code] of [['imported:two', 3], ['bundled:nano', 2], ['imported:../../data', 3]] as const) expect(await models('remove', id)).toBe(code)
  })

  it('are blended: measured along the line, then saved', async () => {
    const line = ['blend', 'bundled:nano', 'imported:one', '--probe', 'split:validation', '--positions', '3']
    const measured = await modelsJson<Blend>(...line)
    expect(measured).toMatchObject({ isDescendant: false, project: { pairCount: 9 }, probe: { name: 'Validation split of this project', pairCount: 6 } })
    expect(measured.points.map(({ amount, project, probe }) => [amount, project!.textToImage!.count, probe!.textToImage!.count])).toEqual([[0, 6, 6], [0.5, 6, 6], [1, 6, 6]])
    expect(notes.join('\n')).toContain('a blend of strangers is rarely good at anything')

    expect(await models(...line, '--task', 'composed')).toBe(0)
    expect(results.at(-1)).toMatch(/Tuned share +test R@1[\s\S]*0\.50 +[\d.]+ %[\s\S]*Test: Test split of this project, 9 pairs[\s\S]*says little about forgetting/)
    const { summary } = await modelsJson<{ summary: string }>('blend', 'bundled:nano', 'imported:one', '--at', '0.25', '--save', 'Quarter')
    expect(summary).toBe('imported:quarter: 0.75 × Nano FuseLIP + 0.25 × One, 5,358,275 parameters.')
    expect(await listIds()).toContain('imported:quarter')
  })

  it.each([
    [['blend', 'bundled:nano', 'imported:one', '--save', 'x'], 2, 'needs its amount'],
    [['blend', 'bundled:nano', 'imported:one', '--at', '2'], 2, 'from 0 (base) to 1 (tuned)'],
    [['blend', 'bundled:nano', 'imported:one', '--positions', '1'], 2, 'from 2 to 101'],
    [['blend', 'bundled:nano', 'imported:one', '--probe', 'words'], 2, 'names no probe set'],
    [['blend', 'bundled:nano', 'imported:from-a-folder'], 2, 'cannot be blended: expected the same image tokenizer'],
    [['blend', 'bundled:nano'], 2, 'missing required argument'],
  ])('refuse %j', async (argv, code, message) => {
    expect(await models(...argv)).toBe(code)
    expect(notes.join('\n')).toContain(message)
  })
})

it('names probe sets in words', () => {
  const token = (path: string): string => `token of ${path}`
  expect(['toybox', 'none', 'split:train', 'tag:a:b', 'project:/x'].map((text) => parseProbe(text, token))).toEqual([
    { kind: 'toybox' }, null, { kind: 'pairs', split: 'train', tag: null }, { kind: 'pairs', split: null, tag: 'a:b' }, { kind: 'project', projectToken: 'token of /x', split: null },
  ])
})
