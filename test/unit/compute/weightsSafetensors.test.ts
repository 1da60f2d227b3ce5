import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WeightMap } from '../../../src/main/engine/compute/weights/namedArray'
import { floatToHalf, halfToFloat, toFloat32 } from '../../../src/main/engine/compute/weights/numberFormats'
import { replaceFile } from '../../../src/main/engine/compute/weights/replaceFile'
import { readSafetensors, writeSafetensors } from '../../../src/main/engine/compute/weights/safetensors'
import { requireWeight, weightsUnder } from '../../../src/main/engine/compute/weights/weightMap'
import { AppError } from '../../../src/shared/errors'

let folder: string
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'safetensors-test-')) })
afterAll(() => rm(folder, { recursive: true }))

const small: WeightMap = new Map([
  ['matrix', { shape: [2, 3], data: Float32Array.of(0, 1, -2.5, 1e-3, 65504, 3) }],
  ['number', { shape: [], data: Float32Array.of(7) }],
  ['empty', { shape: [0, 5], data: new Float32Array(0) }],
])

function fileOf(header: unknown, data: Uint8Array = new Uint8Array(0)): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  return Buffer.concat([length, json, data])
}

async function refusal(bytes: Uint8Array): Promise<string> {
  const path = join(folder, 'hostile.safetensors')
  await writeFile(path, bytes)
  const thrown = await readSafetensors(path).then(() => null, (error: unknown) => error)
  expect(thrown).toBeInstanceOf(AppError)
  expect((thrown as AppError).code).toBe('bad-model')
  expect((thrown as AppError).message).toContain('hostile.safetensors')
  return (thrown as AppError).message
}

describe('writeSafetensors and readSafetensors', () => {
  it('give weights and metadata back exactly in F32', async () => {
    const path = join(folder, 'whole.safetensors')
    await writeSafetensors(path, small, { metadata: { step: '12', format: 'pt' } })
    expect(await readSafetensors(path)).toEqual({ weights: small, metadata: { step: '12', format: 'pt' } })
    const bytes = await readFile(path)
    expect(Number(bytes.readBigUInt64LE()) % 8).toBe(0)
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('halve the data in F16, rounded to the nearest', async () => {
    const [wide, narrow] = [join(folder, 'wide'), join(folder, 'narrow')]
    const weights: WeightMap = new Map([['a', { shape: [1000], data: Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i) * 10) }]])
    await writeSafetensors(wide, weights)
    await writeSafetensors(narrow, weights, { format: 'F16' })
    expect((await stat(wide)).size - (await stat(narrow)).size).toBe(2000)
    const { data } = (await readSafetensors(narrow)).weights.get('a')!
    data.forEach((value, i) => expect(Math.abs(value - weights.get('a')!.data[i]!)).toBeLessThanOrEqual(2 ** -11 * 10))
  })

  it('write a view of a larger array, and overwrite an older file', async () => {
    const path = join(folder, 'view.safetensors')
    const all = Float32Array.of(1, 2, 3, 4)
    await writeSafetensors(path, small)
    await writeSafetensors(path, new Map([['tail', { shape: [2], data: all.subarray(2) }]]))
    expect([...(await readSafetensors(path)).weights].map(([name, { data }]) => [name, ...data])).toEqual([['tail', 3, 4]])
  })

  it('read only the tensors asked for', async () => {
    const path = join(folder, 'some.safetensors')
    await writeSafetensors(path, small)
    expect([...(await readSafetensors(path, (name) => name === 'number')).weights.keys()]).toEqual(['number'])
  })

  it('refuse to write a shape that does not fit its numbers', async () => {
    const wrong: WeightMap = new Map([['a', { shape: [3], data: new Float32Array(2) }]])
    await expect(writeSafetensors(join(folder, 'wrong'), wrong)).rejects.toThrow(/Expected 3 numbers for “a”.*got 2/)
  })
})

describe('readSafetensors refuses', () => {
  const tensor = (dtype: unknown, shape: unknown, offsets: unknown): unknown => ({ a: { dtype, shape, data_offsets: offsets } })
  const four = new Uint8Array(4)

  it.each([
    ['a header of no JSON', fileOf('{"a":'), /not JSON/],
    ['a header that is a list', fileOf([]), /not a JSON object/],
    ['a tensor without description', fileOf({ a: null }), /“a” has no description/],
    ['an unknown type', fileOf(tensor('Q4', [1], [0, 4]), four), /type "Q4"; expected one of/],
    ['a type from the prototype', fileOf(tensor('constructor', [1], [0, 4]), four), /type "constructor"/],
    ['a negative size', fileOf(tensor('F32', [-1], [0, 4]), four), /no valid shape/],
    ['a size beyond whole numbers', fileOf('{"a":{"dtype":"F32","shape":[1e30],"data_offsets":[0,4]}}', four), /no valid shape/],
    ['a product of sizes that overflows', fileOf(tensor('F32', [2 ** 40, 2 ** 40], [0, 4]), four), /needs .* bytes, its offsets give 4/],
    ['too many axes', fileOf(tensor('F32', new Array(99).fill(1), [0, 4]), four), /no valid shape/],
    ['one offset', fileOf(tensor('F32', [1], [0]), four), /no valid offsets/],
    ['offsets in reverse', fileOf(tensor('F32', [1], [4, 0]), four), /its offsets give -4/],
    ['offsets beyond the file', fileOf(tensor('F32', [2], [0, 8]), four), /ends at byte 8, the file has 4/],
    ['data after the last tensor', fileOf(tensor('F32', [1], [0, 4]), new Uint8Array(8)), /take 4 bytes, the file has 8/],
    ['a hole before the first tensor', fileOf(tensor('F32', [1], [4, 8]), new Uint8Array(8)), /starts at byte 4, expected 0/],
    ['overlapping tensors', fileOf({
      a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] }, b: { dtype: 'F32', shape: [1], data_offsets: [2, 6] },
    }, new Uint8Array(6)), /“b” starts at byte 2, expected 4/],
    ['an empty file', Buffer.alloc(0), /at least 8 bytes/],
    ['a header longer than the file', fileOf({}).subarray(0, 9), /the header claims 2 bytes, the file has 1/],
    ['a header beyond the limit', Buffer.from('ffffffffffffff7f00', 'hex'), /at most 100000000 bytes/],
  ])('%s', async (_, bytes, reason) => {
    expect(await refusal(bytes)).toMatch(reason)
  })

  it('a missing file, by name', async () => {
    const error = await readSafetensors(join(folder, 'absent')).catch((thrown: unknown) => thrown as AppError)
    expect(error).toMatchObject({ code: 'unreadable-file', message: expect.stringContaining('absent') as string })
  })
})

describe('number formats', () => {
  it('takes every half-precision number to float32 and back', () => {
    for (let bits = 0; bits < 65_536; bits++) {
      const value = halfToFloat(bits)
      if (!Number.isNaN(value)) expect(floatToHalf(value)).toBe(bits)
    }
    expect(halfToFloat(floatToHalf(NaN))).toBeNaN()
  })

  it('rounds to the nearest half-precision number, ties to even', () => {
    const ordered = Array.from({ length: 0x7c00 }, (_, bits) => halfToFloat(bits))
    for (let bits = 0; bits + 1 < ordered.length; bits += 7) {
      const [low, high] = [ordered[bits]!, ordered[bits + 1]!]
      expect(floatToHalf((low + high) / 2)).toBe(bits % 2 ? bits + 1 : bits)
      expect(floatToHalf(low + (high - low) * 0.4)).toBe(bits)
      expect(floatToHalf(-(low + (high - low) * 0.6))).toBe(0x8000 | (bits + 1))
    }
    expect(floatToHalf(65_519)).toBe(0x7bff)
    expect(floatToHalf(65_520)).toBe(0x7c00)
    expect(floatToHalf(1e30)).toBe(0x7c00)
    expect(floatToHalf(-1e-30)).toBe(0x8000)
  })

  it('reads every format at an odd offset', () => {
    const padded = (bytes: Uint8Array): Uint8Array => Uint8Array.from([0, ...bytes]).subarray(1)
    expect([...toFloat32(padded(new Uint8Array(Float32Array.of(1.5, -2).buffer)), 'F32')]).toEqual([1.5, -2])
    expect([...toFloat32(padded(new Uint8Array(Float64Array.of(1.5, -2).buffer)), 'F64')]).toEqual([1.5, -2])
    expect([...toFloat32(padded(Uint8Array.of(0xc0, 0x3f, 0, 0xc0)), 'BF16')]).toEqual([1.5, -2])
    expect([...toFloat32(padded(new Uint8Array(BigInt64Array.of(-3n, 2n ** 24n).buffer)), 'I64')]).toEqual([-3, 2 ** 24])
    expect([...toFloat32(padded(new Uint8Array(Int32Array.of(-3, 9).buffer)), 'I32')]).toEqual([-3, 9])
    expect([...toFloat32(padded(new Uint8Array(Int16Array.of(-3, 9).buffer)), 'I16')]).toEqual([-3, 9])
    expect([...toFloat32(Uint8Array.of(255, 1), 'I8')]).toEqual([-1, 1])
    expect([...toFloat32(Uint8Array.of(255, 0), 'BOOL')]).toEqual([1, 0])
  })
})

describe('replaceFile', () => {
  it('keeps the old file and leaves nothing else where writing fails', async () => {
    const path = join(folder, 'kept.txt')
    await writeFile(path, 'old')
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
    const thrown = await replaceFile(path, async (file) => {
      await file.write('half of the ne')
      throw full
    }).catch((error: unknown) => error as AppError)
    expect(thrown).toMatchObject({ code: 'disk-full' })
    expect(await readFile(path, 'utf8')).toBe('old')
    expect((await readdir(folder)).filter((name) => name.includes('kept'))).toEqual(['kept.txt'])
  })
})

describe('weight maps', () => {
  it('are cut by prefix and name what is missing', () => {
    const weights: WeightMap = new Map([['a.b', small.get('number')!], ['c', small.get('matrix')!]])
    expect([...weightsUnder(weights, 'a.').keys()]).toEqual(['b'])
    expect(requireWeight(weights, 'c')).toBe(small.get('matrix'))
    expect(() => requireWeight(weights, 'd')).toThrow(/named “d”; the file has 2 weights/)
  })
})
