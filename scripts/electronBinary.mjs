// Whether an Electron window can be opened here, and if not, why. Never load the electron package itself: outside Electron that
// downloads without asking and without an end.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const downloadPatienceMs = 90_000

/** The path of the binary, or null when it is not there. */
export function findElectron(root, environment = process.env) {
  const folder = join(root, 'node_modules', 'electron')
  const pathFile = join(folder, 'path.txt')
  if (!existsSync(pathFile)) return null
  const binary = join(environment.ELECTRON_OVERRIDE_DIST_PATH || join(folder, 'dist'), readFileSync(pathFile, 'utf8').trim())
  return existsSync(binary) ? binary : null
}

/** Linux without a display has nowhere to open a window. */
export const hasDisplay = (platform = process.platform, environment = process.env) =>
  platform !== 'linux' || Boolean(environment.DISPLAY || environment.WAYLAND_DISPLAY)

/** Chromium refuses to run as root with its sandbox, and the studio does not run without one. */
export const isRoot = () => process.platform === 'linux' && process.getuid?.() === 0

/** Fetches the binary with Electron's own installer. Gives null on success, otherwise the reason. */
export function fetchElectron(root) {
  const installer = join(root, 'node_modules', 'electron', 'install.js')
  if (!existsSync(installer)) return 'the electron package is not installed'
  const { status, error, stderr } = spawnSync(process.execPath, [installer], { cwd: root, encoding: 'utf8', timeout: downloadPatienceMs, stdio: ['ignore', 'ignore', 'pipe'] })
  if (status === 0) return null
  if (error?.code === 'ETIMEDOUT') return `its download took longer than ${downloadPatienceMs / 1000} s`
  const lines = (stderr ?? '').split('\n').map((line) => line.trim())
  const line = lines.find((text) => /error/i.test(text)) ?? lines.find(Boolean) ?? 'its download failed'
  return `its download failed: ${line.replace(/^\w*Error: /, '').slice(0, 120)}`
}

/** Gives `{ binary }` or `{ reason }`. */
export function prepareElectron(root, { mayFetch = true, platform = process.platform, environment = process.env } = {}) {
  if (!hasDisplay(platform, environment)) return { reason: 'there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)' }
  if (isRoot()) return { reason: 'Electron keeps its sandbox, which does not run as root' }
  const present = findElectron(root, environment)
  if (present) return { binary: present }
  if (!mayFetch) return { reason: 'its binary is not here' }
  process.stderr.write('Fetching Electron, once …\n')
  const failure = fetchElectron(root)
  const fetched = failure === null ? findElectron(root, environment) : null
  return fetched ? { binary: fetched } : { reason: failure ?? 'its binary is not here' }
}
