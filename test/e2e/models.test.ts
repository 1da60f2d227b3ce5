// Models in a real browser on the running studio: make a small one, name it, write about it, export it, delete it. The
// steps build on each other, so they run in order in one page.
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collectErrors, launchBrowser } from '../helpers/browser'
import { type RunningStudio, startStudio } from '../helpers/startStudio'

let studio: RunningStudio
let browser: Browser
let page: Page
let errors: string[]
let home: string

const row = (name: string): Locator => page.getByRole('table', { name: 'Models' }).getByRole('row').filter({ has: page.getByRole('button', { name, exact: true }) })
const details = (): Locator => page.getByRole('complementary', { name: 'Model details' })
const dialog = (): Locator => page.getByRole('dialog')
/** A key belongs to the view only while no field and no dialog has it. */
const press = async (key: string): Promise<void> => {
  await page.evaluate('document.activeElement?.blur()')
  await page.keyboard.press(key)
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'fuselip-home-'))
  // The folder picker starts at home.
  studio = await startStudio({ environment: { HOME: home, USERPROFILE: home } })
  browser = await launchBrowser()
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage()
  errors = collectErrors(page)
  page.setDefaultTimeout(60_000)
})
afterAll(async () => {
  await browser?.close()
  await studio?.stop()
  await rm(home, { recursive: true, force: true })
})

describe('models', () => {
  it('are reached by keyboard, and the bundled one is the current one', async () => {
    await page.goto(studio.url)
    await page.getByRole('navigation', { name: 'Views' }).waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('m')
    await row('Nano FuseLIP').getByText('current').waitFor()
    await press('Delete')
    await dialog().getByText('A bundled model comes with the studio and is needed by it.').waitFor()
    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'detached' })
  })

  it('can be made from random weights', async () => {
    await press('n')
    await dialog().getByRole('radio', { name: /^Nano/ }).waitFor()
    expect(await dialog().getByText('5,358,275 parameters').count()).toBe(1)
    await dialog().getByLabel('Name').fill('Blank slate')
    await dialog().getByRole('button', { name: 'Create model' }).click()
    await dialog().getByText(/5,358,275 parameters from random weights/).waitFor()
    await dialog().getByRole('button', { name: 'Close' }).last().click()
    await row('Blank slate').click()
    await details().getByRole('heading', { name: 'Blank slate' }).waitFor()
    expect(await row('Blank slate').innerText()).toMatch(/Imported\s+5\.36 M/)
    expect(existsSync(join(studio.dataDir, 'models', 'blank-slate', 'model.safetensors'))).toBe(true)
  })

  it('can be renamed and written about, and both outlive a reload', async () => {
    await press('r')
    await details().getByRole('textbox', { name: 'Name of the model' }).fill('From nothing')
    await page.keyboard.press('Enter')
    await row('From nothing').waitFor()
    await press('o')
    const notes = details().getByRole('textbox', { name: 'Notes on this model' })
    await notes.fill('A baseline for runs from scratch.')
    await notes.press('Control+Enter')
    const record = join(studio.dataDir, 'models', 'blank-slate', 'import.json')
    await expect.poll(async () => JSON.parse(await readFile(record, 'utf8')) as unknown, { timeout: 20_000 }).toMatchObject({ name: 'From nothing', notes: 'A baseline for runs from scratch.' })
    await page.reload()
    await details().getByRole('heading', { name: 'From nothing' }).waitFor()
    await expect.poll(() => details().getByRole('textbox', { name: 'Notes on this model' }).inputValue()).toBe('A baseline for runs from scratch.')
  })

  it('are drawn with what they came from, and compared', async () => {
    await press('2')
    await page.getByRole('list', { name: 'Lineage' }).getByRole('button', { name: /^From nothing 5\.36 M, imported/ }).waitFor()
    await press('3')
    await page.getByRole('table', { name: 'Size' }).getByRole('row', { name: /Parameters 5,358,275 the same/ }).waitFor()
    await press('1')
    await row('From nothing').waitFor()
  })

  it('can be exported into a folder that is picked', async () => {
    await press('e')
    await dialog().getByRole('switch', { name: 'ONNX' }).click()
    await dialog().getByRole('textbox', { name: 'Licence' }).fill('CC0-1.0')
    expect(await dialog().getByLabel('Name of the new folder').inputValue()).toBe('from-nothing')
    await dialog().getByRole('button', { name: 'Export model' }).click()
    await dialog().getByText(/\d files, .* MB, in .*from-nothing/).waitFor()
    const folder = join(home, 'from-nothing')
    expect(await readdir(folder)).toEqual(expect.arrayContaining(['README.md', 'config.json', 'model.safetensors']))
    expect(await readFile(join(folder, 'README.md'), 'utf8')).toContain('license: "CC0-1.0"')
    await dialog().getByRole('button', { name: 'Close' }).last().click()
    await dialog().waitFor({ state: 'detached' })
  })

  it('can be deleted, with their folder, after a question', async () => {
    await press('Delete')
    await dialog().getByText('on disk become free').waitFor()
    await dialog().getByRole('button', { name: 'Keep' }).click()
    await dialog().waitFor({ state: 'detached' })
    await row('From nothing').waitFor()
    await press('Delete')
    await dialog().getByRole('button', { name: 'Delete model' }).click()
    await row('From nothing').waitFor({ state: 'detached' })
    // The list leaves a model out from the first file that is gone.
    await expect.poll(() => existsSync(join(studio.dataDir, 'models', 'blank-slate'))).toBe(false)
    await details().getByRole('heading', { name: 'Nano FuseLIP' }).waitFor()
    expect(existsSync(join(home, 'from-nothing', 'model.safetensors'))).toBe(true)
  })

  it('leaves no errors on the page', () => {
    expect(errors).toEqual([])
  })
})
