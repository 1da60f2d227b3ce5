// `npm run nodes [-- DEVICE] [--software]`: the engine's graphs on small models on a device (WebGPU where none is named)
// beside the CPU. Lists the nodes that fell back to the CPU and the copies between the two, and the largest relative
// difference of what comes out, as JSON. `--software` takes SwiftShader, Chromium's Vulkan driver on the processor.
import { spawnSync } from 'node:child_process'
import { softwareVulkanEnvironment } from '../../scripts/softwareVulkan.mjs'
import { deviceWorks, profileWork } from '../helpers/deviceWork'
import { relativeDifference } from '../helpers/weightDifference'

const parameters = process.argv.slice(2).filter((parameter) => parameter !== '--software')
if (parameters.length < process.argv.length - 2) {
  // Libraries are looked for where the environment said when the process started.
  const child = spawnSync(process.execPath, [...process.execArgv, process.argv[1]!, ...parameters], { stdio: 'inherit', env: softwareVulkanEnvironment() })
  process.exit(child.status ?? 1)
}
const deviceId = parameters[0] ?? 'webgpu'

const report: Record<string, object> = {}
for (const [name, work] of Object.entries(deviceWorks)) {
  const wanted = await work({ deviceId: 'cpu', threadCount: 1 })
  const startedAtMs = performance.now()
  const { numbers, counts } = await profileWork(work, { deviceId, threadCount: 1 })
  const differences = [...wanted].map(([key, values]) => ({ key, difference: relativeDifference(numbers.get(key)!, values) }))
  const { key, difference } = differences.reduce((worst, next) => (next.difference > worst.difference ? next : worst))
  report[name] = { ...counts, largestDifference: difference, of: key, durationMs: Math.round(performance.now() - startedAtMs) }
}
console.log(JSON.stringify(report, null, 1))
