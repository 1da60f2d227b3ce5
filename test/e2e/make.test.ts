// Making pairs in a real browser on the running studio, by keyboard: a region is drawn, phrased, seen in the Library and undone;
// transformations and splits run as jobs; and nothing wrong under axe-core in any part.
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
  await page.getByRole('option').first().waitFor()
})
afterAll(async () => {
  await browser?.close()
  await studio?.stop()
})

const pressAll = async (...keys: string[]): Promise<void> => { for (const key of keys) await page.keyboard.press(key) }
/** Out of a field, so that single keys work again. */
const leaveField = (): Promise<unknown> => page.evaluate('document.activeElement?.blur()')
/** A theme that was changed fades in: colours are judged when they have arrived. */
const isAtRest = `document.getAnimations().every(({ playState }) => playState !== 'running') && document.querySelector('.animate-spin, [aria-busy="true"]') === null && [...document.images].every((image) => image.complete && image.naturalWidth > 0)`
const box = () => page.getByRole('application')

async function findViolations(): Promise<string[]> {
  const found: string[] = []
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme })
    await expect.poll(() => page.evaluate(isAtRest), { timeout: 30_000 }).toBe(true)
    await page.evaluate(axe.source)
    const { violations } = (await page.evaluate(`axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })`)) as axe.AxeResults
    found.push(...violations.flatMap((violation) => violation.nodes.map((node) => `${colorScheme} ${violation.id}: ${node.html.slice(0, 160)}`)))
  }
  return found
}

describe('making pairs', () => {
  it('draws a box by keyboard, phrases it, shows the pair and takes it back', async () => {
    await pressAll('g', 'p')
    await page.waitForURL(/#\/make/)
    await page.getByRole('button', { name: 'New region' }).waitFor()
    await page.keyboard.press('n')
    await box().waitFor()
    expect(await box().getAttribute('aria-label')).toBe('Box, 43 × 43 px at 43, 43')
    await pressAll('ArrowLeft', 'ArrowLeft', 'Shift+ArrowDown', 'Alt+ArrowUp')
    expect(await box().getAttribute('aria-label')).toBe('Box, 43 × 46 px at 37, 42')
    await page.keyboard.press('Enter')
    await page.keyboard.type('a quiet corner')
    expect(await findViolations()).toEqual([])
    await page.keyboard.press('Enter')
    const region = page.getByRole('button', { name: 'Edit the region a quiet corner' })
    await region.waitFor()
    // In the Library it is a pair of picture and phrase with the part, 43 by 46 pixels of it.
    await leaveField()
    await pressAll('g', 'l')
    await page.getByRole('combobox', { name: 'Filter' }).fill('task:region quiet')
    const pair = page.getByRole('listbox', { name: 'Pairs' }).getByRole('option')
    await expect.poll(() => pair.count(), { timeout: 30_000 }).toBe(1)
    expect(await pair.locator('img').count()).toBe(2)
    await leaveField()
    await page.keyboard.press('Control+z')
    await page.getByText('Nothing matches').waitFor()
    await page.keyboard.press('Control+Shift+z')
    await expect.poll(() => pair.count(), { timeout: 30_000 }).toBe(1)
    await pair.click()
    await page.keyboard.press('Delete')
    await page.getByText('Nothing matches').waitFor()
    await page.keyboard.press('Control+z')
    await expect.poll(() => pair.count(), { timeout: 30_000 }).toBe(1)
  })

  it('makes transformations of the pairs of the filter as a job', async () => {
    await page.getByRole('combobox', { name: 'Filter' }).fill('split:validation')
    await leaveField()
    await pressAll('g', 'p')
    await page.getByRole('tab', { name: 'Transformations' }).waitFor()
    await page.keyboard.press('5')
    await page.getByText('What each family makes of picture').waitFor()
    expect(await findViolations()).toEqual([])
    await page.getByLabel('Stay plain').fill('0')
    await page.keyboard.press('Tab')
    await expect.poll(() => page.getByLabel('Outcome').innerText(), { timeout: 30_000 }).toMatch(/Pictures\s+(\d+)\s+Transformed\s+\1\b/)
    await page.keyboard.press('Control+Enter')
    await page.getByLabel('Make transformations', { exact: true }).getByText(/pairs in (\d+) groups from \1 pictures/).waitFor()
  })

  it('previews splits without leaks, and writes texts by a template, each by keyboard', async () => {
    await leaveField()
    await page.keyboard.press('7')
    await page.getByRole('group', { name: 'Leaks now' }).waitFor()
    expect(await findViolations()).toEqual([])
    await page.keyboard.press('Control+Enter')
    await page.getByLabel('Split pairs', { exact: true }).getByText(/pairs moved, .* sets of pairs kept together/).waitFor()
    await page.keyboard.press('6')
    await page.keyboard.press('n')
    await page.keyboard.type('seen: {{rightText|lower}')
    await page.getByText('A brace closes at character').waitFor()
    await page.getByLabel('Template', { exact: true }).last().fill('seen: {rightText|lower}')
    await page.getByText(/pairs get a new text/).waitFor()
    expect(await findViolations()).toEqual([])
  })

  it('takes a text that was pasted as a new pair', async () => {
    await leaveField()
    await page.evaluate(`(() => {
      const data = new DataTransfer()
      data.setData('text/plain', 'what is in the picture?')
      document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
    })()`)
    await page.getByLabel('Caption').fill('nothing at all')
    await page.keyboard.press('Control+Enter')
    await page.getByText('1 pair made').waitFor()
    expect(await findViolations()).toEqual([])
    for (const key of ['2', '3']) {
      await leaveField()
      await page.keyboard.press(key)
      await page.getByRole('tabpanel').waitFor()
      expect(await findViolations()).toEqual([])
    }
  })

  it('logged no error', () => expect(errors).toEqual([]))
})
