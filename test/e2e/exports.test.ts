// Data out of the running studio, by keyboard alone: an export, a snapshot that is checked and copied, and the copy brought
// back into a new project by the command line.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collectErrors, launchBrowser } from '../helpers/browser'
import { type RunningStudio, startStudio } from '../helpers/startStudio'

let studio: RunningStudio
let browser: Browser
let page: Page
let errors: string[]
let home: string

const dialog = (): Locator => page.getByRole('dialog')
const closed = async (): Promise<void> => {
  await page.keyboard.press('Escape')
  await dialog().waitFor({ state: 'detached' })
}
/** Moves the focus by Tab until a control has it, as a person without a mouse does. */
async function tabTo(name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab')
    const found = await page.evaluate(`(() => {
      const focused = document.activeElement
      const label = focused?.id ? document.querySelector('label[for="' + focused.id + '"]')?.textContent : null
      return (focused?.getAttribute('aria-label') ?? label ?? focused?.textContent ?? '').trim()
    })()`)
    if (found === name) return
  }
  throw new Error(`Tab does not reach “${name}”.`)
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'fuselip-home-'))
  // The folder picker starts at home.
  studio = await startStudio({ environment: { HOME: home, USERPROFILE: home } })
  browser = await launchBrowser()
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage()
  errors = collectErrors(page)
  page.setDefaultTimeout(60_000)
  await page.goto(studio.url)
  await page.getByRole('navigation', { name: 'Views' }).waitFor()
})
afterAll(async () => {
  await browser?.close()
  await studio?.stop()
  await rm(home, { recursive: true, force: true })
})

describe('data out, by keyboard', () => {
  it('exports every pair into a new folder', async () => {
    await page.keyboard.press('Control+e')
    await dialog().getByText('pairs will be written').waitFor()
    await tabTo('Name of the new folder')
    await page.keyboard.press('Control+a')
    await page.keyboard.type('out')
    await tabTo('Export')
    await page.keyboard.press('Enter')
    await dialog().getByText(/^[\d,]+ pairs, in /).waitFor()
    expect(readdirSync(join(home, 'out')).sort()).toEqual(['test-00000.parquet', 'train-00000.parquet', 'validation-00000.parquet'])
    // The button that was pressed went away while it worked; the keys are the dialog's all the same.
    await closed()
  })

  it('freezes a snapshot, checks it and copies it out', async () => {
    await page.keyboard.press('g')
    await page.keyboard.press('v')
    await dialog().getByText('No snapshots yet').waitFor()
    await tabTo('New snapshot')
    await page.keyboard.press('Enter')
    await tabTo('Name')
    await page.keyboard.type('First')
    await page.keyboard.press('Enter')
    await dialog().getByRole('listitem', { name: 'First' }).waitFor()
    await tabTo('Verify')
    await page.keyboard.press('Enter')
    await dialog().getByText(/^Whole/).waitFor()
    await tabTo('Copy out')
    await page.keyboard.press('Enter')
    // The picker has found its folder.
    await dialog().getByText(basename(home)).first().waitFor()
    await tabTo('Name of the new folder')
    await page.keyboard.press('Enter')
    await dialog().getByText(/^[\d,]+ files, in /).waitFor()
    await closed()
    expect(existsSync(join(home, 'first', 'checksums.sha256'))).toBe(true)
    expect(errors).toEqual([])
  })

  it('brings the copy back as it was', () => {
    const manifest = JSON.parse(readFileSync(join(home, 'first', 'snapshot.json'), 'utf8')) as { counts: { pairs: number; groups: number } }
    const program = resolve(import.meta.dirname, '..', '..', 'out', 'main', 'cli.js')
    const fuselip = (...parameters: string[]): string =>
      execFileSync(process.execPath, [program, '--json', '--project', join(home, 'again'), ...parameters], { encoding: 'utf8', env: { ...process.env, FUSELIP_DATA_DIR: join(home, 'data') } })
    expect(JSON.parse(fuselip('import', join(home, 'first')))).toMatchObject({ import: { addedPairCount: manifest.counts.pairs, problemCount: 0 } })
    fuselip('snapshot', 'create', 'again')
    expect(JSON.parse(fuselip('snapshot', 'list'))).toMatchObject([{ counts: manifest.counts }])
  })
})
