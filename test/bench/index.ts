// `npm run bench`: the compiled training step beside the same function on tfjs-wasm, run alternately, and memory over 300
// steps. Prints ratios and counts; never part of `npm test`, because time is no test.
import '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { initialiseFuselip } from '../../src/main/engine/compute/fuselip/initialise'
import { trainedWeights } from '../../src/main/engine/compute/fuselip/trainedWeights'
import { batchFeeds, createTrainingStep } from '../../src/main/engine/compute/training/compiledStep'
import { createRandom } from '../../src/main/engine/compute/training/random'
import { optimizerStep } from '../../src/main/engine/compute/training/step'
import type { StepTensors } from '../../src/main/engine/compute/training/step'
import type { StepBatch, StepSide } from '../../src/main/engine/compute/training/stepContract'
import { endOfTextId, maskId, startOfTextId } from '../../src/main/engine/compute/fuselip/config'
import { nanoFuselipConfig as config } from '../../src/main/engine/pretraining/pretrainFuselip'

const batchSize = 32
const alternations = 3
const memorySteps = 300

function syntheticSide(length: number, stream: number): StepSide {
  const random = createRandom(1, stream)
  const ids = new Int32Array(batchSize * length)
  const maskedPositions: number[] = [], maskedLabels: number[] = []
  for (let row = 0; row < batchSize; row += 1) {
    ids[row * length] = startOfTextId
    ids[row * length + length - 1] = endOfTextId
    for (let column = 1; column < length - 1; column += 1) {
      const id = 1 + random.below(49_000)
      const isMasked = random.next() < 0.1
      ids[row * length + column] = isMasked ? maskId : id
      if (isMasked) { maskedPositions.push(row * length + column); maskedLabels.push(id) }
    }
  }
  return {
    ids, length, endPositions: new Int32Array(batchSize).fill(length - 1),
    maskedPositions: Int32Array.from(maskedPositions), maskedLabels: Int32Array.from(maskedLabels),
  }
}

const cells = new Float32Array(batchSize * batchSize).fill(-1)
for (let i = 0; i < batchSize; i += 1) cells[i * batchSize + i] = 1
const batch: StepBatch = { batchSize, left: syntheticSide(48, 2), right: syntheticSide(32, 3), cells }
const settings = { learningRate: 1e-3, weightDecay: 0.1, gradientClip: 1, mmmWeight: 0.25, optimizerStep: 1 }

async function timeMs(work: () => Promise<void> | void): Promise<number> {
  const startedAtMs = performance.now()
  await work()
  return performance.now() - startedAtMs
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
const megabytes = (): number => process.memoryUsage.rss() / 2 ** 20

const random = createRandom(1, 9)
const weights = trainedWeights(initialiseFuselip(config, () => random.next()))
const step = await createTrainingStep(weights, config, { deviceId: 'cpu', threadCount: null })
await step.run(batch, settings)

await tf.setBackend('wasm')
await tf.ready()
const eager = tf.tidy(() => Object.fromEntries([...weights].map(([name, array]) => [name, tf.keep(tf.tensor(array.data, array.shape))])))
const zeros = Object.fromEntries(Object.entries(eager).map(([name, tensor]) => [name, tf.zerosLike(tensor)]))

function eagerStep(): void {
  tf.tidy(() => {
    const slots = Math.ceil((batch.left.maskedPositions.length + batch.right.maskedPositions.length) / 128) * 128
    const shapes: Record<string, number[]> = { leftIds: [batchSize, batch.left.length], rightIds: [batchSize, batch.right.length], cells: [batchSize, batchSize] }
    const tensors = Object.fromEntries(Object.entries(batchFeeds(batch, slots)).map(([name, data]) =>
      [name, tf.tensor(data, shapes[name] ?? [data.length], data instanceof Int32Array ? 'int32' : 'float32')]))
    const result = optimizerStep(eager, zeros, zeros, config, { ...tensors, mmmWeight: tf.scalar(0.25) } as unknown as StepTensors, {
      learningRate: tf.scalar(1e-3), weightDecay: tf.scalar(0.1), gradientClip: tf.scalar(1), correction1: tf.scalar(0.1), correction2: tf.scalar(0.02),
    })
    result.weights['logit_scale']!.dataSync()
  })
}

const compiledMs: number[] = [], eagerMs: number[] = []
for (let round = 0; round < alternations; round += 1) {
  compiledMs.push(await timeMs(async () => { await step.run(batch, settings) }))
  try {
    eagerMs.push(await timeMs(eagerStep))
  } catch (thrown) {
    console.log(`tfjs-wasm cannot run this step: ${(thrown as Error).message}`)
    break
  }
}
console.log(`Training step, nano FuseLIP, ${batchSize} pairs: compiled ${median(compiledMs).toFixed(0)} ms (${Math.min(...compiledMs).toFixed(0)}…${Math.max(...compiledMs).toFixed(0)})`)
if (eagerMs.length > 0) {
  console.log(`tfjs-wasm ${median(eagerMs).toFixed(0)} ms (${Math.min(...eagerMs).toFixed(0)}…${Math.max(...eagerMs).toFixed(0)}): compiled is ${(median(eagerMs) / median(compiledMs)).toFixed(1)} times faster`)
}

const tensorsBefore = tf.memory().numTensors
const memory: number[] = []
for (let index = 0; index < memorySteps; index += 1) {
  await step.run(batch, settings)
  if (index % 50 === 0 || index === memorySteps - 1) memory.push(megabytes())
}
console.log(`Memory over ${memorySteps} steps: ${memory.map((value) => value.toFixed(0)).join(', ')} MiB; tensors ${tensorsBefore} → ${tf.memory().numTensors}`)
await step.dispose()
