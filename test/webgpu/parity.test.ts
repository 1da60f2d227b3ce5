// Training, embedding and tokenizing on WebGPU give what the CPU gives, and no node of a layer runs on the CPU.
import { expect, it } from 'vitest'
import { deviceWorks, profileWork } from '../helpers/deviceWork'
import { relativeDifference } from '../helpers/weightDifference'

const tolerance = 1e-4
const cpu = { deviceId: 'cpu', threadCount: 1 }
const webgpu = { deviceId: 'webgpu', threadCount: 1 }

it.each([
  ['two steps on a whole batch', 'step'], ['two steps in micro-batches', 'microBatches'], ['the embedding of four rows', 'embedding'],
] as const)('%s agree with the CPU, and no node falls back to it', async (_, name) => {
  const wanted = await deviceWorks[name](cpu)
  const { numbers, counts } = await profileWork(deviceWorks[name], webgpu)
  expect([...numbers.keys()]).toEqual([...wanted.keys()])
  for (const [key, values] of wanted) expect(relativeDifference(numbers.get(key)!, values), key).toBeLessThan(tolerance)
  expect(counts).toMatchObject({ providers: { WebGpuExecutionProvider: counts.nodes }, fallback: {}, copies: {} })
  expect(counts.nodes).toBeGreaterThan(name === 'embedding' ? 30 : 500)
})

it('the codes of four pictures are those of the CPU; only their last cast runs there', async () => {
  const wanted = await deviceWorks.tokenizing(cpu)
  const { numbers, counts } = await profileWork(deviceWorks.tokenizing, webgpu)
  expect(relativeDifference(numbers.get('latents')!, wanted.get('latents')!)).toBeLessThan(tolerance)
  expect(Array.from(numbers.get('codes')!)).toEqual(Array.from(wanted.get('codes')!))
  expect(counts).toMatchObject({ fallback: { Cast: 1 }, copies: { MemcpyToHost: 1, MemcpyFromHost: 1 } })
})
