// The engine's graphs on small models, run on one device: what comes out, and which nodes ran where. Used by
// `npm run nodes` and by the tests that hold a GPU to the CPU.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type * as tf from '@tensorflow/tfjs-core'
import { createEmbedder } from '../../src/main/engine/compute/fuselip/embedder'
import { compileFunction, type DeviceOptions } from '../../src/main/engine/compute/graph/compileFunction'
import { encodeLatents, nearestCodes } from '../../src/main/engine/compute/titok/encoder'
import { initialiseTitok } from '../../src/main/engine/compute/titok/initialise'
import type { TitokConfig, VisionTransformerConfig } from '../../src/main/engine/compute/titok/titokConfig'
import { createTrainingStep } from '../../src/main/engine/compute/training/compiledStep'
import { createRandom } from '../../src/main/engine/compute/training/random'
import { stepSettings, syntheticBatch, syntheticSide } from '../bench/synthetic'
import { randomWeights, trainableConfig } from './tinyModel'
import { withoutKeyBias } from './weightDifference'

/** Everything that a piece of work gives, by name. */
export type Numbers = Map<string, ArrayLike<number>>
export type DeviceWork = (device: DeviceOptions) => Promise<Numbers>

const transformer: VisionTransformerConfig = { patchPx: 8, gridSize: 2, width: 16, layerCount: 2, headCount: 2 }
const titokConfig: TitokConfig = {
  imageSizePx: 16, latentCount: 4, tokenSize: 4, codebookSize: 32, isNormalised: true, isLegacy: false, encoder: transformer, decoder: transformer, pixelStage: 'rgb',
}
const config = { ...trainableConfig, layerCount: 1 }
const pairCount = 4
const stepCount = 2

const length = 12

function trainingSteps(microBatchSize: number): DeviceWork {
  return async (device) => {
    const step = await createTrainingStep(randomWeights(config, 31), config, device)
    const numbers: Numbers = new Map()
    try {
      const batch = syntheticBatch(pairCount, length, length)
      for (let optimizerStep = 1; optimizerStep <= stepCount; optimizerStep += 1) {
        const result = await step.run(batch, { ...stepSettings, optimizerStep, microBatchSize })
        for (const [name, value] of Object.entries(result)) numbers.set(`${name} of step ${optimizerStep}`, [value])
      }
      for (const [name, { data }] of await step.exportWeights()) numbers.set(name, withoutKeyBias(name, data))
      for (const [name, { data }] of await step.exportMoments()) numbers.set(name, withoutKeyBias(name, data))
    } finally {
      await step.dispose()
    }
    return numbers
  }
}

const embedding: DeviceWork = async (device) => {
  const embedder = await createEmbedder(randomWeights(config, 31), config, device)
  try {
    const { ids, endPositions } = syntheticSide(pairCount, length, 2)
    return new Map([['features', await embedder.embed(ids, length, endPositions)]])
  } finally {
    await embedder.dispose()
  }
}

const tokenizing: DeviceWork = async (device) => {
  const random = createRandom(5)
  const weights = initialiseTitok(titokConfig, () => random.next())
  const { imageSizePx } = titokConfig
  const images = [pairCount, imageSizePx, imageSizePx, 3]
  const specs = Object.fromEntries([...weights].map(([name, { shape }]) => [name, { shape, dtype: 'float32' as const }]))
  const compiled = await compileFunction({ ...specs, images: { shape: images, dtype: 'float32' } }, (inputs) => {
    const latents = encodeLatents(inputs, titokConfig, inputs['images'] as tf.Tensor4D)
    return { latents, codes: nearestCodes(inputs, titokConfig, latents) }
  }, device)
  try {
    const pixels = Float32Array.from({ length: images.reduce((a, b) => a * b) }, () => random.next())
    const outputs = await compiled.run({ ...Object.fromEntries([...weights].map(([name, { data }]) => [name, data])), images: pixels })
    return new Map<string, ArrayLike<number>>([['latents', outputs['latents']!.data as Float32Array], ['codes', outputs['codes']!.data as Int32Array]])
  } finally {
    await compiled.dispose()
  }
}

export const deviceWorks: Readonly<Record<'step' | 'microBatches' | 'embedding' | 'tokenizing', DeviceWork>> = {
  step: trainingSteps(pairCount), microBatches: trainingSteps(pairCount / 2), embedding, tokenizing,
}

export interface NodeCounts {
  nodes: number
  providers: Record<string, number>
  /** Operators that a device with an accelerator left to the CPU. */
  fallback: Record<string, number>
  /** Transfers between the two. */
  copies: Record<string, number>
}

interface ProfiledNode { cat: string; name: string; args: { op_name: string; provider: string; node_index: string } }

function countBy(values: string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

/** Each node once, however often its graph ran; one file of the folder is one graph. */
async function countNodes(folder: string): Promise<NodeCounts> {
  const nodes: ProfiledNode['args'][] = []
  for (const name of await readdir(folder)) {
    const events = (JSON.parse(await readFile(join(folder, name), 'utf8')) as ProfiledNode[])
      .filter((event) => event.cat === 'Node' && event.name.endsWith('_kernel_time')).map(({ args }) => args)
    nodes.push(...new Map(events.map((node) => [`${node.op_name} ${node.node_index}`, node])).values())
  }
  const isCopy = ({ op_name: name }: ProfiledNode['args']): boolean => name.startsWith('Memcpy')
  return {
    nodes: nodes.length,
    providers: countBy(nodes.map(({ provider }) => provider)),
    fallback: countBy(nodes.filter((node) => node.provider === 'CPUExecutionProvider' && !isCopy(node)).map(({ op_name: name }) => name)),
    copies: countBy(nodes.filter(isCopy).map(({ op_name: name }) => name)),
  }
}

/** Does the work on a device and counts its nodes. */
export async function profileWork(work: DeviceWork, device: DeviceOptions): Promise<{ numbers: Numbers; counts: NodeCounts }> {
  const folder = await mkdtemp(join(tmpdir(), 'fuselip-nodes-'))
  try {
    const numbers = await work({ ...device, profilePrefix: join(folder, 'profile') })
    return { numbers, counts: await countNodes(folder) }
  } finally {
    await rm(folder, { recursive: true })
  }
}
