// Takes a picture of every view, dark and light, from a running sample project into docs/images.
//   node scripts/screenshots.mjs [--out DIR] [--data DIR] [--no-prepare] [--view NAME]
// Without --data a fresh data folder is used; unless --no-prepare is given, the sample is mined and a run is trained first.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { ensureBuilt, root } from './build.mjs'
import { findChromium } from './findChromium.mjs'

const { values: options } = parseArgs({
  options: { 'out': { type: 'string', default: join(root, 'docs', 'images') }, 'data': { type: 'string' }, 'no-prepare': { type: 'boolean', default: false }, 'view': { type: 'string' } },
})
const program = join(root, 'out', 'main', 'cli.js')
const viewport = { width: 1440, height: 900 }

/** What to do in a view before its picture is taken. */
const views = {
  library: async () => undefined,
  review: async () => undefined,
  negatives: async () => undefined,
  train: async () => undefined,
  search: async (page) => {
    const box = page.getByRole('textbox', { name: 'Search text' })
    await box.fill('a small teal star')
    await box.press('Enter')
  },
  settings: async () => undefined,
}

function prepare(dataDir) {
  for (const parameters of [['mine'], ['train', '--preset', 'quick', '--name', 'First run'], ['train', '--preset', 'quick', '--set', 'useHardNegatives=false', '--name', 'Without hard negatives']]) {
    const done = spawnSync(process.execPath, [program, ...parameters], { env: { ...process.env, FUSELIP_DATA_DIR: dataDir }, stdio: 'inherit' })
    if (done.status !== 0) throw new Error(`fuselip ${parameters.join(' ')} failed.`)
  }
}

async function serve(dataDir) {
  const child = spawn(process.execPath, [program, 'serve', '--port', '0', '--no-open', '--json'], { env: { ...process.env, FUSELIP_DATA_DIR: dataDir }, stdio: ['ignore', 'pipe', 'inherit'] })
  const line = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', (code) => reject(new Error(`The studio ended with code ${code}.`)))
  })
  return { url: JSON.parse(line).url, stop: () => child.kill('SIGINT') }
}

ensureBuilt()
const dataDir = options.data ? resolve(options.data) : mkdtempSync(join(tmpdir(), 'fuselip-screenshots-'))
if (!options['no-prepare']) prepare(dataDir)
mkdirSync(options.out, { recursive: true })
const studio = await serve(dataDir)
const browser = await chromium.launch({ executablePath: findChromium(), chromiumSandbox: process.getuid?.() !== 0, args: ['--disable-dev-shm-usage'] })
try {
  for (const colorScheme of ['dark', 'light']) {
    const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' })
    const page = await context.newPage()
    page.on('pageerror', (error) => process.stderr.write(`${error.message}\n`))
    page.on('console', (message) => message.type() === 'error' && process.stderr.write(`${message.text()}\n`))
    await page.goto(studio.url)
    for (const [name, act] of Object.entries(views)) {
      if (options.view && options.view !== name) continue
      await page.goto(`${new URL(studio.url).origin}/#/${name}`)
      await page.waitForLoadState('networkidle')
      await act(page)
      // Charts and pictures appear a moment after their data.
      await page.waitForTimeout(1500)
      const path = join(options.out, `${name}-${colorScheme}.png`)
      await page.screenshot({ path })
      process.stdout.write(`${path}\n`)
    }
    await context.close()
  }
} finally {
  await browser.close()
  studio.stop()
  if (!options.data) rmSync(dataDir, { recursive: true, force: true })
}
