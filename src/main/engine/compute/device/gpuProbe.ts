// Whether ONNX Runtime's WebGPU provider works here. A driver that is broken may end the process that starts it, so a child
// process tries: it adds four numbers on the GPU. What the library could find out by itself is not enough: it lists WebGPU
// as supported on machines without any driver.
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import type { Graph } from '../graph/graphTypes'
import { writeOnnx } from '../graph/onnxWriter'

export interface ProbeResult {
  isUsable: boolean
  /** Why not, for people; null where it is usable. */
  reason: string | null
}

/** A driver that has to be started and compile a shader takes a few seconds on a busy machine. */
const patienceMs = 60_000
const numbers = [1, 2, 3, 4]

const doubling: Graph = {
  nodes: [{ operator: 'Add', domain: '', inputs: ['x', 'x'], outputs: ['y'], attributes: {} }], constants: [],
  inputs: [{ name: 'x', shape: [numbers.length], type: 'float32' }], outputs: [{ name: 'y', shape: [numbers.length], type: 'float32' }],
}

/** Plain JavaScript, because a child of a bundled engine has no other file to start from. Prints what it computed. */
const childScript = `
  const [library, model, numbers] = process.argv.slice(1)
  const { InferenceSession, Tensor } = require(library)
  const run = async () => {
    const session = await InferenceSession.create(Buffer.from(model, 'base64'), { executionProviders: ['webgpu'], logSeverityLevel: 4 })
    const { y } = await session.run({ x: new Tensor('float32', Float32Array.from(JSON.parse(numbers))) })
    process.stdout.write(JSON.stringify([...y.data]))
  }
  run().catch((error) => { process.stderr.write(error.message); process.exitCode = 1 })
`

export interface ProbeChild {
  exitCode: number | null
  signal: string | null
  output: string
  errors: string
}

/** Runs the child to its end. */
export function startProbe(script = childScript): Promise<ProbeChild> {
  const library = createRequire(import.meta.url).resolve('onnxruntime-node')
  const parameters = ['-e', script, library, Buffer.from(writeOnnx(doubling)).toString('base64'), JSON.stringify(numbers)]
  // In Electron the executable is a browser unless it is told to be Node.
  const options = { timeout: patienceMs, killSignal: 'SIGKILL' as const, env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' } }
  return new Promise((resolve) => {
    execFile(process.execPath, parameters, options, (error, output, errors) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : null
      resolve({ exitCode, signal: error?.signal ?? null, output, errors: error !== null && exitCode === null && !error.signal ? error.message : errors })
    })
  })
}

/** What a child's end means. */
export function judgeProbe({ exitCode, signal, output, errors }: ProbeChild): ProbeResult {
  if (signal !== null) return { isUsable: false, reason: `The graphics driver fell over when it was tried (${signal}).` }
  if (exitCode !== 0) {
    const detail = errors.trim().split('\n').at(-1) ?? ''
    const isMissing = /adapter|backend/i.test(detail)
    return { isUsable: false, reason: isMissing ? 'No graphics card with a working Vulkan, Metal or Direct3D 12 driver was found.' : `WebGPU does not start: ${detail}` }
  }
  if (output !== JSON.stringify(numbers.map((number) => 2 * number))) return { isUsable: false, reason: 'The graphics card gave wrong numbers when it was tried.' }
  return { isUsable: true, reason: null }
}

export const probeWebgpu = async (): Promise<ProbeResult> => judgeProbe(await startProbe())
