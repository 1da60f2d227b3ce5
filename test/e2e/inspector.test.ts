// The token inspector in a real browser on the running studio: from a pair of the Library to its codes, to hidden tokens, to the
// use of the codebook, with the bundled models at work; and nothing wrong under axe-core in any of its parts.
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collectErrors, launchBrowser } from '../helpers/browser'
import { type RunningStudio, startStudio } from '../helpers/startStudio'

let studio: RunningStudio
let browser: Browser
let page: Page
let errors: string[]

beforeAll(async () => {
  studio = await startStudio()
  browser = await launchBrowser()
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' })).newPage()
  errors = collectErrors(page)
  page.setDefaultTimeout(60_000)
  await page.goto(studio.url)
})
afterAll(async () => {
  await browser?.close()
  await studio?.stop()
})

// Scripts for the page, as text, because this file is checked without the names of a browser.
// A theme that was changed fades in: colours are judged when they have arrived.
const isAtRest = `document.getAnimations().every(({ playState }) => playState !== 'running') && document.querySelector('.animate-spin, [aria-busy="true"]') === null && [...document.images].every((image) => image.complete && image.naturalWidth > 0)`
const settle = (): Promise<void> => expect.poll(() => page.evaluate(isAtRest), { timeout: 30_000 }).toBe(true)
const picture = (name: string) => page.getByRole('img', { name, exact: true })
const addressOf = async (name: string): Promise<string> => (await picture(name).getAttribute('src')) ?? ''
const tokens = () => page.getByRole('toolbar', { name: 'Tokens' }).getByRole('button')

async function findViolations(): Promise<string[]> {
  const found: string[] = []
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme })
    await settle()
    await page.evaluate(axe.source)
    const { violations } = (await page.evaluate(`axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })`)) as axe.AxeResults
    found.push(...violations.flatMap((violation) => violation.nodes.map((node) => `${colorScheme} ${violation.id}: ${node.html.slice(0, 160)}`)))
  }
  return found
}

describe('the inspector', () => {
  it('opens on the pair in focus in the Library, and shows what its codes bring back', async () => {
    await page.getByRole('combobox', { name: 'Filter', exact: true }).fill('wedge over')
    // The list that was there before takes no part: a click into it would be lost with it.
    const third = page.getByRole('option').nth(2)
    await expect.poll(() => third.innerText(), { timeout: 30_000 }).toMatch(/(?=.*wedge)(?=.*over)/s)
    await third.click()
    await page.keyboard.press('x')
    await page.waitForURL(/#\/inspector/)
    await page.getByRole('grid', { name: 'Codes' }).waitFor()
    expect(await page.getByRole('gridcell').count()).toBe(32)
    await settle()
    expect(new Set([await addressOf('Original'), await addressOf('Reconstruction'), await addressOf('Difference')]).size).toBe(3)
    const figures = await page.getByRole('region', { name: 'Figures' }).innerText()
    expect(figures).toMatch(/PSNR\s+\d+\.\d\d dB/)
    expect(figures).toMatch(/SSIM\s+0\.\d{4}/)
    expect(figures).toContain('32 × 10 bit = 40 B')
    expect(await findViolations()).toEqual([])
  })

  it('shows what the rival of a code would change, by keyboard', async () => {
    const before = await addressOf('Reconstruction')
    await page.getByRole('gridcell').first().focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowRight')
    await picture('With the rival').waitFor()
    expect(await addressOf('With the rival')).not.toBe(before)
    await page.getByText(/Place 17: code \d+, not counted yet/).waitFor()
    await page.keyboard.press('Escape')
    await picture('Reconstruction').waitFor()
    expect(await addressOf('Reconstruction')).toBe(before)
  })

  it('predicts hidden words and codes, and draws the picture with those codes', async () => {
    await page.keyboard.press('2')
    await tokens().first().waitFor()
    await tokens().nth(4).click()
    await page.keyboard.press('w')
    await page.getByRole('region', { name: /^Place 3[3-9]/ }).first().waitFor()
    const card = await page.getByRole('region', { name: /^Place 3[3-9]/ }).first().innerText()
    expect(card).toMatch(/\d+\.\d %/)
    await page.keyboard.press('Escape')
    await tokens().nth(4).click()
    await tokens().nth(20).click()
    await page.getByRole('region', { name: /^Place 20, code/ }).waitFor()
    await picture('With the expected codes').waitFor()
    const second = page.getByRole('region', { name: /^Place 4, code/ }).getByRole('button', { name: /^Draw code/ }).nth(1)
    await second.click()
    await page.getByRole('img', { name: /^With code \d+ in place 4$/ }).waitFor()
    expect(await findViolations()).toEqual([])
  })

  it('counts the use of the codebook over a split, and keeps it over a reload', async () => {
    await page.keyboard.press('3')
    await page.getByRole('combobox', { name: 'Set of pictures' }).click()
    await page.getByRole('option', { name: 'Test split' }).click()
    await page.getByRole('button', { name: 'Count codebook use' }).click()
    await page.getByRole('table', { name: 'Most frequent codes' }).waitFor({ timeout: 240_000 })
    const inUse = await page.getByText(/of 1,024$/).first().innerText()
    expect(Number(inUse.split(' ')[0]!.replace(',', ''))).toBeGreaterThan(50)
    expect(await findViolations()).toEqual([])
    await page.reload()
    await page.getByRole('tab', { name: 'Codebook use' }).click()
    await page.getByRole('combobox', { name: 'Set of pictures' }).click()
    await page.getByRole('option', { name: 'Test split' }).click()
    await page.getByText(inUse).waitFor()
  })

  it('leaves no error behind, and keeps its drawings behind the door', async () => {
    expect(errors).toEqual([])
    await page.keyboard.press('1')
    await picture('Original').waitFor()
    const address = `${studio.origin}${await addressOf('Original')}`
    expect((await page.request.get(address)).status()).toBe(200)
    expect((await fetch(address)).status).toBe(401)
    expect((await page.request.get(`${studio.origin}/media/drawings/${'0'.repeat(64)}`)).status()).toBe(404)
  })
})
