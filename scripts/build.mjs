// Builds the studio when the build is missing or older than its sources, so that no command runs yesterday's code.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '..')
const sources = ['src', 'electron.vite.config.ts', 'package.json', 'tsconfig.base.json']
const products = ['out/main/index.js', 'out/main/engine.js', 'out/main/compute.js', 'out/main/cli.js', 'out/preload/index.cjs', 'out/renderer/index.html']

/** The newest change below a path, in milliseconds. */
function newestMs(path) {
  const found = statSync(path)
  if (!found.isDirectory()) return found.mtimeMs
  return readdirSync(path).reduce((newest, name) => Math.max(newest, newestMs(join(path, name))), 0)
}

/** Null when the build is fresh, otherwise the reason in words. */
export function staleness(folder = root) {
  const missing = products.find((product) => !existsSync(join(folder, product)))
  if (missing) return `${missing} is missing`
  const builtMs = Math.min(...products.map((product) => statSync(join(folder, product)).mtimeMs))
  const newer = sources.find((source) => existsSync(join(folder, source)) && newestMs(join(folder, source)) > builtMs)
  return newer ? `${newer} changed` : null
}

export function ensureBuilt() {
  if (process.env.FUSELIP_SKIP_BUILD === '1') return
  const reason = staleness()
  if (reason === null) return
  process.stderr.write(`Building the studio (${reason}) …\n`)
  const builder = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js')
  if (!existsSync(builder)) {
    process.stderr.write('The packages are not installed. Run `npm ci` first.\n')
    process.exit(1)
  }
  const built = spawnSync(process.execPath, [builder, 'build', '--logLevel', 'warn'], { cwd: root, encoding: 'utf8' })
  if (built.status !== 0) {
    process.stderr.write(`${built.stdout}${built.stderr}\nThe build failed.\n`)
    process.exit(1)
  }
}
