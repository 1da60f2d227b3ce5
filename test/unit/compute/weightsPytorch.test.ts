import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPytorch } from '../../../src/main/engine/compute/weights/pytorch'
import { AppError } from '../../../src/shared/errors'
import { float32Bytes, pickle, zipFile } from '../../helpers/pytorchFile'

let folder: string
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'pytorch-test-')) })
afterAll(() => rm(folder, { recursive: true }))

let count = 0
async function save(bytes: Uint8Array): Promise<string> {
  const path = join(folder, `weights-${count++}.bin`)
  await writeFile(path, bytes)
  return path
}

const numbers = float32Bytes(0, 1, 2, 3, 4, 5)
const storage = pickle.storage('FloatStorage', '0', 6)
const plain = pickle.tensor(storage, 0, [2, 3], [3, 1])
const archive = (value: Buffer, files: Record<string, Uint8Array> = { 'm/data/0': numbers }): Buffer =>
  zipFile({ 'm/data.pkl': pickle.file(value), ...files, 'm/version': Buffer.from('3\n') })

async function refusal(bytes: Uint8Array): Promise<string> {
  const thrown = await readPytorch(await save(bytes)).then(() => null, (error: unknown) => error)
  expect(thrown).toBeInstanceOf(AppError)
  expect((thrown as AppError).code).toBe('bad-model')
  return (thrown as AppError).message
}

describe('readPytorch', () => {
  it('reads views of one storage: whole, transposed, in the middle, of rank 0, empty', async () => {
    const weights = await readPytorch(await save(archive(pickle.dictionary([
      ['whole', plain],
      ['tied', plain],
      ['transposed', pickle.tensor(storage, 0, [3, 2], [1, 3])],
      ['middle', pickle.tensor(storage, 2, [2], [2])],
      ['number', pickle.tensor(storage, 5, [], [])],
      ['empty', pickle.tensor(storage, 0, [0, 4], [4, 1])],
    ]))))
    const read = (name: string) => ({ shape: weights.get(name)!.shape, data: [...weights.get(name)!.data] })
    expect(read('whole')).toEqual({ shape: [2, 3], data: [0, 1, 2, 3, 4, 5] })
    expect(read('transposed')).toEqual({ shape: [3, 2], data: [0, 3, 1, 4, 2, 5] })
    expect(read('middle')).toEqual({ shape: [2], data: [2, 4] })
    expect(read('number')).toEqual({ shape: [], data: [5] })
    expect(read('empty')).toEqual({ shape: [0, 4], data: [] })
    expect(weights.get('tied')!.data).toBe(weights.get('whole')!.data)
  })

  it('opens {"state_dict": …}, takes off “module.”, passes over what is no tensor', async () => {
    const state = pickle.build(
      pickle.call(pickle.global('collections', 'OrderedDict'), pickle.tuple(pickle.list(pickle.tuple(pickle.text('module.a'), plain)))),
      pickle.dictionary([['_metadata', pickle.none]]),
    )
    const weights = await readPytorch(await save(archive(pickle.dictionary([['epoch', pickle.int(3)], ['state_dict', state]]))))
    expect([...weights.keys()]).toEqual(['a'])
  })

  it('reads half, bfloat16, double, long and byte storages', async () => {
    const types: [string, Uint8Array, number[]][] = [
      ['HalfStorage', Uint8Array.of(0x00, 0x3c, 0x00, 0xc0), [1, -2]],
      ['BFloat16Storage', Uint8Array.of(0x80, 0x3f, 0x00, 0xc0), [1, -2]],
      ['DoubleStorage', new Uint8Array(Float64Array.of(0.5, -7).buffer), [0.5, -7]],
      ['LongStorage', new Uint8Array(BigInt64Array.of(9n, -1n).buffer), [9, -1]],
      ['ByteStorage', Uint8Array.of(200, 3), [200, 3]],
    ]
    for (const [type, bytes, expected] of types) {
      const tensor = pickle.tensor(pickle.storage(type, '0', 2), 0, [2], [1])
      const weights = await readPytorch(await save(archive(pickle.dictionary([['a', tensor]]), { 'm/data/0': bytes })))
      expect([...weights.get('a')!.data], type).toEqual(expected)
    }
  })

  it.each([
    ['os.system', pickle.call(pickle.global('os', 'system'), pickle.tuple(pickle.text('true'))), /“os\.system”, which is not allowed/],
    ['builtins.eval', pickle.call(pickle.global('builtins', 'eval'), pickle.tuple(pickle.text('1'))), /“builtins\.eval”/],
    ['a name of JavaScript', pickle.call(pickle.global('constructor', 'constructor'), pickle.tuple()), /not allowed/],
    ['a call of a storage type', pickle.call(pickle.global('torch', 'FloatStorage'), pickle.tuple()), /cannot be applied/],
    ['a call of a text', pickle.call(pickle.text('x'), pickle.tuple()), /cannot be applied/],
    ['a tensor beyond its storage', pickle.tensor(storage, 1, [2, 3], [3, 1]), /\[2, 3\] does not fit.*6 numbers/],
    ['a tensor that repeats a number', pickle.tensor(storage, 0, [100_000, 100_000], [0, 0]), /does not fit/],
    ['a negative stride', pickle.tensor(storage, 5, [6], [-1]), /malformed/],
    ['a negative offset', pickle.tensor(storage, -1, [1], [1]), /malformed/],
    ['strides of another rank', pickle.tensor(storage, 0, [2, 3], [1]), /malformed/],
    ['a storage that is missing', pickle.tensor(pickle.storage('FloatStorage', '7', 6), 0, [6], [1]), /storage 7 is missing/],
    ['a storage of another length', pickle.tensor(pickle.storage('FloatStorage', '0', 7), 0, [6], [1]), /24 bytes, expected 28/],
    ['a storage key that is a path', pickle.tensor(pickle.storage('FloatStorage', '../x', 6), 0, [6], [1]), /malformed/],
    ['an unknown storage type', pickle.tensor(pickle.storage('QInt8Storage', '0', 6), 0, [6], [1]), /not allowed/],
  ])('refuses %s', async (_, value, reason) => {
    expect(await refusal(archive(pickle.dictionary([['a', value]])))).toMatch(reason)
  })

  it.each([
    ['a pickle that ends early', pickle.file(pickle.dictionary([['a', plain]])).subarray(0, -1), /ends too early/],
    ['an empty pickle', Buffer.alloc(0), /ends too early/],
    ['an empty stack', Buffer.from('.'), /missing on its stack/],
    ['a missing mark', Buffer.from('Nt.'), /mark is missing/],
    ['an unknown opcode', Buffer.from([0xff]), /opcode 0xff/],
    ['a value never kept', Buffer.from('h\x05.'), /recalls value 5/],
    ['a text longer than the file', Buffer.from([0x58, 0xff, 0xff, 0xff, 0x7f]), /ends too early/],
    ['a newer protocol', Buffer.from([0x80, 9]), /protocol 4 or lower, it has 9/],
    ['items set on a list', Buffer.concat([Buffer.from(']('), pickle.text('a'), pickle.none, Buffer.from('u.')]), /no dictionary/],
    ['no dictionary', pickle.file(pickle.list(pickle.int(1))), /no dictionary of weights/],
    ['no tensors', pickle.file(pickle.dictionary([['a', pickle.int(1)]])), /no tensors/],
  ])('refuses %s', async (_, bytes, reason) => {
    expect(await refusal(zipFile({ 'm/data.pkl': bytes, 'm/data/0': numbers }))).toMatch(reason)
  })

  it('cannot be made to touch prototypes', async () => {
    const weights = await readPytorch(await save(archive(pickle.dictionary([['__proto__', plain], ['a', plain]]))))
    expect([...weights.keys()]).toEqual(['__proto__', 'a'])
    expect(({} as Record<string, unknown>)['shape']).toBeUndefined()
  })

  it('refuses many views that together are far larger than the file', async () => {
    const thousand = pickle.storage('ByteStorage', '0', 4096)
    const views = Array.from({ length: 400 }, (_, i): [string, Buffer] => [`w${i}`, pickle.tensor(thousand, 0, [64, 64], [1, 64])])
    const message = await refusal(archive(pickle.dictionary(views), { 'm/data/0': new Uint8Array(4096) }))
    expect(message).toMatch(/claims 1638400 numbers/)
  })

  it.each([
    ['compressed entries', zipFile({ 'm/data.pkl': pickle.file(pickle.none) }, 8), /compressed/],
    ['no pickle', zipFile({ 'm/data/0': numbers }), /one data\.pkl inside, found 0/],
    ['two pickles', zipFile({ 'a/data.pkl': numbers, 'b/data.pkl': numbers }), /found 2/],
    ['big-endian numbers', archive(pickle.dictionary([['a', plain]]), { 'm/data/0': numbers, 'm/byteorder': Buffer.from('big') }), /big-endian/],
    ['the format before zip', Buffer.from('8002 8a0a 6cfc9c46f9206aa85019'.replace(' ', ''), 'hex'), /before 1\.6/],
    ['text', Buffer.from('hello there'), /no zip file/],
    ['nothing', Buffer.alloc(0), /no zip file/],
  ])('refuses a file with %s', async (_, bytes, reason) => {
    expect(await refusal(bytes)).toMatch(reason)
  })

  it('refuses a file that is cut anywhere', async () => {
    const whole = archive(pickle.dictionary([['a', plain]]))
    for (let length = 4; length < whole.length; length += 37) await refusal(whole.subarray(0, length))
  })

  it('says which file is missing', async () => {
    const error = await readPytorch(join(folder, 'absent.bin')).catch((thrown: unknown) => thrown as AppError)
    expect(error).toMatchObject({ code: 'unreadable-file', message: expect.stringContaining('absent.bin') as string })
  })
})
