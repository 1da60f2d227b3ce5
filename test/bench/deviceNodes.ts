// `npm run nodes [-- DEVICE]`: training steps of a small model on a device (WebGPU where none is named) beside the CPU. Lists
// the nodes that fell back to the CPU and the copies between the two, and how far losses and weights differ, as JSON.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { initialiseFuselip } from '../../src/main/engine/compute/fuselip/initialise'
import { createTrainingStep } from '../../src/main/engine/compute/training/compiledStep'
import { createRandom } from '../../src/main/engine/compute/training/random'
import type { DeviceOptions } from '../../src/main/engine/compute/graph/compileFunction'
import { configOf, stepSettings, syntheticBatch } from './synthetic'

const config = { ...configOf('nano'), layerCount: 1, width: 32, headCount: 2 }
const batch = syntheticBatch(2, 16, 16)
const stepCount = 2
/** The device to look at; `cpu` shows what the list looks like without a GPU. */
const deviceId = process.argv[2] ?? 'webgpu'

async function train(device: DeviceOptions) {
  const random = createRandom(1, 9)
  const step = await createTrainingStep(initialiseFuselip(config, () => random.next()), config, device)
  const losses: number[] = []
  for (let optimizerStep = 1; optimizerStep <= stepCount; optimizerStep += 1) {
    const { total, gradientNorm } = await step.run(batch, { ...stepSettings, optimizerStep })
    losses.push(total, gradientNorm)
  }
  const weights = await step.exportWeights()
  await step.dispose()
  return { losses, weights }
}

interface ProfiledNode { cat: string; name: string; args: { op_name: string; provider: string; node_index: string } }

async function profiledNodes(folder: string): Promise<ProfiledNode['args'][]> {
  const files = await readdir(folder)
  const events = (await Promise.all(files.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as ProfiledNode[]))).flat()
  const nodes = events.filter((event) => event.cat === 'Node' && event.name.endsWith('_kernel_time')).map(({ args }) => args)
  return [...new Map(nodes.map((node) => [`${node.op_name} ${node.node_index}`, node])).values()]
}

function countBy(values: string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

const folder = await mkdtemp(join(tmpdir(), 'fuselip-nodes-'))
try {
  const cpu = await train({ deviceId: 'cpu', threadCount: 1 })
  const gpu = await train({ deviceId, threadCount: 1, profilePrefix: join(folder, 'profile') })
  const nodes = await profiledNodes(folder)
  const isCopy = ({ op_name: name }: ProfiledNode['args']): boolean => name.startsWith('Memcpy')
  let weightDifference = 0
  for (const [name, { data }] of gpu.weights) {
    const expected = cpu.weights.get(name)!.data
    data.forEach((value, index) => { weightDifference = Math.max(weightDifference, Math.abs(value - expected[index]!)) })
  }
  console.log(JSON.stringify({
    nodes: nodes.length,
    providers: countBy(nodes.map(({ provider }) => provider)),
    fallback: countBy(nodes.filter((node) => node.provider === 'CPUExecutionProvider' && !isCopy(node)).map(({ op_name: name }) => name)),
    copies: countBy(nodes.filter(isCopy).map(({ op_name: name }) => name)),
    lossDifference: Math.max(...gpu.losses.map((value, index) => Math.abs(value - cpu.losses[index]!) / Math.abs(cpu.losses[index]!))),
    weightDifference,
  }, null, 1))
} finally {
  await rm(folder, { recursive: true })
}
