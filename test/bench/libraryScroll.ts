// How the Library scrolls over a million pairs, in a real Chromium over the built studio. Uses the project that bench:library
// makes. Run: npm run bench:scroll -- [folder] [pairs] [seconds of scrolling for the heap]
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CDPSession, Page } from 'playwright-core'
import { seededRandom } from '../helpers/seededRandom'
import { collectErrors, launchBrowser } from '../helpers/browser'
import { startStudio } from '../helpers/startStudio'
import { openMillion } from './millionProject'

const [projectDir = join(tmpdir(), 'fuselip-million'), pairs = '1000000', seconds = '60'] = process.argv.slice(2)
const jumpCount = 60
const keyCount = 60
const random = seededRandom(7)
const print = (text: string): void => void process.stdout.write(`${text}\n`)
const quantile = (values: number[], share: number): number => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN
const report = (name: string, values: number[]): void =>
  print(`${name.padEnd(52)} median ${quantile(values, 0.5).toFixed(1)} ms, 95 % ${quantile(values, 0.95).toFixed(1)} ms, longest ${Math.max(...values).toFixed(1)} ms (${values.length}), load ${loadavg()[0]!.toFixed(1)}`)
const pause = (ms: number): Promise<void> => new Promise((settle) => setTimeout(settle, ms))
const ask = <T>(page: Page, code: string): Promise<T> => page.evaluate(code) as Promise<T>

async function measureView(page: Page, devtools: CDPSession, name: string): Promise<void> {
  const jumps: number[] = []
  for (let count = 0; count < jumpCount; count += 1) {
    jumps.push(await ask<number>(page, `scrollProbe.jump(${random()})`))
    await pause(100)
  }
  report(`${name}: jump anywhere to painted`, jumps)
  await page.locator('[aria-label="Pairs"]').focus()
  await ask(page, 'scrollProbe.keys.length = 0')
  for (let count = 0; count < keyCount; count += 1) {
    await page.keyboard.press(count % 20 === 10 ? 'PageDown' : 'ArrowDown')
    await pause(60)
  }
  report(`${name}: key to the next pair painted`, await ask<number[]>(page, 'scrollProbe.keys'))
  await page.keyboard.press('End')
  await ask(page, 'scrollProbe.untilShown(performance.now())')
  print(`${name}: End leads to ${await page.locator('[aria-label="Pairs"]').getAttribute('aria-activedescendant')}`)
  await page.keyboard.press('Home')
  await ask(page, 'scrollProbe.untilShown(performance.now())')
  await ask(page, 'scrollProbe.jump(0.4)')
  const box = (await page.locator('[aria-label="Pairs"]').boundingBox())!
  const gesture = { x: box.x + box.width / 2, y: box.y + box.height / 2, gestureSourceType: 'mouse' as const }
  await ask(page, 'void scrollProbe.countFrames()')
  for (let count = 0; count < 5; count += 1) await devtools.send('Input.synthesizeScrollGesture', { ...gesture, yDistance: -4000, speed: 2000 })
  report(`${name}: frame while scrolling 2000 px/s`, await ask<number[]>(page, 'scrollProbe.stopFrames()'))
}

async function heap(devtools: CDPSession): Promise<{ heapMb: number; nodes: number }> {
  await devtools.send('HeapProfiler.collectGarbage')
  const { metrics } = await devtools.send('Performance.getMetrics')
  const valueOf = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN
  return { heapMb: valueOf('JSHeapUsedSize') / 2 ** 20, nodes: valueOf('Nodes') }
}

openMillion(projectDir, Number(pairs)).store.close()
const dataDir = await mkdtemp(join(tmpdir(), 'fuselip-scroll-'))
const studio = await startStudio({ projectDir, dataDir })
const browser = await launchBrowser()
try {
  print(`${cpus()[0]!.model}, ${cpus().length} cores, Chromium ${browser.version()} without a graphics card, load ${loadavg()[0]!.toFixed(1)}, ${pairs} pairs`)
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  const errors = collectErrors(page)
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Performance.enable')
  await page.addInitScript({ path: join(import.meta.dirname, 'scrollProbe.js') })
  await page.goto(studio.url)
  print(`first page after opening, page load included: ${(await ask<number>(page, 'scrollProbe.untilShown(0, 60000)')).toFixed(0)} ms`)
  const search = page.locator('input[type="search"]')
  const found = page.locator('[role="search"] [role="status"]')
  for (const query of ['red', 'score<0.2', 'status:accepted tag:checked', '']) {
    const before = await found.textContent()
    const startedAtMs = performance.now()
    await search.fill(query)
    while ((await found.textContent()) === before && performance.now() - startedAtMs < 10_000) await pause(5)
    await ask(page, 'scrollProbe.untilShown(performance.now())')
    print(`filter “${query}” typed to pairs painted, pause of typing included: ${(performance.now() - startedAtMs).toFixed(0)} ms (${await found.textContent()})`)
  }
  await measureView(page, devtools, 'grid')
  const before = await heap(devtools)
  const frameCount = await ask<number>(page, `scrollProbe.wander(${seconds}, 1500)`)
  await pause(1000)
  const after = await heap(devtools)
  print(`heap before and after ${seconds} s of 1500 px a frame with a jump a second (${frameCount} frames): ${before.heapMb.toFixed(1)}, ${after.heapMb.toFixed(1)} MiB; nodes ${before.nodes}, ${after.nodes}`)
  await page.locator('[aria-label="Pairs"]').focus()
  await page.keyboard.press('Control+a')
  const startedAtMs = performance.now()
  await page.locator('[role="toolbar"][aria-label="Selected pairs"]').waitFor()
  print(`select all: ${(await page.locator('[role="toolbar"][aria-label="Selected pairs"] span').first().textContent())!} after ${(performance.now() - startedAtMs).toFixed(0)} ms`)
  await page.keyboard.press('Escape')
  await page.getByRole('radio', { name: 'Table' }).or(page.getByRole('button', { name: 'Table' })).first().click()
  await ask(page, 'scrollProbe.untilShown(performance.now())')
  await measureView(page, devtools, 'table')
  // The pictures of the project do not exist.
  const own = errors.filter((error) => !error.includes('/media/images/'))
  if (own.length > 0) print(`errors of the page: ${own.slice(0, 5).join('; ')}`)
} finally {
  await browser.close()
  await studio.stop()
  await rm(dataDir, { recursive: true, force: true, maxRetries: 3 })
}
