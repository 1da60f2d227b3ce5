// From picture files and texts to ids, codes and embeddings, through the compute thread's own methods, against the
// reference. Values: test/fixtures/golden, made once with the public PyTorch code on small random weights.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { readModelFolder } from '../../src/main/engine/compute/fuselip/modelFolder'
import { padRows } from '../../src/main/engine/compute/fuselip/sequence'
import { createHandlers } from '../../src/main/engine/compute/thread/handlers'
import type { SideInput } from '../../src/main/engine/compute/thread/protocol'
import { sideRow } from '../../src/main/engine/compute/training/batches'
import type { WeightMap } from '../../src/main/engine/compute/weights/namedArray'
import { readSafetensors } from '../../src/main/engine/compute/weights/safetensors'

const goldenPath = (path: string): string => fileURLToPath(new URL(`../fixtures/golden/${path}`, import.meta.url))
const { inputs } = JSON.parse(readFileSync(goldenPath('golden.json'), 'utf8')) as { inputs: { texts: string[]; mixed_image: (number | null)[] } }
const modelDir = goldenPath('fuselip')
const handlers = createHandlers()
const device = { deviceId: null, threadCount: null }
const context = { signal: new AbortController().signal, emit: () => undefined as never }

let golden: WeightMap
let codes: Uint16Array[]

beforeAll(async () => {
  golden = (await readSafetensors(goldenPath('golden.safetensors'))).weights
  codes = Array.from({ length: 4 }, (_, i) => Uint16Array.from(golden.get('titok_s.codes')!.data.subarray(32 * i, 32 * i + 32)))
})

const sidesOf = (kind: string): SideInput[] => inputs.texts.map((text, i) => ({
  codes: kind === 'text' || (kind === 'mixed' && inputs.mixed_image[i] === null) ? null : codes[i]!,
  text: kind === 'image' ? null : text,
}))

it('reads the sizes of a published checkpoint', async () => {
  expect((await readModelFolder(modelDir)).config)
    .toEqual({ width: 32, headCount: 2, layerCount: 2, contextLength: 64, codebookSize: 256, imageTokenCount: 32, hasMask: true })
  expect(await handlers.describeModel({ modelDir }, context)).toMatchObject({ width: 32, layers: 2, imageTokenCount: 32 })
})

it('gives the codes of the reference, and an error of its own for a file that is no picture', async () => {
  const paths = [0, 1, 2, 3].map((i) => goldenPath(`images/${i}.png`))
  const progress: number[] = []
  const results = await handlers.tokenizeImages(
    { tokenizerDir: goldenPath('titok-s'), images: [...paths.slice(0, 2), goldenPath('golden.json'), ...paths.slice(2)].map((path) => ({ path, recipe: null })), device },
    { ...context, emit: ({ done }) => progress.push(done) },
  )
  expect(results.map(({ error }) => error?.code ?? null)).toEqual([null, null, 'unreadable-image', null, null])
  expect(results.flatMap(({ codes: found }) => (found ? [[...found]] : []))).toEqual(codes.map((row) => [...row]))
  expect(progress).toEqual([5])
})

it('gives the same codes with the tokenizer inside a published checkpoint', async () => {
  const images = [{ path: goldenPath('images/1.png'), recipe: null }]
  const [result] = await handlers.tokenizeImages({ tokenizerDir: modelDir, images, device }, context)
  expect([...result!.codes!]).toEqual([...codes[1]!])
})

describe.each(['image', 'text', 'both', 'mixed'])('sides with %s', (kind) => {
  it('have the ids of the reference', async () => {
    const { config } = await readModelFolder(modelDir)
    const [, length] = golden.get(`ids.${kind}`)!.shape as [number, number]
    const { ids } = padRows(sidesOf(kind).map((side) => sideRow(side, config)), [length])
    expect([...ids]).toEqual([...golden.get(`ids.${kind}`)!.data])
  })

  it('have the embeddings of the reference', async () => {
    const { embeddings, width } = await handlers.embedSides({ modelDir, sides: sidesOf(kind), device }, context)
    const expected = golden.get(`features.${kind}`)!
    expect([embeddings.length / width, width]).toEqual(expected.shape)
    const worst = embeddings.reduce((largest, value, i) => Math.max(largest, Math.abs(value - expected.data[i]!)), 0)
    expect(worst).toBeLessThan(2e-5)
  })
})
