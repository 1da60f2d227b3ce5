// Grid, table and map by keyboard alone: one filter, one selection, one focus; and what axe-core finds in table and map.
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { collectErrors, launchBrowser } from '../helpers/browser'
import { type RunningStudio, startStudio } from '../helpers/startStudio'

let studio: RunningStudio
let browser: Browser
let page: Page
let errors: string[]

const leaveField = (): Promise<unknown> => page.evaluate('document.activeElement?.blur()')
const pairCount = () => page.getByRole('search', { name: 'Filter pairs' }).getByRole('status')

async function violations(): Promise<string[]> {
  await page.evaluate(axe.source)
  const found = (await page.evaluate(`axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })`)) as axe.AxeResults
  return found.violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.html.slice(0, 200)} ${node.failureSummary ?? ''}`))
}

beforeAll(async () => {
  studio = await startStudio()
  browser = await launchBrowser()
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark', reducedMotion: 'reduce' })).newPage()
  page.setDefaultTimeout(30_000)
  errors = collectErrors(page)
  await page.goto(studio.url)
  await page.goto(`${studio.origin}/#/library`)
  await page.getByRole('listbox', { name: 'Pairs' }).waitFor()
})
afterAll(async () => {
  await browser?.close()
  await studio?.stop()
})

it('completes a filter by keys, and shows the same pairs as a table', async () => {
  await page.keyboard.press('/')
  await page.keyboard.type('tas')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.keyboard.type('transf')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await expect.poll(() => pairCount().textContent()).toBe('330 pairs')
  await leaveField()
  await page.keyboard.press('2')
  const table = page.getByRole('grid', { name: 'Pairs' })
  await table.focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Shift+ArrowDown')
  await page.getByRole('toolbar', { name: 'Selected pairs' }).getByText('2 selected').waitFor()
  expect(await violations()).toEqual([])
})

it('makes a map, keeps the selection, walks over points and selects what is in sight', async () => {
  await page.keyboard.press('3')
  await page.getByRole('radio', { name: 'PCA' }).focus()
  await page.keyboard.press('Space')
  const make = page.getByRole('button', { name: 'Make a map' })
  await make.focus()
  await page.keyboard.press('Enter')
  const map = page.getByRole('listbox', { name: 'Map of pairs' })
  await map.waitFor({ timeout: 240_000 })
  await page.getByText('330 match').waitFor()
  await page.getByRole('toolbar', { name: 'Selected pairs' }).getByText('2 selected').waitFor()
  await map.focus()
  const focused = (): Promise<string | null> => page.getByRole('complementary', { name: 'Details' }).getByRole('heading', { level: 2 }).first().textContent()
  await page.keyboard.press('ArrowRight')
  const first = await focused()
  await page.keyboard.press('ArrowLeft')
  await expect.poll(focused).not.toBe(first)
  expect(await violations()).toEqual([])
  await page.keyboard.press('v')
  await page.getByRole('toolbar', { name: 'Selected pairs' }).getByText('330 selected').waitFor()
})

it('looks near a text, nearest first, as a term of the filter', async () => {
  await page.keyboard.press('1')
  await page.keyboard.press('n')
  await page.keyboard.type('a violet wedge')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Stop looking near a violet wedge' }).waitFor()
  await expect.poll(() => page.getByRole('combobox', { name: 'Filter', exact: true }).inputValue()).toMatch(/near:\d+/)
  await page.getByRole('combobox', { name: 'Order' }).getByText('Nearest first').waitFor()
  expect(errors).toEqual([])
})
