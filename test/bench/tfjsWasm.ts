// The bench's worker for tfjs-wasm: the same functions, run eagerly.
import '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { initialiseFuselip } from '../../src/main/engine/compute/fuselip/initialise'
import { batchFeeds } from '../../src/main/engine/compute/training/compiledStep'
import { createRandom } from '../../src/main/engine/compute/training/random'
import { optimizerStep } from '../../src/main/engine/compute/training/step'
import type { StepTensors } from '../../src/main/engine/compute/training/step'
import type { Work } from './cases'
import { configOf, stepSettings, syntheticBatch } from './synthetic'
import { serveWorker } from './worker'

async function prepare(work: Work): Promise<() => Promise<void>> {
  if (work.kind !== 'step') throw new Error(`tfjs-wasm is measured on training steps only, not on “${work.kind}”.`)
  await tf.setBackend('wasm')
  await tf.ready()
  const config = configOf(work.size)
  const random = createRandom(1, 9)
  const weights = initialiseFuselip(config, () => random.next())
  const batch = syntheticBatch(work.pairs, work.leftLength, work.rightLength)
  const slots = Math.ceil((batch.left.maskedPositions.length + batch.right.maskedPositions.length) / 128) * 128
  const shapes: Record<string, number[]> = { leftIds: [work.pairs, work.leftLength], rightIds: [work.pairs, work.rightLength], cells: [work.pairs, work.pairs] }
  const parameters = Object.fromEntries([...weights].map(([name, array]) => [name, tf.tensor(array.data, array.shape)]))
  const moments = Object.fromEntries(Object.entries(parameters).map(([name, tensor]) => [name, tf.zerosLike(tensor)]))
  return async () => {
    tf.tidy(() => {
      const tensors = Object.fromEntries(Object.entries(batchFeeds(batch, slots)).map(([name, data]) =>
        [name, tf.tensor(data, shapes[name] ?? [data.length], data instanceof Int32Array ? 'int32' : 'float32')]))
      const result = optimizerStep(parameters, moments, moments, config, { ...tensors, mmmWeight: tf.scalar(stepSettings.mmmWeight) } as unknown as StepTensors, {
        learningRate: tf.scalar(stepSettings.learningRate), weightDecay: tf.scalar(stepSettings.weightDecay), gradientClip: tf.scalar(stepSettings.gradientClip),
        correction1: tf.scalar(0.1), correction2: tf.scalar(0.02),
      })
      result.weights['logit_scale']!.dataSync()
    })
  }
}

serveWorker(`tfjs-wasm ${tf.version_core}`, prepare)
