// The Electron host with its real binary: the window opens, is locked down, and talks to the engine. Runs where the
// binary and a display are; anywhere else it says loudly that it did not.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { _electron, type ElectronApplication, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { prepareElectron } from '../../scripts/electronBinary.mjs'

const root = resolve(import.meta.dirname, '..', '..')
const electron = prepareElectron(root, { mayFetch: false })
if (electron.reason !== undefined) {
  process.stderr.write(`\n${'!'.repeat(100)}\n!! SKIPPED: the Electron end-to-end test, because ${electron.reason}.\n!! The Electron host was checked by types and by unit tests with fakes only.\n${'!'.repeat(100)}\n\n`)
}

describe.skipIf(electron.reason !== undefined)('the Electron window', () => {
  let app: ElectronApplication
  let page: Page
  let dataDir: string

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'fuselip-electron-'))
    app = await _electron.launch({ executablePath: electron.binary as string, args: [root], env: { ...process.env as Record<string, string>, FUSELIP_DATA_DIR: dataDir } })
    page = await app.firstWindow()
  })
  afterAll(async () => {
    await app?.close()
    await rm(dataDir, { recursive: true, force: true })
  })

  it('shows the sample project from its own scheme', async () => {
    expect(page.url()).toMatch(/^studio:\/\/app\/index\.html/)
    await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Library' }).click()
    await page.getByRole('listbox', { name: 'Pairs' }).getByRole('option').first().waitFor({ timeout: 120_000 })
  })

  it('keeps Node and Electron away from the page', async () => {
    const reachable = await page.evaluate(() => ['require', 'process', 'module', 'Buffer', 'ipcRenderer'].filter((name) => name in globalThis))
    expect(reachable).toEqual([])
    expect(await page.evaluate(() => Object.keys((globalThis as unknown as { studio: object }).studio).sort())).toEqual(['pickFile', 'pickFolder'])
  })

  it('stays where it is', async () => {
    await page.evaluate(() => {
      (globalThis as unknown as { open(url: string): void }).open('https://evil.example/')
    })
    expect(app.windows()).toHaveLength(1)
    expect(await page.evaluate(() => fetch('https://evil.example/').then(() => 'reached', () => 'refused'))).toBe('refused')
  })

  it('gets a new channel after a reload', async () => {
    await page.reload()
    await page.getByRole('listbox', { name: 'Pairs' }).getByRole('option').first().waitFor()
  })
})
