// Blends of two models: exact numbers, the parents at the ends, refusals, and embeddings equal to those of the saved model.
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { FuselipConfig } from '../../../src/main/engine/compute/fuselip/config'
import { readModelFolder } from '../../../src/main/engine/compute/fuselip/modelFolder'
import { blendModels } from '../../../src/main/engine/compute/library/blendModels'
import { blendWeights } from '../../../src/main/engine/compute/library/blendWeights'
import { createHandlers } from '../../../src/main/engine/compute/thread/handlers'
import type { SideInput } from '../../../src/main/engine/compute/thread/protocol'
import { writeModelFolder } from '../../../src/main/engine/compute/training/checkpoint'
import type { WeightMap } from '../../../src/main/engine/compute/weights/namedArray'
import { temporaryFolder } from '../../helpers/temporaryFolder'
import { randomWeights, trainableConfig } from '../../helpers/tinyModel'

const root = temporaryFolder()
const [baseDir, tunedDir] = [join(root, 'base'), join(root, 'tuned')]
const write = (dir: string, seed: number, config: FuselipConfig = trainableConfig, imageTokenizer = 'tiny-titok') =>
  writeModelFolder(dir, { config, baseJson: { imageTokenizer, note: 'kept' }, weights: randomWeights(config, seed), training: { step: seed } })
const save = (amount: number, name: string, to = tunedDir) =>
  blendModels({ baseDir, tunedDir: to, amount, modelDir: join(root, name), record: { source: 'a blend' }, card: '# A blend\n' })
const bytesOf = (data: Float32Array): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength)
const expectSame = (found: WeightMap, expected: WeightMap): void => {
  expect([...found.keys()]).toEqual([...expected.keys()])
  for (const [name, { data }] of expected) expect(bytesOf(found.get(name)!.data).equals(bytesOf(data)), name).toBe(true)
}

beforeAll(async () => {
  await write(baseDir, 1)
  await write(tunedDir, 2)
})

describe('a blend of weights', () => {
  const map = (...numbers: number[]): WeightMap => new Map([['w', { shape: [numbers.length], data: Float32Array.from(numbers) }]])
  const blended = (amount: number, base: number[], tuned: number[]): number[] => [...blendWeights(map(...base), map(...tuned), amount).get('w')!.data]

  it('is the nearest float32 of the exact value', () => {
    expect(blended(0.25, [1, -2, 0.5, 3], [5, 2, 0.5, 3])).toEqual([2, -1, 0.5, 3])
    expect(blended(0.5, [1, 2 ** 24], [1 + 2 ** -23, 2 ** 24 + 2])).toEqual([1, 2 ** 24]) // ties go to the even neighbour
    expect(blended(0.3, [0.1], [0.7])).toEqual([Math.fround(0.7 * Math.fround(0.1) + 0.3 * Math.fround(0.7))])
  })

  it('leaves equal numbers as they are at every amount', () => {
    const numbers = Array.from({ length: 2000 }, (_, i) => Math.fround(Math.sin(i) * 10 ** ((i % 60) - 30)))
    for (let step = 0; step <= 100; step++) expect(blended(step / 100, numbers, numbers)).toEqual(numbers)
  })

  it('keeps the parents at the ends to the last bit, also where a parent holds −0 or the other no number', () => {
    expect(Object.is(blended(0, [-0], [1])[0], -0)).toBe(true)
    expect(blended(0, [1], [Infinity])).toEqual([1])
    expect(blended(1, [NaN], [2])).toEqual([2])
  })

  it('refuses amounts outside 0…1', () => {
    for (const amount of [-0.01, 1.01, NaN]) expect(() => blended(amount, [1], [2])).toThrow(/from 0 \(base\) to 1 \(tuned\)/)
  })
})

describe('a blend as a model', () => {
  it('is its parent at 0 and at 1, bit for bit, without what the run wrote about itself', async () => {
    const [base, tuned] = [await readModelFolder(baseDir), await readModelFolder(tunedDir)]
    expect(await save(0, 'at-0')).toEqual({ parameterCount: [...base.weights.values()].reduce((sum, { data }) => sum + data.length, 0) })
    await save(1, 'at-1')
    const [first, last] = [await readModelFolder(join(root, 'at-0')), await readModelFolder(join(root, 'at-1'))]
    expectSame(first.weights, base.weights)
    expectSame(last.weights, tuned.weights)
    expect(last.config).toEqual(tuned.config)
    expect(last.json).toEqual({ ...tuned.json, training: {} })
  })

  it('refuses models of other shapes and other tokenizers, says in what they differ, and writes nothing', async () => {
    const others: [string, Partial<FuselipConfig>, string, RegExp][] = [
      ['wide', { width: 32 }, 'tiny-titok', /the same width, found 16 and 32/],
      ['deep', { layerCount: 3 }, 'tiny-titok', /the same layerCount, found 2 and 3/],
      ['heads', { headCount: 4 }, 'tiny-titok', /the same headCount, found 2 and 4/],
      ['long', { contextLength: 48 }, 'tiny-titok', /the same contextLength, found 32 and 48/],
      ['codes', { codebookSize: 32 }, 'tiny-titok', /the same codebookSize, found 64 and 32/],
      ['repaired', { repairsText: true }, 'tiny-titok', /the same repair of texts, found false and true/],
      ['other-codes', {}, 'other-titok', /the same image tokenizer, found tiny-titok and other-titok/],
    ]
    for (const [name, change, tokenizer, message] of others) {
      await write(join(root, name), 3, { ...trainableConfig, ...change }, tokenizer)
      await expect(save(0.5, `no-${name}`, join(root, name))).rejects.toMatchObject({ code: 'bad-input', message: expect.stringMatching(message) as string })
      await expect(readModelFolder(join(root, `no-${name}`))).rejects.toMatchObject({ code: 'bad-model' })
    }
  })
})

describe('embeddings of a blend', () => {
  const handlers = createHandlers()
  const context = { signal: new AbortController().signal, emit: () => undefined as never }
  const device = { deviceId: 'cpu', threadCount: 1 }
  const sides: SideInput[] = [
    { codes: null, text: 'a red circle' }, { codes: Uint16Array.from([1, 2, 3, 4, 5, 63]), text: null }, { codes: Uint16Array.from([6, 5, 4, 3, 2, 1]), text: 'make it blue' },
  ]

  it('are those of the model that is saved at the same amount, and of the parents at the ends', async () => {
    for (const amount of [0, 0.4, 1]) {
      const name = `saved-${amount}`
      await save(amount, name)
      const live = await handlers.embedBlend({ baseDir, tunedDir, amount, sides, device }, context)
      const modelDir = amount === 0 ? baseDir : amount === 1 ? tunedDir : join(root, name)
      const saved = await handlers.embedSides({ modelDir, sides, device }, context)
      expect(live.width).toBe(16)
      expect(bytesOf(live.embeddings).equals(bytesOf(saved.embeddings)), name).toBe(true)
    }
  })

  it('are those of the new weights when a parent is replaced in place', async () => {
    const before = await handlers.embedBlend({ baseDir, tunedDir, amount: 1, sides, device }, context)
    await write(tunedDir, 9)
    const after = await handlers.embedBlend({ baseDir, tunedDir, amount: 1, sides, device }, context)
    expect(after.embeddings).not.toEqual(before.embeddings)
    expect(after.embeddings).toEqual((await handlers.embedSides({ modelDir: tunedDir, sides, device }, context)).embeddings)
    await handlers.dispose()
  })
})
