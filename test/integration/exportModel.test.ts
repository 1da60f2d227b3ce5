// Models written for use elsewhere, against the checkpoint that the reference saved (test/fixtures/golden), and read back.
import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as ort from 'onnxruntime-node'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { exportModel, type ExportRequest } from '../../src/main/engine/compute/export/exportModel'
import { readModelFolder } from '../../src/main/engine/compute/fuselip/modelFolder'
import { createHandlers } from '../../src/main/engine/compute/thread/handlers'
import type { SideInput } from '../../src/main/engine/compute/thread/protocol'
import { encoderFingerprint, readTokenizerFolder } from '../../src/main/engine/compute/titok/tokenizerFolder'
import { readPytorch } from '../../src/main/engine/compute/weights/pytorch'
import { readSafetensors } from '../../src/main/engine/compute/weights/safetensors'
import type { WeightMap } from '../../src/main/engine/compute/weights/namedArray'
import { temporaryFolder } from '../helpers/temporaryFolder'

const goldenPath = (path: string): string => fileURLToPath(new URL(`../fixtures/golden/${path}`, import.meta.url))
const root = temporaryFolder()
const modelDir = goldenPath('fuselip')
const outputDir = join(root, 'exported')
const device = { deviceId: 'cpu', threadCount: null }
const handlers = createHandlers()
const context = { signal: new AbortController().signal, emit: () => undefined as never }
const request: ExportRequest = {
  modelDir, tokenizerDir: goldenPath('titok-s'), outputDir, forms: ['pytorch', 'safetensors', 'onnx'], halfPrecision: false, name: 'Golden', licence: 'MIT', card: '# Golden\n',
}
const write = (change: Partial<ExportRequest>) => exportModel({ ...request, ...change }, () => undefined, context.signal)

let golden: WeightMap
const phases: string[] = []
beforeAll(async () => {
  golden = (await readSafetensors(goldenPath('golden.safetensors'))).weights
  await exportModel(request, (phase, done, total) => phases.push(`${phase} ${done}/${total}`), context.signal)
})

const bytesOf = (data: Float32Array): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength)
const sides: SideInput[] = [
  { codes: null, text: 'a red circle' }, { codes: Uint16Array.from({ length: 32 }, (_, i) => i * 7), text: null }, { codes: Uint16Array.from({ length: 32 }, (_, i) => 255 - i), text: 'turn it' },
]

describe('the checkpoint', () => {
  it.each(['pytorch_model.bin', 'model.safetensors'])('%s has the names, order, shapes and numbers that the reference saved', async (name) => {
    const expected = await readPytorch(join(modelDir, 'pytorch_model.bin'))
    const found = name.endsWith('.bin') ? await readPytorch(join(outputDir, name)) : (await readSafetensors(join(outputDir, name))).weights
    expect([...found].map(([key, { shape }]) => [key, shape])).toEqual([...expected].map(([key, { shape }]) => [key, shape]))
    for (const [key, { data }] of expected) expect(bytesOf(found.get(key)!.data).equals(bytesOf(data)), key).toBe(true)
  })

  it('stores the tied embedding once and has the reference’s config.json, key by key', async () => {
    const found = await readPytorch(join(outputDir, 'pytorch_model.bin'))
    expect(found.get('mask_prediction_head.decoder.weight')!.data).toBe(found.get('token_embedding.weight')!.data)
    expect(JSON.parse(await readFile(join(outputDir, 'config.json'), 'utf8'))).toEqual(JSON.parse(await readFile(join(modelDir, 'config.json'), 'utf8')))
  })

  it('gives identical embeddings and codes when it is read again', async () => {
    const before = await handlers.embedSides({ modelDir, sides, device }, context)
    const images = [0, 1].map((i) => ({ path: goldenPath(`images/${i}.png`), recipe: null }))
    const codes = await handlers.tokenizeImages({ tokenizerDir: modelDir, images, device }, context)
    for (const form of ['pytorch', 'safetensors'] as const) {
      const dir = join(root, `only-${form}`)
      await write({ outputDir: dir, forms: [form] })
      expect(bytesOf((await handlers.embedSides({ modelDir: dir, sides, device }, context)).embeddings).equals(bytesOf(before.embeddings)), form).toBe(true)
      expect(await handlers.tokenizeImages({ tokenizerDir: dir, images, device }, context)).toEqual(codes)
      expect(encoderFingerprint(await readTokenizerFolder(dir))).toBe(encoderFingerprint(await readTokenizerFolder(goldenPath('titok-s'))))
    }
  })

  it('is halved on request, close to what it was', async () => {
    const dir = join(root, 'half')
    const { files } = await write({ outputDir: dir, forms: ['pytorch', 'safetensors'], halfPrecision: true })
    const size = (name: string) => files.find((file) => file.name === name)!.bytes
    expect(size('pytorch_model.bin')).toBeLessThan(0.52 * (await readFile(join(outputDir, 'pytorch_model.bin'))).length)
    const { weights } = await readModelFolder(dir)
    const exact = (await readModelFolder(modelDir)).weights.get('ln_final.weight')!.data
    weights.get('ln_final.weight')!.data.forEach((value, i) => expect(Math.abs(value - exact[i]!)).toBeLessThan(1e-3))
  })
})

describe('the ONNX graphs', () => {
  const load = (name: string) => ort.InferenceSession.create(join(outputDir, 'onnx', name))

  it.each(['image', 'text', 'both', 'mixed'])('give the reference’s features of sides with %s, for any number of rows', async (kind) => {
    const session = await load('sequence-encoder.onnx')
    const { data, shape: [rows, length] } = golden.get(`ids.${kind}`)! as { data: Float32Array; shape: [number, number] }
    const expected = golden.get(`features.${kind}`)!.data
    const width = expected.length / rows
    for (const count of [rows, 1, 3]) {
      const { embedding } = await session.run({ ids: new ort.Tensor('int32', Int32Array.from(data.subarray(0, count * length)), [count, length]) })
      expect(embedding!.dims).toEqual([count, width])
      const worst = (embedding!.data as Float32Array).reduce((largest, value, i) => Math.max(largest, Math.abs(value - expected[i]!)), 0)
      expect(worst).toBeLessThan(2e-5)
    }
    await session.release()
  })

  it('give the reference’s codes, for any number of pictures', async () => {
    const session = await load('image-encoder.onnx')
    const pixels = golden.get('images.resized_u8')!
    const one = pixels.data.length / 4
    for (const count of [4, 1]) {
      const { codes } = await session.run({ pixels: new ort.Tensor('float32', Float32Array.from(pixels.data.subarray(0, count * one), (value) => value / 255), [count, 256, 256, 3]) })
      expect(codes!.dims).toEqual([count, 32])
      expect([...(codes!.data as Int32Array)]).toEqual([...golden.get('titok_s.codes')!.data.subarray(0, 32 * count)])
    }
    await session.release()
  })

  it('take and give what the manifest says', async () => {
    const manifest = JSON.parse(await readFile(join(outputDir, 'onnx/manifest.json'), 'utf8')) as { sequence: Record<string, unknown>; image: Record<string, unknown> }
    expect(manifest.sequence).toMatchObject({ imageOffset: 49_409, startId: 49_406, endId: 49_407, contextLength: 64, width: 32 })
    expect(manifest.image).toMatchObject({ sizePx: 256, tokenCount: 32, codebookSize: 256 })
    const session = await load('sequence-encoder.onnx')
    expect([session.inputNames, session.outputNames]).toEqual([['ids'], ['embedding']])
    await session.release()
  })

  it('come with an example for Node that gives the same embedding', async () => {
    await symlink(resolve('node_modules'), join(outputDir, 'onnx', 'node_modules'))
    const pixels = golden.get('images.resized_u8')!.data.subarray(0, 256 * 256 * 3)
    const picture = join(root, 'picture.png')
    // Of the model's own size, so that no filter comes between.
    await sharp(Uint8Array.from(pixels), { raw: { width: 256, height: 256, channels: 3 } }).png().toFile(picture)
    const run = async (...parameters: string[]) =>
      JSON.parse((await promisify(execFile)(process.execPath, [join(outputDir, 'onnx/example.mjs'), ...parameters])).stdout) as number[]
    const text = 'It’s a naïve CAT, 3 cats; isn\'t it? 日本'
    const codes = Uint16Array.from(golden.get('titok_s.codes')!.data.subarray(0, 32))
    const { embeddings } = await handlers.embedSides({ modelDir, sides: [{ codes, text }, { codes: null, text }], device }, context)
    const both = await run('--image', picture, '--text', text)
    const alone = await run('--text', text)
    ;[...both, ...alone].forEach((value, i) => expect(Math.abs(value - embeddings[i]!)).toBeLessThan(2e-6))
  })
})

describe('an export', () => {
  it('tells its phases and files', async () => {
    expect(phases).toEqual(['writing pytorch_model.bin 0/4', 'writing model.safetensors 1/4', 'tracing the image encoder 2/4', 'tracing the sequence encoder 3/4', 'done 4/4'])
    expect((await readdir(outputDir)).sort()).toEqual(['README.md', 'config.json', 'fuselip-studio.json', 'image_tokenizer.json', 'model.safetensors', 'onnx', 'pytorch_model.bin'])
  })

  it('refuses a folder that is not empty, and a tokenizer of another model, and then leaves nothing behind', async () => {
    const full = join(root, 'full')
    await mkdir(full)
    await writeFile(join(full, 'mine.txt'), 'mine')
    await expect(write({ outputDir: full })).rejects.toMatchObject({ code: 'conflict' })
    await expect(write({ outputDir: join(root, 'wrong'), tokenizerDir: goldenPath('titok-b') })).rejects.toMatchObject({ code: 'bad-model', message: expect.stringContaining('found 32 of 512') as string })
    const controller = new AbortController()
    const cancelled = exportModel({ ...request, outputDir: join(root, 'cancelled') }, (phase) => { if (phase.includes('safetensors')) controller.abort() }, controller.signal)
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' })
    expect((await readdir(root)).filter((name) => /wrong|cancelled/.test(name))).toEqual([])
    expect(await readdir(full)).toEqual(['mine.txt'])
  })
})
