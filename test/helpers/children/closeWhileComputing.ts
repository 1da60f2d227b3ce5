// A process that takes its compute thread away while ONNX Runtime works in it, and then ends.
// Argument: folder of a model. Prints “computing” before and “closed” after.
import { resolve } from 'node:path'
import { ComputeClient } from '../../../src/main/engine/compute/thread/client'

const [modelDir = ''] = process.argv.slice(2)
const compute = new ComputeClient(resolve(import.meta.dirname, '../../../out/main/compute.js'))
const sides = Array.from({ length: 5000 }, (_, index) => ({ codes: null, text: `number ${index} ${'of many small red circles '.repeat(6)}` }))
let progressCount = 0
const computing = compute.call('embedSides', { modelDir, sides, device: { deviceId: null, threadCount: null } }, { onEvent: () => { progressCount += 1 } })
computing.catch(() => undefined)
while (progressCount === 0) await new Promise((settle) => setTimeout(settle, 5))
process.stdout.write('computing\n')
await compute.dispose()
process.stdout.write('closed\n')
process.exit(0)
