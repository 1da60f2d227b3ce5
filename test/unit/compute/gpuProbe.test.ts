// The graphics card is tried in a child process: whatever a driver does there, the engine goes on and can tell why.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parseNvidia, readAmd } from '../../../src/main/engine/compute/device/gpuFacts'
import { judgeProbe, startProbe } from '../../../src/main/engine/compute/device/gpuProbe'

describe('a probe of the graphics card', () => {
  it('survives a driver that ends its process', async () => {
    const result = judgeProbe(await startProbe('process.kill(process.pid, "SIGSEGV")'))
    expect(result).toEqual({ isUsable: false, reason: 'The graphics driver fell over when it was tried (SIGSEGV).' })
  })

  it('tells what the library said where there is no card', async () => {
    const failing = await startProbe('process.stderr.write("warning\\nFailed to get a WebGPU adapter: No supported adapters"); process.exitCode = 1')
    expect(judgeProbe(failing)).toEqual({ isUsable: false, reason: 'No graphics card with a working Vulkan, Metal or Direct3D 12 driver was found.' })
    expect(judgeProbe({ exitCode: 1, signal: null, output: '', errors: 'Invalid model' }).reason).toBe('WebGPU does not start: Invalid model')
  })

  it('believes right numbers only', async () => {
    expect(judgeProbe(await startProbe('process.stdout.write("[2,4,6,8]")'))).toEqual({ isUsable: true, reason: null })
    expect(judgeProbe(await startProbe('process.stdout.write("[0,0,0,0]")'))).toMatchObject({ isUsable: false, reason: expect.stringContaining('wrong numbers') })
  })

  it('gives the child the library and a model that really runs', async () => {
    const onCpu = `
      const [library, model, numbers] = process.argv.slice(1)
      const { InferenceSession, Tensor } = require(library)
      InferenceSession.create(Buffer.from(model, 'base64')).then((session) => session.run({ x: new Tensor('float32', Float32Array.from(JSON.parse(numbers))) }))
        .then(({ y }) => process.stdout.write(JSON.stringify([...y.data])))`
    expect(judgeProbe(await startProbe(onCpu))).toEqual({ isUsable: true, reason: null })
  })
})

describe('the facts about a graphics card', () => {
  const root = mkdtempSync(join(tmpdir(), 'fuselip-drm-'))
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  it('come from the tool of NVIDIA', () => {
    expect(parseNvidia('NVIDIA GeForce RTX 4070, 12282\nNVIDIA T4, 15360\n')).toEqual({ name: 'NVIDIA GeForce RTX 4070 (WebGPU)', memoryBytes: 12282 * 2 ** 20 })
    expect(parseNvidia('No devices were found')).toBeNull()
  })

  it('come from the files of the kernel for AMD', async () => {
    expect(await readAmd(root)).toBeNull()
    mkdirSync(join(root, 'card1', 'device'), { recursive: true })
    writeFileSync(join(root, 'card1', 'device', 'mem_info_vram_total'), `${16 * 2 ** 30}\n`)
    expect(await readAmd(root)).toEqual({ name: 'AMD graphics card (WebGPU)', memoryBytes: 16 * 2 ** 30 })
    writeFileSync(join(root, 'card1', 'device', 'product_name'), 'Radeon RX 7800 XT\n')
    expect((await readAmd(root))?.name).toBe('Radeon RX 7800 XT (WebGPU)')
  })
})
