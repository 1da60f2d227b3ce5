// Takes a picture of every view, dark and light, from a project that was really worked on, into docs/images.
//   node scripts/screenshots.mjs [--out DIR] [--data DIR] [--no-prepare] [--view NAME] [--theme dark|light]
// Without --data a fresh data folder is used. Unless --no-prepare is given, the sample is tokenized, mined, trained on
// twice and measured first, and some pairs and candidates are decided in the page by keyboard.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import sharp from 'sharp'
import { ensureBuilt, root } from './build.mjs'
import { findChromium } from './findChromium.mjs'
import { judge, prepare, review, serve } from './screenshots/project.mjs'
import { settle, views } from './screenshots/views.mjs'

const { values: options } = parseArgs({
  options: {
    'out': { type: 'string', default: join(root, 'docs', 'images') },
    'data': { type: 'string' },
    'no-prepare': { type: 'boolean', default: false },
    'view': { type: 'string' },
    'theme': { type: 'string' },
  },
})
const viewport = { width: 1440, height: 900 }
const startedAtMs = Date.now()
const note = (text) => process.stdout.write(`${((Date.now() - startedAtMs) / 1000).toFixed(0).padStart(4)} s  ${text}\n`)

ensureBuilt()
const dataDir = options.data ? resolve(options.data) : mkdtempSync(join(tmpdir(), 'fuselip-screenshots-'))
mkdirSync(options.out, { recursive: true })
let studio = await serve(dataDir)
const browser = await chromium.launch({ executablePath: findChromium(), chromiumSandbox: process.platform !== 'linux' || process.getuid?.() !== 0, args: ['--disable-dev-shm-usage'] })

async function openPage(colorScheme) {
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' })
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  page.on('pageerror', (error) => process.stderr.write(`${error.message}\n`))
  page.on('console', (message) => message.type() === 'error' && process.stderr.write(`${message.text()}\n`))
  await page.goto(studio.url)
  await page.getByRole('navigation', { name: 'Views' }).waitFor()
  return page
}

/** Does something in a page of its own and waits until the engine has taken it in. */
async function work(act) {
  const page = await openPage('dark')
  await act(page)
  await settle(page)
  await page.context().close()
}

try {
  if (!options['no-prepare']) {
    await work(review)
    await studio.stop()
    prepare(dataDir, note)
    studio = await serve(dataDir)
    await work(judge)
    note('some pairs and candidates are decided')
  }
  for (const colorScheme of ['dark', 'light']) {
    if (options.theme && options.theme !== colorScheme) continue
    const page = await openPage(colorScheme)
    for (const [name, { at, act }] of Object.entries(views)) {
      if (options.view && options.view !== name) continue
      await page.goto(`${studio.origin}/#/${at}`)
      await act(page)
      await settle(page)
      const path = join(options.out, `${name}-${colorScheme}.png`)
      // A palette of 256 colours: less than half the size, and no difference that an eye would find.
      await sharp(await page.screenshot()).png({ palette: true, quality: 95 }).toFile(path)
      note(path)
    }
    await page.context().close()
  }
} finally {
  await browser.close()
  await studio.stop()
  if (!options.data) rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 })
}
