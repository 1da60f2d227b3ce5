// The AdamW kernel against the same update on tfjs: several steps, lengths that fill no whole vector, clipping, decay.
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { adamwUpdate, beta1, beta2, gradientNorm } from '../../../src/main/engine/compute/training/adamw'
import type { AdamwInputs } from '../../../src/main/engine/compute/training/adamw'
import { createAdamwKernel, type KernelGroup } from '../../../src/main/engine/compute/training/adamwKernel'
import { createRandom } from '../../../src/main/engine/compute/training/random'

const shapes = new Map<string, number[]>([['matrix', [7, 3]], ['matrix.bias', [7]], ['logit_scale', []], ['long', [33, 17]]])

function tensorsOf(group: ReadonlyMap<string, Float32Array>): Record<string, tf.Tensor> {
  return Object.fromEntries([...group].map(([name, data]) => [name, tf.tensor(Float32Array.from(data), shapes.get(name)!, 'float32')]))
}

it.each([['clipped', 3], ['not clipped', 1e-3]])('updates as tfjs does, %s', async (_, gradientSize) => {
  await tf.setBackend('cpu')
  const random = createRandom(5, 1)
  const kernel = createAdamwKernel(shapes)!
  const fill = (group: KernelGroup, size: number): void => {
    for (const array of kernel.arrays[group].values()) array.forEach((_value, index) => { array[index] = size * (random.next() - 0.5) })
  }
  fill('weight', 2)
  let weights = tensorsOf(kernel.arrays.weight), first = tensorsOf(kernel.arrays.first), second = tensorsOf(kernel.arrays.second)
  for (let step = 1; step <= 4; step += 1) {
    fill('gradient', gradientSize)
    const numbers = { learningRate: 0.01, weightDecay: 0.5, gradientClip: 1, correction1: 1 - beta1 ** step, correction2: 1 - beta2 ** step }
    const gradients = tensorsOf(kernel.arrays.gradient)
    const norm = gradientNorm(gradients)
    const inputs = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, tf.scalar(value)])) as unknown as AdamwInputs
    ;({ weights, first, second } = adamwUpdate(weights, gradients, first, second, norm, inputs))
    expect(kernel.update(numbers)).toBeCloseTo((await norm.data())[0]!, 4)
    for (const [group, expected] of [['weight', weights], ['first', first], ['second', second]] as const) {
      for (const [name, array] of kernel.arrays[group]) {
        const values = await expected[name]!.data()
        array.forEach((value, index) => expect(Math.abs(value - values[index]!)).toBeLessThan(1e-6))
      }
    }
  }
})

it('has no kernel for arrays beyond what WebAssembly addresses', () => {
  expect(createAdamwKernel(new Map([['huge', [2 ** 15, 2 ** 15]]]))).toBeNull()
})
