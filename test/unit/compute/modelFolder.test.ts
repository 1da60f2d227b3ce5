// What a model folder must agree on. Values: test/fixtures/golden, a small checkpoint as the reference saves it.
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { readModelFolder, toModelFolder, type ModelJson } from '../../../src/main/engine/compute/fuselip/modelFolder'
import { countFuselipParameters, fuselipShapes } from '../../../src/main/engine/compute/fuselip/parameterShapes'
import { publishedTitokJson, readTitokConfig } from '../../../src/main/engine/compute/titok/titokConfig'
import type { NamedArray, WeightMap } from '../../../src/main/engine/compute/weights/namedArray'
import { readPytorch } from '../../../src/main/engine/compute/weights/pytorch'
import { readSafetensors } from '../../../src/main/engine/compute/weights/safetensors'
import { temporaryFolder } from '../../helpers/temporaryFolder'

const goldenPath = (path: string): string => fileURLToPath(new URL(`../../fixtures/golden/${path}`, import.meta.url))
const root = temporaryFolder()
let weights: WeightMap
let json: ModelJson
beforeAll(async () => {
  weights = await readPytorch(goldenPath('fuselip/pytorch_model.bin'))
  json = JSON.parse(await readFile(goldenPath('fuselip/config.json'), 'utf8')) as ModelJson
})

const zeros = (...shape: number[]): NamedArray => ({ shape, data: new Float32Array(shape.reduce((product, size) => product * size, 1)) })
const changed = (changes: Record<string, NamedArray | null>): WeightMap => {
  const copy = new Map(weights)
  for (const [name, value] of Object.entries(changes)) {
    if (value) copy.set(name, value)
    else copy.delete(name)
  }
  return copy
}

describe('a FuseLIP folder', () => {
  it('has the parameters of the reference, in its order, and their count', () => {
    const own = [...weights].filter(([name]) => !name.startsWith('image_tokenizer.') && name !== 'mask_prediction_head.decoder.weight')
    const { config } = toModelFolder(weights, json)
    expect([...fuselipShapes(config)]).toEqual(own.map(([name, { shape }]) => [name, shape]))
    expect(countFuselipParameters(config)).toBe(own.reduce((sum, [, { data }]) => sum + data.length, 0))
  })

  it.each<[string, Record<string, NamedArray | null>, RegExp]>([
    ['a tensor of another shape', { 'transformer.resblocks.1.mlp.c_fc.weight': zeros(64, 32) }, /expected tensor “transformer\.resblocks\.1\.mlp\.c_fc\.weight” of shape \[128, 32\], found \[64, 32\]/],
    ['a tensor of another rank', { 'ln_final.weight': zeros(1, 32) }, /“ln_final\.weight” of shape \[32\], found \[1, 32\]/],
    ['a vocabulary of one axis', { 'token_embedding.weight': zeros(32) }, /“token_embedding\.weight” of two axes, found shape \[32\]/],
    ['a tensor missing', { 'ln_final.bias': null }, /lacks “ln_final\.bias”; “ln_final\.bias” is expected with shape \[32\]/],
    ['many tensors missing', { 'ln_final.bias': null, 'ln_final.weight': null, logit_bias: null, logit_scale: null }, /lacks “logit_scale”, “logit_bias”, “ln_final\.weight” and 1 more/],
    ['a gap in its blocks', { 'transformer.resblocks.0.ln_1.weight': null }, /at least one transformer block/],
    ['weights of another model', { 'visual.proj': zeros(2) }, /do not belong to it: “visual\.proj”/],
    ['untied output weights', { 'mask_prediction_head.decoder.weight': zeros(49_665, 32) }, /to equal “token_embedding\.weight”/],
    ['another codebook than its vocabulary', { 'image_tokenizer.model.quantize.embedding.weight': zeros(512, 12) }, /codebook of 256 entries .* found 512/],
  ])('is refused with %s', (_, changes, message) => {
    expect(() => toModelFolder(changed(changes), json)).toThrow(message)
  })

  it.each<[string, (json: ModelJson) => ModelJson, RegExp]>([
    ['another width', (base) => ({ ...base, text_config: { ...base['text_config'] as ModelJson, width: 384 } }), /text_config\.width = 384, the weights have 32/],
    ['another vocabulary', (base) => ({ ...base, text_config: { ...base['text_config'] as ModelJson, vocab_size: 49_408 } }), /vocab_size = 49408, the weights have 49665/],
    ['another context', (base) => ({ ...base, context_length: 180 }), /context_length = 180, the weights have 64/],
    ['heads that do not divide', (base) => ({ ...base, text_config: { ...base['text_config'] as ModelJson, heads: 5 } }), /heads that divide the width 32, found 5/],
    ['an end-of-image token', (base) => ({ ...base, use_eoi: true }), /end-of-image token \(use_eoi = true\)/],
    ['padding in attention', (base) => ({ ...base, mask_pad: false }), /mask_pad = false/],
    ['a causal mask', (base) => ({ ...base, text_config: { ...base['text_config'] as ModelJson, no_causal_mask: false } }), /causal mask/],
  ])('is refused when config.json claims %s', (_, change, message) => {
    expect(() => toModelFolder(weights, change(json))).toThrow(message)
  })

  it('is refused with a config.json that is missing, huge or no object', async () => {
    const dir = join(root, 'broken')
    await mkdir(dir)
    await expect(readModelFolder(dir)).rejects.toMatchObject({ code: 'bad-model' })
    for (const text of ['[]', 'null', '{', ' '.repeat(2_000_000)]) {
      await writeFile(join(dir, 'config.json'), text)
      await expect(readModelFolder(dir)).rejects.toMatchObject({ code: 'bad-model', message: expect.stringContaining('no readable config.json') as string })
    }
  })

  it('is read from a training checkpoint of another name', async () => {
    const dir = join(root, 'checkpoint')
    await mkdir(dir)
    await cp(goldenPath('fuselip/config.json'), join(dir, 'config.json'))
    await cp(goldenPath('fuselip/pytorch_model.bin'), join(dir, 'epoch_8.pt'))
    expect((await readModelFolder(dir)).config).toEqual(toModelFolder(weights, json).config)
  })
})

describe.each([['titok-s', 'codes'], ['titok-b', 'rgb']])('a TiTok folder of kind %s', (kind, pixelStage) => {
  let tokenizer: WeightMap
  let config: { model: { vq_model: Record<string, unknown> } }
  beforeAll(async () => {
    tokenizer = (await readSafetensors(goldenPath(`${kind}/model.safetensors`))).weights
    config = JSON.parse(await readFile(goldenPath(`${kind}/config.json`), 'utf8')) as typeof config
  })

  it('is read with and without its decoder', () => {
    expect(readTitokConfig(tokenizer, config)).toMatchObject({ pixelStage, decoder: { gridSize: 16 } })
    const encoderOnly = new Map([...tokenizer].filter(([name]) => /^(encoder\.|latent_tokens|quantize\.)/.test(name)))
    expect(readTitokConfig(encoderOnly, publishedTitokJson[kind as 'titok-s'])).toMatchObject({ decoder: null, latentCount: 32 })
  })

  it('is refused where config.json or a tensor contradicts', () => {
    const claim = (change: Record<string, unknown>) => () => readTitokConfig(tokenizer, { model: { vq_model: { ...config.model.vq_model, ...change } } })
    expect(claim({ codebook_size: 4096 })).toThrow(/codebook_size = 4096, the weights have/)
    expect(claim({ num_latent_tokens: 128 })).toThrow(/num_latent_tokens = 128, the weights have 32/)
    expect(claim({ token_size: 3 })).toThrow(/token_size = 3/)
    const wrong = (name: string, ...shape: number[]) => () => readTitokConfig(new Map(tokenizer).set(name, zeros(...shape)), config)
    expect(wrong('encoder.transformer.1.attn.in_proj_bias', 7)).toThrow(/“encoder\.transformer\.1\.attn\.in_proj_bias” of shape \[\d+\], found \[7\]/)
    expect(wrong('decoder.mask_token', 1, 2)).toThrow(/“decoder\.mask_token” of shape \[1, 1, \d+\], found \[1, 2\]/)
    expect(wrong('decoder.latent_token_positional_embedding', 3, 5)).toThrow(/latent_token_positional_embedding” of shape/)
  })
})
