// A Vulkan driver on the processor, so that WebGPU can be checked where there is no graphics card: SwiftShader, which comes
// with Chromium. ONNX Runtime looks for `libvulkan.so.1`; the driver under that name is enough, a loader is not needed.
import { existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { findChromium } from './findChromium.mjs'

const driverName = 'libvk_swiftshader.so'

/** Null where there is none. */
export function findSoftwareVulkan() {
  const places = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome']
  try {
    places.unshift(dirname(realpathSync(findChromium())))
  } catch {
    // Without a browser the usual places may still hold the driver.
  }
  return places.map((place) => join(place, driverName)).find((path) => existsSync(path)) ?? null
}

/** The environment for a child process that finds the driver. Throws with advice where there is none. */
export function softwareVulkanEnvironment(environment = process.env) {
  const driver = findSoftwareVulkan()
  if (driver === null) throw new Error('No software Vulkan driver was found. It comes with Chromium (Debian: `sudo apt-get install chromium`).')
  const folder = mkdtempSync(join(tmpdir(), 'fuselip-vulkan-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  symlinkSync(driver, join(folder, 'libvulkan.so.1'))
  return { ...environment, LD_LIBRARY_PATH: [folder, environment.LD_LIBRARY_PATH].filter(Boolean).join(delimiter) }
}
