// `npm run test:webgpu [-- OPTIONS OF VITEST]`: the tests of the WebGPU path on SwiftShader, Chromium's Vulkan driver on the
// processor; with `--hardware` on the graphics card of this machine. Without a driver nothing can be tested: that is said
// aloud, and in continuous integration (CI is set) it is a failure.
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { softwareVulkanEnvironment } from './softwareVulkan.mjs'

const root = resolve(import.meta.dirname, '..')
const parameters = process.argv.slice(2).filter((parameter) => parameter !== '--hardware')
const isHardware = parameters.length < process.argv.length - 2

function environment() {
  if (isHardware) return process.env
  try {
    return softwareVulkanEnvironment()
  } catch (error) {
    process.stderr.write(`\nThe WebGPU tests were NOT run. ${error.message}\n\n`)
    process.exit(process.env.CI ? 1 : 0)
  }
}

const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const child = spawnSync(process.execPath, [vitest, 'run', '--config', 'vitest.webgpu.config.ts', ...parameters], { cwd: root, stdio: 'inherit', env: environment() })
process.exit(child.status ?? 1)
