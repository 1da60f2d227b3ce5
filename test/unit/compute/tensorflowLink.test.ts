// The record of a linked TensorFlow: read without loading it, and refused in words where something of it is gone.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { compileFunction } from '../../../src/main/engine/compute/graph/compileFunction'
import { tensorflowDevices } from '../../../src/main/engine/compute/tensorflow/device'
import { readTensorflowLink } from '../../../src/main/engine/compute/tensorflow/link'
import { temporaryFolder } from '../../helpers/temporaryFolder'

const root = temporaryFolder()
let folder: string
const library = (): string => join(folder, 'libtensorflow_cc.so.2')
const binding = (): string => join(folder, 'binding', 'tfjs_binding.node')
const record = (values: object): void => writeFileSync(join(folder, 'link.json'), JSON.stringify(values))
const linked = { version: '2.21.0', usesGpu: false, cardName: null, cardBytes: null }

beforeEach(() => {
  folder = mkdtempSync(join(root, 'link-'))
  vi.stubEnv('FUSELIP_TENSORFLOW_DIR', folder)
  mkdirSync(join(folder, 'binding'))
  writeFileSync(library(), '')
  writeFileSync(binding(), '')
})
afterEach(() => vi.unstubAllEnvs())

describe('the linked TensorFlow', () => {
  it('is no device where nothing was linked, or the record says something else', () => {
    expect(tensorflowDevices()).toEqual([])
    record({ version: 2 })
    expect(readTensorflowLink()).toBeNull()
  })

  it('is a device on the processor, or on the card that it was linked with', () => {
    record({ ...linked, library: library() })
    expect(tensorflowDevices()).toMatchObject([{ id: 'tensorflow', kind: 'cpu', isUsable: true, reason: null }])
    expect(tensorflowDevices()[0]!.name).toMatch(/^TensorFlow 2\.21\.0, /)
    record({ ...linked, usesGpu: true, cardName: 'NVIDIA H200', cardBytes: 139 * 2 ** 30, library: library() })
    expect(tensorflowDevices()).toMatchObject([{ kind: 'cuda', name: 'TensorFlow 2.21.0, NVIDIA H200', memoryBytes: 139 * 2 ** 30 }])
  })

  it.each([['library', library], ['binding', binding]])('is not usable without its %s', (_what, path) => {
    record({ ...linked, library: library() })
    rmSync(path())
    const [device] = tensorflowDevices()
    expect(device!.isUsable).toBe(false)
    expect(device!.reason).toContain(path())
    expect(device!.reason).toContain('npm run tensorflow:link')
  })

  it('is asked for in words where it is not', async () => {
    await expect(compileFunction({}, () => ({}), { deviceId: 'tensorflow', threadCount: null })).rejects.toMatchObject({ code: 'device-failed', advice: expect.stringContaining('npm run tensorflow:link') })
  })
})
