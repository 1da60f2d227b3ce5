// Checkpoints of the published sizes, with random weights, against an independent PyTorch implementation (modules.py): what
// comes in gives its codes, pictures, features, losses and gradients, and what goes out loads there with strict=True.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { exportModel } from '../../src/main/engine/compute/export/exportModel'
import { endOfTextId } from '../../src/main/engine/compute/fuselip/config'
import { createEmbedder } from '../../src/main/engine/compute/fuselip/embedder'
import { readModelFolder } from '../../src/main/engine/compute/fuselip/modelFolder'
import { countFuselipParameters } from '../../src/main/engine/compute/fuselip/parameterShapes'
import { trainedWeights } from '../../src/main/engine/compute/fuselip/trainedWeights'
import { cpuDevice } from '../../src/main/engine/compute/graph/compileFunction'
import { importModel } from '../../src/main/engine/compute/library/importModel'
import { codeVectors, decodeVectors } from '../../src/main/engine/compute/titok/decoder'
import { encodeLatents, nearestCodes } from '../../src/main/engine/compute/titok/encoder'
import { readTokenizerFolder } from '../../src/main/engine/compute/titok/tokenizerFolder'
import { batchFeeds } from '../../src/main/engine/compute/training/compiledStep'
import { stepGradients, type StepTensors } from '../../src/main/engine/compute/training/step'
import type { StepBatch, StepSide } from '../../src/main/engine/compute/training/stepContract'
import type { WeightMap } from '../../src/main/engine/compute/weights/namedArray'
import { readSafetensors } from '../../src/main/engine/compute/weights/safetensors'
import { runCompiled, type Given } from '../helpers/runCompiled'
import { temporaryFolder } from '../helpers/temporaryFolder'
import { relativeDifference } from '../helpers/weightDifference'
import { preparePython, runReference } from './python'

const root = temporaryFolder()
const signal = new AbortController().signal
let python: string
beforeAll(() => { python = preparePython() })

function rowsOf(expected: WeightMap, name: string): { ids: Int32Array; length: number; endPositions: Int32Array } {
  const { data, shape } = expected.get(name)!
  const [count, length] = shape as [number, number]
  const ids = Int32Array.from(data)
  return { ids, length, endPositions: Int32Array.from({ length: count }, (_, row) => ids.subarray(row * length, (row + 1) * length).indexOf(endOfTextId)) }
}

function sideOf(expected: WeightMap, side: string): StepSide {
  const labels = Int32Array.from(expected.get(`${side}.labels`)!.data)
  const maskedPositions = Int32Array.from([...labels.keys()].filter((place) => labels[place] !== -100))
  return { ...rowsOf(expected, `${side}.masked`), maskedPositions, maskedLabels: maskedPositions.map((place) => labels[place]!) }
}

const folder = (name: string): string => {
  const path = join(root, name)
  mkdirSync(path, { recursive: true })
  return path
}

it('the PyTorch implementation agrees with the public code', () => {
  const { peakMiB: _memory, ...differences } = runReference(python, 'golden', fileURLToPath(new URL('../fixtures/golden', import.meta.url)))
  expect(Object.keys(differences).length).toBe(8)
  for (const [name, difference] of Object.entries(differences)) expect(difference, name).toBeLessThan(2e-5)
})

describe.each(['small', 'base'])('a FuseLIP of size %s', (size) => {
  let sourceDir: string, modelDir: string, tokenizersDir: string, tokenizerId: string
  let expected: WeightMap

  beforeAll(async () => {
    sourceDir = folder(`published-${size}`)
    const made = runReference(python, 'make', size, sourceDir)
    expected = (await readSafetensors(join(sourceDir, 'expected.safetensors'))).weights
    modelDir = join(root, `model-${size}`)
    tokenizersDir = folder(`tokenizers-${size}`)
    const result = await importModel({ sourcePath: sourceDir, modelDir, tokenizersDir, knownTokenizers: {}, record: {} }, () => undefined, signal)
    tokenizerId = result.tokenizerId
    const { config } = await readModelFolder(modelDir)
    expect(countFuselipParameters(config)).toBe(made['parameters'])
  })

  it('makes the same codes of pictures', async () => {
    const { config, weights } = await readTokenizerFolder(join(tokenizersDir, tokenizerId))
    const images = expected.get('images')!
    const inputs = new Map<string, Given>([...weights, ['images', { shape: images.shape, data: images.data.map((value) => value / 255) }]])
    const { latents, codes } = await runCompiled(inputs, (given) => {
      const vectors = encodeLatents(given, config, given['images'] as tf.Tensor4D)
      return { latents: vectors, codes: nearestCodes(given, config, vectors) }
    })
    expect(relativeDifference(latents!, expected.get('latents')!.data)).toBeLessThan(1e-4)
    // Where the two nearest entries lie equally far but for rounding, either is right.
    const isClear = expected.get('margins')!.data.map((margin) => (margin > 1e-4 ? 1 : 0))
    expect(isClear.filter(Boolean).length).toBeGreaterThan(250)
    expect([...codes!].filter((_, place) => isClear[place])).toEqual([...expected.get('codes')!.data].filter((_, place) => isClear[place]))
  })

  it.each(['image', 'text', 'both'])('has the same features of %s', async (form) => {
    const { config, weights } = await readModelFolder(modelDir)
    const { ids, length, endPositions } = rowsOf(expected, `ids.${form}`)
    const embedder = await createEmbedder(weights, config, cpuDevice)
    expect(relativeDifference(await embedder.embed(ids, length, endPositions), expected.get(`features.${form}`)!.data)).toBeLessThan(1e-4)
    await embedder.dispose()
  })

  it('has the same losses, and gradients of the same size in every tensor', async () => {
    const { config, weights } = await readModelFolder(modelDir)
    const trained = trainedWeights(weights)
    const left = sideOf(expected, 'left'), right = sideOf(expected, 'right')
    const cells = Float32Array.from({ length: 16 }, (_, cell) => (cell % 5 === 0 ? 1 : -1))
    const batch: StepBatch = { batchSize: 4, left, right, cells }
    const slots = 128
    const shapes: Record<string, number[]> = { leftIds: [4, left.length], rightIds: [4, right.length], cells: [4, 4] }
    const inputs = new Map<string, Given>(Object.entries(batchFeeds(batch, slots)).map(([name, data]) => [name, { shape: shapes[name] ?? [data.length], data }]))
    inputs.set('mmmWeight', { shape: [], data: Float32Array.of(0.25) })
    for (const [name, array] of trained) inputs.set(`w.${name}`, array)
    const names = [...trained.keys()]
    const found = await runCompiled(inputs, (given) => {
      const { gradients, losses } = stepGradients(Object.fromEntries(names.map((name) => [name, given[`w.${name}`]!])), config, given as unknown as StepTensors)
      return { ...Object.fromEntries(names.map((name) => [`g.${name}`, gradients[name]!])), contrastive: losses.contrastive, mmm: losses.mmm }
    })
    expect(found['contrastive']![0]! / expected.get('contrastive')!.data[0]!).toBeCloseTo(1, 4)
    expect(found['mmm']![0]! / expected.get('mmm')!.data[0]!).toBeCloseTo(1, 4)
    for (const name of names) {
      const norm = Math.sqrt(found[`g.${name}`]!.reduce((sum, value) => sum + value * value, 0))
      expect(Math.abs(norm / expected.get(`norm.${name}`)!.data[0]! - 1), name).toBeLessThan(1e-3)
    }
  })

  it('goes out again so that PyTorch loads it with strict=True and computes the same', async () => {
    const targetDir = join(root, `exported-${size}`)
    await exportModel({
      modelDir, tokenizerDir: join(tokenizersDir, tokenizerId), outputDir: targetDir, forms: ['pytorch'], halfPrecision: false, name: 'A model', licence: 'MIT', card: '# A model\n',
    }, () => undefined, signal)
    expect(JSON.parse(readFileSync(join(targetDir, 'config.json'), 'utf8'))).toEqual(JSON.parse(readFileSync(join(sourceDir, 'config.json'), 'utf8')))
    const { peakMiB: _memory, ...differences } = runReference(python, 'strict', targetDir, join(sourceDir, 'expected.safetensors'))
    expect(Object.keys(differences).length).toBe(5)
    for (const [name, difference] of Object.entries(differences)) expect(difference, name).toBe(0)
  })
})

describe.each(['small', 'base'])('the image tokenizer of size %s, with its decoder', (size) => {
  it('makes the same codes and draws the same pictures', async () => {
    const sourceDir = folder(`titok-${size}`)
    runReference(python, 'make-titok', size, sourceDir)
    const expected = (await readSafetensors(join(sourceDir, 'expected.safetensors'))).weights
    const { config, weights } = await readTokenizerFolder(sourceDir)
    const inputs = new Map<string, Given>([...weights, ['codes', { shape: expected.get('codes')!.shape, data: Int32Array.from(expected.get('codes')!.data) }]])
    const { drawn } = await runCompiled(inputs, (given) => ({ drawn: decodeVectors(given, config, codeVectors(given, config, given['codes'] as tf.Tensor2D)) }))
    expect(relativeDifference(quarterSize(drawn!), expected.get('drawn')!.data)).toBeLessThan(1e-4)
  })
})

/** [2, 256, 256, 3] to [2, 3, 64, 64], each number the mean of 4×4. */
function quarterSize(pixels: Float32Array): Float32Array {
  const small = new Float32Array(2 * 3 * 64 * 64)
  pixels.forEach((value, index) => {
    const channel = index % 3, x = Math.floor(index / 3) % 256, y = Math.floor(index / 768) % 256, picture = Math.floor(index / 196_608)
    small[((picture * 3 + channel) * 64 + (y >> 2)) * 64 + (x >> 2)]! += value / 16
  })
  return small
}
