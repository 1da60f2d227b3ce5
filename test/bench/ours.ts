// The bench's worker for this engine: the code that the product runs, on the CPU or on the device that FUSELIP_BENCH_DEVICE names.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import * as ort from 'onnxruntime-node'
import { endOfTextId } from '../../src/main/engine/compute/fuselip/config'
import { createEmbedder } from '../../src/main/engine/compute/fuselip/embedder'
import { initialiseFuselip } from '../../src/main/engine/compute/fuselip/initialise'
import { compileFunction } from '../../src/main/engine/compute/graph/compileFunction'
import type { DeviceOptions } from '../../src/main/engine/compute/graph/compileFunction'
import type { RgbImage } from '../../src/main/engine/compute/image/rgbImage'
import { createImageTokenizer } from '../../src/main/engine/compute/titok/imageTokenizer'
import { initialiseTitok } from '../../src/main/engine/compute/titok/initialise'
import { titokJson } from '../../src/main/engine/compute/titok/titokConfig'
import { readTensorflowLink, tensorflowDeviceId } from '../../src/main/engine/compute/tensorflow/link'
import { batchLengths, finestLengths, lengthClasses } from '../../src/main/engine/compute/training/batchLengths'
import { buildBatch, type BatchSource } from '../../src/main/engine/compute/training/batches'
import { judgedCells } from '../../src/main/engine/compute/training/cells'
import { createTrainingStep } from '../../src/main/engine/compute/training/compiledStep'
import { createRandom } from '../../src/main/engine/compute/training/random'
import { planEpoch } from '../../src/main/engine/compute/training/sampler'
import { writeSafetensors } from '../../src/main/engine/compute/weights/safetensors'
import { maskedShare } from './cases'
import type { EmbedWork, EpochWork, ModelSize, StepWork, Work } from './cases'
import { configOf, stepSettings, syntheticBatch, syntheticSide, titokSmall } from './synthetic'
import { serveWorker } from './worker'

const weightsOf = (size: ModelSize) => {
  const random = createRandom(1, 9)
  return initialiseFuselip(configOf(size), () => random.next())
}

async function steps({ size, pairs, leftLength, rightLength }: StepWork, device: DeviceOptions) {
  const config = configOf(size)
  const step = await createTrainingStep(weightsOf(size), config, device)
  const batch = syntheticBatch(pairs, leftLength, rightLength)
  let optimizerStep = 0
  return async () => {
    optimizerStep += 1
    const { total } = await step.run(batch, { ...stepSettings, optimizerStep })
    if (!Number.isFinite(total)) throw new Error(`The loss became ${total}.`)
  }
}

async function embedding({ size, sides, length }: EmbedWork, device: DeviceOptions) {
  const embedder = await createEmbedder(weightsOf(size), configOf(size), device)
  const { ids, endPositions } = syntheticSide(sides, length, 4)
  return async () => { await embedder.embed(ids, length, endPositions) }
}

/** A folder as the product reads it; the small decoder is not used. */
async function tokenizing(images: number, device: DeviceOptions) {
  const folder = await mkdtemp(join(tmpdir(), 'fuselip-bench-'))
  try {
    const random = createRandom(1, 9)
    await writeSafetensors(join(folder, 'model.safetensors'), initialiseTitok(titokSmall, () => random.next()))
    await writeFile(join(folder, 'config.json'), JSON.stringify(titokJson(titokSmall)))
    const tokenizer = await createImageTokenizer(folder, device)
    const pictures = Array.from({ length: images }, (): RgbImage =>
      ({ width: 256, height: 256, data: Uint8Array.from({ length: 256 * 256 * 3 }, () => random.below(256)) }))
    return async () => { await tokenizer.encode(pictures) }
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function matrixProduct(side: number, device: DeviceOptions) {
  const spec = { shape: [side, side], dtype: 'float32' as const }
  const compiled = await compileFunction({ a: spec, b: spec }, ({ a, b }) => ({ product: tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D) }), device)
  const matrix = (): ort.Tensor => new ort.Tensor('float32', new Float32Array(side * side).fill(0.5), [side, side])
  const a = matrix(), b = matrix(), product = matrix()
  return async () => { await compiled.run({ a, b }, { product }) }
}

/** Only the steps: the codes of the images are in the token cache. */
async function epoch({ size, pairs, batches, leftLength, captionLengths }: EpochWork, device: DeviceOptions) {
  const config = configOf(size)
  const step = await createTrainingStep(weightsOf(size), config, device)
  const random = createRandom(1, 7)
  const row = (length: number): Int32Array => Int32Array.from({ length }, (_, index) => (index === length - 1 ? endOfTextId : 1 + random.below(49_000)))
  const rows = { left: captionLengths.map(() => row(leftLength)), right: captionLengths.map(row) }
  const source: BatchSource = {
    config, rows, judged: judgedCells([], rows.left.length), recipe: { seed: 1, maskProbability: maskedShare, mmmWeight: stepSettings.mmmWeight },
    lengths: batchLengths({ config, rows, batchSize: pairs, maskProbability: maskedShare }),
    pairs: rows.left.map((_, index) => ({ pairId: index, left: { codes: null, text: '' }, right: { codes: null, text: '' }, leftKey: `left ${index}`, rightKey: `right ${index}` })),
  }
  const plan = planEpoch({ pairCount: rows.left.length, batchSize: pairs, groups: [], lengthClasses: lengthClasses(rows, finestLengths(config)), seed: 1, epoch: 0 })
  let optimizerStep = 0
  return async () => {
    for (const batch of plan.slice(0, batches)) {
      optimizerStep += 1
      const { total } = await step.run(buildBatch(source, batch, optimizerStep), { ...stepSettings, optimizerStep })
      if (!Number.isFinite(total)) throw new Error(`The loss became ${total}.`)
    }
  }
}

const deviceId = process.env['FUSELIP_BENCH_DEVICE'] ?? 'cpu'

function prepare(work: Work, threads: number): Promise<() => Promise<void>> {
  const device: DeviceOptions = { deviceId, threadCount: threads }
  switch (work.kind) {
    case 'step': return steps(work, device)
    case 'tokenize': return tokenizing(work.images, device)
    case 'embed': return embedding(work, device)
    case 'matmul': return matrixProduct(work.side, device)
    case 'epoch': return epoch(work, device)
  }
}

const version = deviceId === tensorflowDeviceId ? `this engine on TensorFlow ${readTensorflowLink()?.version ?? ''}` : `onnxruntime-node ${ort.env.versions.node ?? ''}`

serveWorker(version, prepare, async () => ({
  residentMiB: process.memoryUsage.rss() / 2 ** 20, tensors: tf.memory().numTensors,
}))
