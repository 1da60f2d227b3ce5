// Two browser windows on one project: what one does shows in the other, and a text that both edit is chosen by keyboard.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { collectErrors, launchBrowser } from '../helpers/browser'
import { type RunningStudio, startStudio } from '../helpers/startStudio'

let studio: RunningStudio
let browser: Browser
let ada: Page
let ben: Page
/** Of each page, growing while it runs. */
const errors: string[][] = []

/** Opens Review at its first pair. */
async function openReview(): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 860 } })).newPage()
  page.setDefaultTimeout(20_000)
  errors.push(collectErrors(page))
  await page.goto(studio.url)
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Review' }).click()
  await page.getByRole('article').first().waitFor()
  return page
}
const shown = (page: Page): Promise<string | null> => page.getByRole('article').first().getAttribute('aria-label')
const caption = (page: Page) => page.getByRole('button', { name: /^Edit caption/ }).first()

beforeAll(async () => {
  studio = await startStudio()
  browser = await launchBrowser()
  ada = await openReview()
  ben = await openReview()
})
afterAll(async () => {
  await browser?.close()
  await studio?.stop()
})

describe('two windows', () => {
  it('know of each other, and of the pair that both look at', async () => {
    expect(await shown(ada)).toBe(await shown(ben))
    await ada.getByText('2 windows').waitFor()
    await ben.getByText(/Also open in Window \d/).waitFor()
  })

  it('let a person choose between two texts, by keyboard', async () => {
    await ben.keyboard.press('e')
    const field = ben.getByRole('textbox', { name: 'caption' })
    await field.waitFor()
    const before = await field.inputValue()
    await field.fill(`bright ${before}`)

    await ada.keyboard.press('e')
    await ada.getByRole('textbox', { name: 'caption' }).fill(`${before} at night`)
    await ada.keyboard.press('Enter')
    await ada.getByText(`${before} at night`).first().waitFor()

    await ben.keyboard.press('Enter')
    const dialog = ben.getByRole('dialog', { name: /was edited in another window/ })
    await dialog.waitFor()
    expect(await dialog.getByRole('textbox', { name: 'Merged text' }).inputValue()).toBe(`bright ${before} at night`)
    await ben.keyboard.press('3')
    await dialog.waitFor({ state: 'hidden' })
    await caption(ada).getByText(`bright ${before} at night`).waitFor()
  })

  it('take back their own edits only', async () => {
    const pair = await shown(ada)
    await ada.keyboard.press('r')
    await vi.waitFor(async () => expect(await shown(ada)).not.toBe(pair), 10_000)
    await ben.getByText(/decided in another window/).waitFor()
    // Ben's last edit is his text: his undo takes that back and leaves Ada's decision.
    await ben.keyboard.press('Control+z')
    await ben.getByText(/^Undone: edit the/).waitFor()
    await ada.keyboard.press('Control+z')
    await ada.getByText('Undone: reject 1 pair').waitFor()
    expect(await shown(ada)).toBe(pair)
  })

  it('logged no error', () => {
    expect(errors.flat()).toEqual([])
  })
})
