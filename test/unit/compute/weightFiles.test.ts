import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { WeightMap } from '../../../src/main/engine/compute/weights/namedArray'
import { writeSafetensors } from '../../../src/main/engine/compute/weights/safetensors'
import { findWeightFile, readFolderWeights, readWeightFile } from '../../../src/main/engine/compute/weights/weightFiles'
import { float32Bytes, pickle, zipFile } from '../../helpers/pytorchFile'
import { temporaryFolder } from '../../helpers/temporaryFolder'

const root = temporaryFolder()
let count = 0
async function folder(): Promise<string> {
  const dir = join(root, `model-${count++}`)
  await mkdir(dir)
  return dir
}

const array = (...values: number[]): { shape: number[]; data: Float32Array } => ({ shape: [values.length], data: Float32Array.from(values) })
const map = (entries: Record<string, ReturnType<typeof array>>): WeightMap => new Map(Object.entries(entries))
const shards = (weightMap: unknown): string => JSON.stringify({ metadata: { total_size: 20 }, weight_map: weightMap })
const stateDict = (names: string[]): Buffer =>
  pickle.dictionary(names.map((name, i): [string, Buffer] => [name, pickle.tensor(pickle.storage('FloatStorage', '0', 4), i, [2], [1])]))
const checkpoint = (value: Buffer): Buffer => zipFile({ 'archive/data.pkl': pickle.file(value), 'archive/data/0': float32Bytes(1, 2, 3, 4) })
const plain = (weights: WeightMap): Record<string, number[]> => Object.fromEntries([...weights].map(([name, { data }]) => [name, [...data]]))

async function refusal(work: Promise<unknown>): Promise<{ code: string; message: string; advice: string | null }> {
  return work.then(() => { throw new Error('It should have been refused.') }, (thrown: unknown) => thrown as { code: string; message: string; advice: string | null })
}

describe('readFolderWeights', () => {
  it('reads shards with an index, safetensors or PyTorch', async () => {
    const dir = await folder()
    await writeSafetensors(join(dir, 'model-00001-of-00002.safetensors'), map({ a: array(1, 2), unlisted: array(9) }))
    await writeSafetensors(join(dir, 'model-00002-of-00002.safetensors'), map({ b: array(3) }))
    await writeFile(join(dir, 'model.safetensors.index.json'), shards({ a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' }))
    expect(plain(await readFolderWeights(dir))).toEqual({ a: [1, 2], b: [3] })

    const other = await folder()
    await writeFile(join(other, 'pytorch_model-1.bin'), checkpoint(stateDict(['x', 'y'])))
    await writeFile(join(other, 'pytorch_model.bin.index.json'), shards({ x: 'pytorch_model-1.bin', y: 'pytorch_model-1.bin' }))
    expect(plain(await readFolderWeights(other))).toEqual({ x: [1, 2], y: [2, 3] })
  })

  it('opens only the shards that are asked for', async () => {
    const dir = await folder()
    await writeSafetensors(join(dir, 'one.safetensors'), map({ a: array(1) }))
    await writeFile(join(dir, 'model.safetensors.index.json'), shards({ a: 'one.safetensors', b: 'absent.safetensors' }))
    expect(plain(await readFolderWeights(dir, (name) => name === 'a'))).toEqual({ a: [1] })
    expect(await refusal(readFolderWeights(dir))).toMatchObject({ code: 'unreadable-file', message: expect.stringContaining('absent.safetensors') as string })
  })

  it.each([
    ['above the folder', { a: '../secret.safetensors' }],
    ['at the root', { a: '/etc/passwd.bin' }],
    ['on a drive', { a: 'C:\\weights.bin' }],
    ['below the folder', { a: 'deep/one.safetensors' }],
    ['of another kind', { a: 'one.pkl' }],
    ['that is no text', { a: 3 }],
    ['with a null byte', { a: 'one\u0000.bin' }],
    ['that is an index itself', { a: 'model.safetensors.index.json' }],
  ])('refuses an index that names a file %s', async (_, weightMap) => {
    const dir = await folder()
    await writeFile(join(dir, 'model.safetensors.index.json'), shards(weightMap))
    const error = await refusal(readFolderWeights(dir))
    expect(error).toMatchObject({ code: 'bad-model', message: expect.stringMatching(/tensor “a” is said to lie in .* no file name beside the index/) as string })
  })

  it.each([['no JSON', '{'], ['an array', '[]'], ['no map', '{}'], ['a list as map', '{"weight_map":[]}'], ['an empty map', '{"weight_map":{}}']])('refuses an index that is %s', async (_, text) => {
    const dir = await folder()
    await writeFile(join(dir, 'model.safetensors.index.json'), text)
    expect((await refusal(readFolderWeights(dir))).message).toMatch(/is no usable index of weights/)
  })

  it('says which tensor is not where the index says', async () => {
    const dir = await folder()
    await writeSafetensors(join(dir, 'one.safetensors'), map({ a: array(1) }))
    await writeFile(join(dir, 'model.safetensors.index.json'), shards({ a: 'one.safetensors', lost: 'one.safetensors' }))
    expect((await refusal(readFolderWeights(dir))).message).toMatch(/tensor “lost” is not in “one\.safetensors”/)
  })

  it('prefers safetensors, takes a single file of another name, and says what it found otherwise', async () => {
    const dir = await folder()
    await writeFile(join(dir, 'pytorch_model.bin'), checkpoint(stateDict(['from-pickle'])))
    await writeSafetensors(join(dir, 'model.safetensors'), map({ 'from-safetensors': array(1) }))
    expect([...(await readFolderWeights(dir)).keys()]).toEqual(['from-safetensors'])

    const single = await folder()
    await writeFile(join(single, 'epoch_8.pt'), checkpoint(stateDict(['a'])))
    expect(await findWeightFile(single)).toBe(join(single, 'epoch_8.pt'))
    await writeFile(join(single, 'epoch_9.pt'), 'x')
    expect((await refusal(findWeightFile(single))).message).toMatch(/several files of weights \(epoch_8\.pt, epoch_9\.pt\)/)
    expect((await refusal(findWeightFile(await folder()))).message).toMatch(/holds no weights; expected one of model\.safetensors/)
    expect(await refusal(findWeightFile(join(root, 'nowhere')))).toMatchObject({ code: 'unreadable-file' })
  })
})

describe('readWeightFile', () => {
  it('reads a training checkpoint with its optimizer, scaler and “module.” names', async () => {
    const dir = await folder()
    const moment = pickle.tensor(pickle.storage('FloatStorage', '0', 4), 0, [4], [1])
    const state = Buffer.concat([Buffer.from('}('), pickle.int(0), pickle.dictionary([['step', pickle.real(3)], ['exp_avg', moment]]), Buffer.from('u')])
    const group = pickle.dictionary([['lr', pickle.real(1e-3)], ['betas', pickle.tuple(pickle.real(0.9), pickle.real(0.98))], ['foreach', pickle.none], ['capturable', pickle.false], ['params', pickle.list(pickle.int(0))]])
    await writeFile(join(dir, 'epoch_8.pt'), checkpoint(pickle.dictionary([
      ['epoch', pickle.int(8)], ['name', pickle.text('run')], ['state_dict', stateDict(['module.a', 'module.b'])],
      ['optimizer', pickle.dictionary([['state', state], ['param_groups', pickle.list(group)]])], ['scaler', pickle.dictionary([['scale', pickle.real(65536)], ['_growth', pickle.true]])],
    ])))
    expect(plain(await readWeightFile(join(dir, 'epoch_8.pt'), (name) => name === 'b'))).toEqual({ b: [2, 3] })
  })

  it('tells a renamed PyTorch file by its content', async () => {
    const dir = await folder()
    await writeFile(join(dir, 'model.safetensors'), checkpoint(stateDict(['a'])))
    expect(plain(await readWeightFile(join(dir, 'model.safetensors')))).toEqual({ a: [1, 2] })
  })

  it.each([
    ['the format before zip', Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex'), /before 1\.6/, /torch\.save\(torch\.load/],
    ['a tar archive', Buffer.concat([Buffer.alloc(257), Buffer.from('ustar\u000000')]), /before 1\.6/, /torch\.save/],
    ['a Git LFS pointer', Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n'), /Git LFS pointer/, /git lfs pull/],
    ['a web page', Buffer.from('<!DOCTYPE html><html></html>'), /web page/, /Download the file itself/],
  ])('refuses %s with advice', async (_, bytes, message, advice) => {
    const dir = await folder()
    await writeFile(join(dir, 'pytorch_model.bin'), bytes)
    const error = await refusal(readFolderWeights(dir))
    expect(error.code).toBe('bad-model')
    expect(error.message).toMatch(message)
    expect(error.advice).toMatch(advice)
  })

  it('refuses an archive with two entries of one name', async () => {
    const dir = await folder()
    const bytes = zipFile({ 'm/data.pkl': pickle.file(stateDict(['a'])), 'm/data/0': float32Bytes(1, 2, 3, 4), 'm/data/1': float32Bytes(5, 6, 7, 8) })
    await writeFile(join(dir, 'a.bin'), Buffer.from(bytes.toString('latin1').replaceAll('m/data/1', 'm/data/0'), 'latin1'))
    expect((await refusal(readWeightFile(join(dir, 'a.bin')))).message).toMatch(/two entries named “m\/data\/0”/)
  })
})
