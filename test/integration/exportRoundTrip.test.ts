// Export and import of models whose configuration is nobody's default: the same configuration, the same numbers, the same
// embeddings and codes come back, for configurations drawn from a seed over every field that the readers know.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { exportModel, type ExportForm } from '../../src/main/engine/compute/export/exportModel'
import { vocabularySize, type FuselipConfig } from '../../src/main/engine/compute/fuselip/config'
import { readModelFolder } from '../../src/main/engine/compute/fuselip/modelFolder'
import { importModel } from '../../src/main/engine/compute/library/importModel'
import { createHandlers } from '../../src/main/engine/compute/thread/handlers'
import type { SideInput } from '../../src/main/engine/compute/thread/protocol'
import { initialiseTitok } from '../../src/main/engine/compute/titok/initialise'
import { titokJson, type TitokConfig } from '../../src/main/engine/compute/titok/titokConfig'
import { readTokenizerFolder } from '../../src/main/engine/compute/titok/tokenizerFolder'
import { writeModelFolder } from '../../src/main/engine/compute/training/checkpoint'
import { createRandom } from '../../src/main/engine/compute/training/random'
import type { WeightMap } from '../../src/main/engine/compute/weights/namedArray'
import { writeSafetensors } from '../../src/main/engine/compute/weights/safetensors'
import { temporaryFolder } from '../helpers/temporaryFolder'
import { randomWeights } from '../helpers/tinyModel'

interface Drawn {
  name: string
  config: FuselipConfig
  tokenizer: TitokConfig
  /** Keys of config.json that belong to the reference and change nothing here; they must not be lost. */
  json: Record<string, unknown>
  forms: ExportForm[]
  halfPrecision: boolean
}

const root = temporaryFolder()
const picture = fileURLToPath(new URL('../fixtures/golden/images/1.png', import.meta.url))
const handlers = createHandlers()
const context = { signal: new AbortController().signal, emit: () => undefined as never }
const device = { deviceId: 'cpu', threadCount: 1 }
const bytesOf = (data: Float32Array): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength)

/** The i-th configuration: every binary choice is met in both ways over the eight of them, sizes are drawn. */
function draw(index: number): Drawn {
  const { next } = createRandom(100 + index)
  const pick = <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)]!
  const headCount = pick([1, 2, 3, 4])
  const hasMask = index % 4 !== 3
  const codebookSize = pick([7, 32, 100, 513])
  const imageTokenCount = pick([1, 5, 9, 16])
  const [isLegacy, hasDecoder, repairsText, halfPrecision] = [index % 2 === 0, index % 4 >= 2, index % 3 === 0, index % 4 === 1]
  const config: FuselipConfig = {
    width: headCount * pick([4, 8, 12]), headCount, layerCount: pick([1, 2, 3]), contextLength: imageTokenCount + pick([4, 11, 30]), codebookSize, imageTokenCount, hasMask,
    ...(repairsText ? { repairsText: true as const } : {}),
  }
  const [patchPx, gridSize] = [pick([4, 8, 16]), pick([2, 3, 4])]
  const transformer = (): TitokConfig['encoder'] => {
    const heads = pick([1, 2])
    return { patchPx, gridSize, width: heads * 16, layerCount: pick([1, 2]), headCount: heads }
  }
  const tokenizer: TitokConfig = {
    imageSizePx: patchPx * gridSize, latentCount: imageTokenCount, tokenSize: pick([4, 12, 64]), codebookSize, isNormalised: index % 2 === 0 || index % 4 === 3, isLegacy,
    encoder: transformer(), decoder: hasDecoder ? transformer() : null, pixelStage: 'rgb',
  }
  const json = index % 2 ? { transformer_size: pick(['small', 'base', 'large']), mlm_probability: hasMask ? 0.2 : 0, rand_repl_probability: 0.3, model_name: 'fuse-clip-titok-own' } : {}
  return {
    name: `model ${index}: width ${config.width}, ${headCount} heads, ${config.layerCount} layers, context ${config.contextLength}, ${imageTokenCount} of ${codebookSize} codes, ${isLegacy ? 'legacy' : 'new'} tokenizer${halfPrecision ? ', half precision' : ''}${hasMask ? '' : ', no mask'}`,
    config, tokenizer, json, forms: index % 3 === 1 ? ['safetensors'] : ['pytorch'], halfPrecision,
  }
}

async function write({ config, tokenizer, json }: Drawn, dir: string, seed: number): Promise<void> {
  const random = createRandom(seed)
  await mkdir(join(dir, 'tokenizer'), { recursive: true })
  await writeSafetensors(join(dir, 'tokenizer', 'model.safetensors'), initialiseTitok(tokenizer, () => random.next()))
  await writeFile(join(dir, 'tokenizer', 'config.json'), JSON.stringify(titokJson(tokenizer)))
  const weights: WeightMap = new Map([...randomWeights(config, seed)].filter(([name]) => config.hasMask || !name.startsWith('mask_prediction_head')))
  await writeModelFolder(join(dir, 'model'), { config, baseJson: { imageTokenizer: 'drawn-titok', ...json }, weights, training: { step: 5 } })
}

/** A side of each form; codes up to the last one, text with what a repair would change. */
function sidesFor({ codebookSize, imageTokenCount }: FuselipConfig): SideInput[] {
  const codes = Uint16Array.from({ length: imageTokenCount }, (_, i) => codebookSize - 1 - (i % codebookSize))
  return [{ codes: null, text: 'a cafÃ© on the left' }, { codes, text: null }, { codes, text: 'turn it round' }]
}
const embed = async (modelDir: string, config: FuselipConfig): Promise<Buffer> => bytesOf((await handlers.embedSides({ modelDir, sides: sidesFor(config), device }, context)).embeddings)
const codesOf = async (tokenizerDir: string) => handlers.tokenizeImages({ tokenizerDir, images: [{ path: picture, recipe: null }], device }, context)
const same = (found: WeightMap, expected: WeightMap): void => {
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort())
  for (const [name, { shape, data }] of expected) {
    expect(found.get(name)!.shape, name).toEqual(shape)
    expect(bytesOf(found.get(name)!.data).equals(bytesOf(data)), name).toBe(true)
  }
}

describe('export, then import', () => {
  it.each(Array.from({ length: 8 }, (_, index) => draw(index)))('gives back $name', async (drawn) => {
    const dir = join(root, drawn.name.slice(0, 7).replace(' ', '-'))
    const [model, tokenizerDir, exported, imported] = ['model', 'tokenizer', 'exported', 'imported'].map((name) => join(dir, name)) as [string, string, string, string]
    await write(drawn, dir, 40 + drawn.config.width)
    const writeOut = (from: string, tokenizerFrom: string, to: string) => exportModel({
      modelDir: from, tokenizerDir: tokenizerFrom, outputDir: to, forms: drawn.forms, halfPrecision: drawn.halfPrecision, name: 'Drawn', licence: 'MIT', card: '# Drawn\n',
    }, () => undefined, context.signal)
    await writeOut(model, tokenizerDir, exported)
    const tokenizersDir = join(dir, 'tokenizers')
    await mkdir(tokenizersDir)
    const result = await importModel({ sourcePath: exported, modelDir: imported, tokenizersDir, knownTokenizers: {}, record: {} }, () => undefined, context.signal)
    expect(result.kind).toBe('fuselip')
    const installed = join(tokenizersDir, result.tokenizerId)

    const [before, after] = [await readModelFolder(model), await readModelFolder(imported)]
    expect(after.config).toEqual(drawn.config)
    expect((await readTokenizerFolder(installed)).config).toEqual({ ...drawn.tokenizer, decoder: null })
    for (const [key, value] of Object.entries(drawn.json)) expect(after.json[key], key).toEqual(value)
    expect(after.json['text_config']).toMatchObject({ vocab_size: vocabularySize(drawn.config), heads: drawn.config.headCount })
    if (!drawn.halfPrecision) {
      same(after.weights, before.weights)
      expect((await embed(imported, drawn.config)).equals(await embed(model, drawn.config))).toBe(true)
      expect(await codesOf(installed)).toEqual(await codesOf(tokenizerDir))
    } else {
      same(after.weights, (await readModelFolder(exported)).weights)
      expect((await embed(imported, drawn.config)).equals(await embed(exported, drawn.config))).toBe(true)
      for (const [name, { data }] of before.weights) after.weights.get(name)!.data.forEach((value, i) => { if (!(Math.abs(value - data[i]!) <= Math.abs(data[i]!) * 2 ** -11 + 2 ** -25)) expect.fail(`${name}[${i}]: ${value} for ${data[i]}`) })
    }

    // What came back goes out again as the very same files: nothing is lost or rounded a second time.
    const again = join(dir, 'again')
    await writeOut(imported, installed, again)
    for (const name of ['config.json', 'image_tokenizer.json', drawn.forms[0] === 'pytorch' ? 'pytorch_model.bin' : 'model.safetensors']) {
      const [first, second] = [await readFile(join(exported, name)), await readFile(join(again, name))]
      expect(second.equals(first), name).toBe(true)
    }
  })

  it('keeps the decoder of a tokenizer that is installed already', async () => {
    const drawn = draw(2)
    expect(drawn.tokenizer.decoder).not.toBeNull()
    const dir = join(root, 'shared')
    await write(drawn, dir, 5)
    const exported = join(dir, 'exported')
    await exportModel({ modelDir: join(dir, 'model'), tokenizerDir: join(dir, 'tokenizer'), outputDir: exported, forms: ['safetensors'], halfPrecision: false, name: 'x', licence: 'MIT', card: 'x' }, () => undefined, context.signal)
    const result = await importModel({
      sourcePath: exported, modelDir: join(dir, 'imported'), tokenizersDir: join(dir, 'none'), knownTokenizers: { mine: join(dir, 'tokenizer') }, record: {},
    }, () => undefined, context.signal)
    expect(result.tokenizerId).toBe('mine')
  })

  it('refuses what it would compute wrongly, naming the option', async () => {
    const drawn = draw(0)
    const dir = join(root, 'refused')
    await write(drawn, dir, 6)
    const exported = join(dir, 'exported')
    await exportModel({ modelDir: join(dir, 'model'), tokenizerDir: join(dir, 'tokenizer'), outputDir: exported, forms: ['safetensors'], halfPrecision: false, name: 'x', licence: 'MIT', card: 'x' }, () => undefined, context.signal)
    const json = JSON.parse(await readFile(join(exported, 'config.json'), 'utf8')) as { text_config: Record<string, unknown> } & Record<string, unknown>
    const cases: [Record<string, unknown>, RegExp][] = [
      [{ ...json, use_eoi: true }, /end-of-image token \(use_eoi = true\)/], [{ ...json, mask_pad: false }, /mask_pad = false/], [{ ...json, context_length: 7 }, /context_length/],
      ...([['mlp_ratio', 2], ['ls_init_value', 0.1], ['no_causal_mask', false], ['proj_bias', true], ['pool_type', 'cls'], ['pad_id', 3], ['width', 1], ['layers', 9], ['vocab_size', 10], ['heads', 5]] as const)
        .map(([key, value]): [Record<string, unknown>, RegExp] => [{ ...json, text_config: { ...json.text_config, [key]: value } }, key === 'heads' ? /heads that divide the width/ : new RegExp(`text_config\\.${key}`)]),
    ]
    for (const [changed, message] of cases) {
      await writeFile(join(exported, 'config.json'), JSON.stringify(changed))
      await expect(importModel({ sourcePath: exported, modelDir: join(dir, 'imported'), tokenizersDir: dir, knownTokenizers: {}, record: {} }, () => undefined, context.signal))
        .rejects.toMatchObject({ code: 'bad-model', message: expect.stringMatching(message) as string })
    }
  })
})
