// Integration tests start the real engine and compute thread from the built bundle, so build it first.
// Set FUSELIP_SKIP_BUILD=1 when the bundle is known to be fresh.
import { execFileSync } from 'node:child_process'

export default function buildMain(): void {
  if (process.env['FUSELIP_SKIP_BUILD'] === '1') return
  execFileSync('node', ['node_modules/electron-vite/bin/electron-vite.js', 'build', '--logLevel', 'warn'], { stdio: 'inherit' })
}
