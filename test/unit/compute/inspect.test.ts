// The parts of the token inspector that compute: rivals, use of the codebook, compression, ranking, labels, and the calls of
// the compute thread on a tokenizer and a model small enough for a test.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endOfTextId, maskId, startOfTextId, vocabularySize } from '../../../src/main/engine/compute/fuselip/config'
import { measureCompression } from '../../../src/main/engine/compute/inspect/compression'
import { countCodes, useFigures } from '../../../src/main/engine/compute/inspect/codebookUse'
import { rankPrediction } from '../../../src/main/engine/compute/inspect/rankPrediction'
import { findRivals } from '../../../src/main/engine/compute/inspect/rivalCodes'
import { layOutSide, tokenLabel } from '../../../src/main/engine/compute/inspect/tokenLabels'
import { createInspectHandlers } from '../../../src/main/engine/compute/thread/inspectHandlers'
import { initialiseTitok } from '../../../src/main/engine/compute/titok/initialise'
import { titokJson, type TitokConfig } from '../../../src/main/engine/compute/titok/titokConfig'
import { createRandom } from '../../../src/main/engine/compute/training/random'
import { writeSafetensors } from '../../../src/main/engine/compute/weights/safetensors'
import { temporaryFolder } from '../../helpers/temporaryFolder'
import { trainableConfig, writeTinyModel } from '../../helpers/tinyModel'

const cpu = { deviceId: 'cpu', threadCount: null }

describe('rivals', () => {
  // Four entries at the corners of a square, and one far away.
  const entries = Float32Array.of(0, 0, 4, 0, 0, 4, 4, 4, 100, 100)
  it('are the next nearest entries, with both distances', () => {
    const rivals = findRivals(Float32Array.of(1, 0, 3, 3, 99, 99), entries, Uint16Array.of(0, 3, 4), 2, false)
    expect([...rivals.codes]).toEqual([1, 1, 3])
    expect(rivals.distances[0]).toBeCloseTo(1)
    expect(rivals.rivalDistances[0]).toBeCloseTo(3)
    expect(rivals.rivalDistances[2]).toBeCloseTo(Math.hypot(95, 95), 4)
  })

  it('are measured from the codes that are given, whatever is nearest', () => {
    expect([...findRivals(Float32Array.of(1, 0), entries, Uint16Array.of(1), 2, false).codes]).toEqual([0])
  })

  it('compare directions alone where the tokenizer does', () => {
    const directions = Float32Array.of(9, 0, 0, 0.1, 1, 1)
    const rivals = findRivals(Float32Array.of(0, 50), directions, Uint16Array.of(1), 2, true)
    expect([...rivals.codes]).toEqual([2])
    expect(rivals.distances[0]).toBeCloseTo(0)
    expect(rivals.rivalDistances[0]).toBeCloseTo(Math.sqrt(2 - Math.SQRT2))
  })
})

describe('use of the codebook', () => {
  it('counts, and gives the entropy of the shares', () => {
    const counts = new Uint32Array(8)
    countCodes(counts, Uint16Array.of(1, 1, 2, 5))
    expect([...counts]).toEqual([0, 2, 1, 0, 0, 1, 0, 0])
    expect(useFigures(counts)).toEqual({ total: 4, usedCount: 3, entropyBits: 1.5, perplexity: 2 ** 1.5 })
    expect(() => countCodes(counts, Uint16Array.of(8))).toThrow('below 8, got 8')
  })

  it('is as large as the codebook when all codes are equally frequent, and 1 when nothing was counted', () => {
    expect(useFigures(new Uint32Array(1024).fill(7)).perplexity).toBeCloseTo(1024, 9)
    expect(useFigures(new Uint32Array(4))).toEqual({ total: 0, usedCount: 0, entropyBits: 0, perplexity: 1 })
  })
})

it('compression is that of codes of fixed length against 24 bits a pixel and against the file', () => {
  const sizes = { codeCount: 128, codebookSize: 8192, imageSizePx: 256, sourceWidthPx: 640, sourceHeightPx: 480, fileBytes: 50_000 }
  expect(measureCompression(sizes)).toEqual({ bitsPerCode: 13, codeBits: 1664, modelPixelBits: 1_572_864, sourcePixelBits: 7_372_800, fileBits: 400_000 })
  expect(measureCompression({ ...sizes, codebookSize: 4096, fileBytes: null })).toMatchObject({ bitsPerCode: 12, codeBits: 1536, fileBits: null })
})

describe('ranking a prediction', () => {
  const config = { hasMask: true, codebookSize: 4 }
  const logits = new Float32Array(vocabularySize(config)).fill(-40)
  logits[320] = Math.log(0.4)
  logits[7] = Math.log(0.1)
  logits[49409 + 2] = Math.log(0.3)
  logits[49409] = Math.log(0.2)

  it('keeps words and codes apart, with probabilities over both', () => {
    const { words, codes, wordMass, codeMass, trueProbability, trueRank } = rankPrediction(logits, 49409 + 2, config, 2)
    expect(words.map(({ id }) => id)).toEqual([320, 7])
    expect(codes.map(({ id }) => id)).toEqual([2, 0])
    expect(words[0]!.probability).toBeCloseTo(0.4, 6)
    expect(codes[1]!.probability).toBeCloseTo(0.2, 6)
    expect(wordMass).toBeCloseTo(0.5, 6)
    expect(wordMass + codeMass).toBeCloseTo(1, 12)
    expect(trueProbability).toBeCloseTo(0.3, 6)
    expect(trueRank).toBe(2)
  })

  it('does not overflow on large logits', () => {
    const large = logits.map((value) => value + 500)
    expect(rankPrediction(large, 320, config, 1)).toMatchObject({ trueRank: 1, words: [{ id: 320 }] })
    expect(rankPrediction(large, 320, config, 1).trueProbability).toBeCloseTo(0.4, 5)
  })
})

describe('labels', () => {
  it('spell words, number codes and name the marks', () => {
    const { tokens, cutCount } = layOutSide({ codes: Uint16Array.of(5, 0, 63, 1, 2, 3), text: 'Two tetrahedra!' }, trainableConfig)
    expect(cutCount).toBe(0)
    expect(tokens.slice(0, 3).map(({ kind, label, code }) => [kind, label, code])).toEqual([['code', '5', 5], ['code', '0', 0], ['code', '63', 63]])
    expect(tokens[6]).toMatchObject({ kind: 'start', position: 6, canMask: true })
    expect(tokens[7]).toMatchObject({ kind: 'word', label: 'two', endsWord: true, canMask: true })
    expect(tokens.slice(8, -2).map(({ label }) => label).join('')).toBe('tetrahedra')
    expect(tokens[8]).toMatchObject({ kind: 'word', endsWord: false })
    expect(tokens.at(-1)).toMatchObject({ kind: 'end', canMask: false })
    // What training never hides cannot be hidden here: the first code of the codebook (a quirk that is kept).
    expect(tokens[1]).toMatchObject({ code: 0, canMask: false })
  })

  it('say how much of a long text was cut off', () => {
    const { tokens, cutCount } = layOutSide({ codes: null, text: 'red '.repeat(40) }, trainableConfig)
    expect(tokens).toHaveLength(32)
    expect(cutCount).toBe(10)
    expect(tokens.at(-1)!.kind).toBe('end')
  })

  it('spell a piece of a character as its bytes', () => {
    expect(tokenLabel(maskId, { hasMask: true })).toMatchObject({ kind: 'mask', label: 'mask' })
    expect(tokenLabel(startOfTextId, { hasMask: false }).kind).toBe('start')
    expect(tokenLabel(endOfTextId, { hasMask: false }).kind).toBe('end')
    const pieces = layOutSide({ codes: null, text: '🦩' }, trainableConfig).tokens.filter(({ kind }) => kind === 'word')
    expect(pieces.map(({ label }) => label).join('')).toMatch(/^(‹[0-9a-f]{2}›)+$|🦩/)
  })
})

describe('the calls of the compute thread', () => {
  const config: TitokConfig = {
    imageSizePx: 32, latentCount: 6, tokenSize: 4, codebookSize: 64, isNormalised: false, isLegacy: false, pixelStage: 'rgb',
    encoder: { patchPx: 8, gridSize: 4, width: 32, layerCount: 1, headCount: 1 },
    decoder: { patchPx: 8, gridSize: 4, width: 32, layerCount: 1, headCount: 1 },
  }
  const dir = temporaryFolder()
  const { handlers, dispose } = createInspectHandlers((work) => work())
  let modelDir = ''
  const picturePath = join(dir, 'picture.png')
  const tokenizerDir = join(dir, 'whole')
  const encoderDir = join(dir, 'encoder-only')

  beforeAll(async () => {
    modelDir = await writeTinyModel(dir)
    for (const [path, own] of [[tokenizerDir, config], [encoderDir, { ...config, decoder: null }]] as const) {
      mkdirSync(path)
      const random = createRandom(5)
      await writeSafetensors(join(path, 'model.safetensors'), initialiseTitok(own, () => random.next()))
      writeFileSync(join(path, 'config.json'), JSON.stringify(titokJson(own)))
    }
    await sharp({ create: { width: 50, height: 20, channels: 3, background: { r: 200, g: 40, b: 90 } } }).png().toFile(picturePath)
  })
  afterAll(dispose)
  const inspect = (from: string, codes: Uint16Array | null = null) => handlers.inspectImage({ tokenizerDir: from, image: { path: picturePath, recipe: null }, codes, device: cpu })

  it('give codes, rivals and a reconstruction of one picture', async () => {
    const found = await inspect(tokenizerDir)
    expect(found.tokenizer).toEqual({ imageSizePx: 32, codeCount: 6, codebookSize: 64, hasDecoder: true })
    expect(found).toMatchObject({ sourceWidthPx: 50, sourceHeightPx: 20 })
    expect(found.original).toMatchObject({ width: 32, height: 32 })
    expect([...found.original.data.slice(0, 3)]).toEqual([200, 40, 90])
    expect(found.codes).toHaveLength(6)
    found.codes.forEach((code, position) => {
      expect(found.rivals[position]).not.toBe(code)
      expect(found.rivalDistances[position]!).toBeGreaterThanOrEqual(found.distances[position]! - 1e-5)
    })
    expect(found.reconstruction!.image.data).toHaveLength(32 * 32 * 3)
    expect(found.reconstruction!.psnrDecibel).toBeGreaterThan(0)
    expect(found.reconstruction!.difference.image.width).toBe(32)
  })

  it('draw the codes that are given, and what differs from others', async () => {
    const { codes, rivals, reconstruction } = await inspect(tokenizerDir)
    const same = await handlers.drawCodes({ tokenizerDir, codes, comparedWith: codes, device: cpu })
    expect(same.image.data).toEqual(reconstruction!.image.data)
    expect(same.comparison).toMatchObject({ psnrDecibel: Infinity })
    const other = codes.slice()
    other[2] = rivals[2]!
    const changed = await handlers.drawCodes({ tokenizerDir, codes: other, comparedWith: codes, device: cpu })
    expect(changed.image.data).not.toEqual(same.image.data)
    expect(changed.comparison!.psnrDecibel).toBeLessThan(Infinity)
    expect((await inspect(tokenizerDir, other)).reconstruction!.image.data).toEqual(changed.image.data)
  })

  it('say so where there is no decoder, and where codes belong to another tokenizer', async () => {
    const found = await inspect(encoderDir)
    expect(found.reconstruction).toBeNull()
    expect(found.tokenizer.hasDecoder).toBe(false)
    expect([...found.codes]).toEqual([...(await inspect(tokenizerDir)).codes])
    await expect(handlers.drawCodes({ tokenizerDir: encoderDir, codes: found.codes, comparedWith: null, device: cpu })).rejects.toMatchObject({ code: 'bad-model', advice: expect.stringContaining('the encoder only') as string })
    await expect(handlers.drawCodes({ tokenizerDir, codes: Uint16Array.of(1, 2), comparedWith: null, device: cpu })).rejects.toMatchObject({ code: 'bad-input', message: 'Expected 6 codes below 64, got 2 codes.' })
    await expect(handlers.drawCodes({ tokenizerDir, codes: new Uint16Array(6).fill(64), comparedWith: null, device: cpu })).rejects.toMatchObject({ message: 'Expected 6 codes below 64, got the code 64.' })
  })

  it('work on 128 codes of a tokenizer that compares directions', async () => {
    const path = join(dir, 'as-published')
    const own: TitokConfig = { ...config, latentCount: 128, codebookSize: 4096, tokenSize: 12, isNormalised: true }
    mkdirSync(path)
    const random = createRandom(6)
    await writeSafetensors(join(path, 'model.safetensors'), initialiseTitok(own, () => random.next()))
    writeFileSync(join(path, 'config.json'), JSON.stringify(titokJson(own)))
    const found = await inspect(path)
    expect(found.tokenizer).toMatchObject({ codeCount: 128, codebookSize: 4096 })
    expect([found.codes.length, found.rivals.length]).toEqual([128, 128])
    // Points on a sphere of radius 1 are at most 2 apart.
    expect(Math.max(...found.rivalDistances)).toBeLessThanOrEqual(2)
    const other = found.codes.with(127, found.rivals[127]!)
    expect((await handlers.drawCodes({ tokenizerDir: path, codes: other, comparedWith: found.codes, device: cpu })).comparison!.psnrDecibel).toBeGreaterThan(0)
  })

  it('lay tokens out and predict those that are hidden, in the order of their places', async () => {
    const side = { codes: Uint16Array.of(9, 8, 7, 6, 5, 4), text: 'a red circle' }
    const { tokens, hasMask } = await handlers.layOutTokens({ modelDir, side, device: cpu })
    expect(hasMask).toBe(true)
    expect(tokens).toHaveLength(6 + 3 + 2)
    const { predictions } = await handlers.predictMasked({ modelDir, side, positions: [8, 0, 8], count: 5, device: cpu })
    expect(predictions.map(({ position }) => position)).toEqual([0, 8])
    for (const { words, codes, wordMass, codeMass } of predictions) {
      expect(words).toHaveLength(5)
      expect(codes).toHaveLength(5)
      expect(wordMass + codeMass).toBeCloseTo(1, 9)
      expect(words.map(({ probability }) => probability)).toEqual(words.map(({ probability }) => probability).sort((a, b) => b - a))
    }
  })

  it('refuse to hide the end of a text, or a place that is not there', async () => {
    const side = { codes: null, text: 'red' }
    for (const positions of [[2], [40], []]) {
      await expect(handlers.predictMasked({ modelDir, side, positions, count: 5, device: cpu })).rejects.toMatchObject({ code: 'bad-input' })
    }
  })
})
