// Every view and layer, dark and light, under axe-core's rules for WCAG 2 A and AA, in a real browser on the sample
// project; and a walk through the views with the keyboard alone.
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { viewNames } from '../helpers/viewNames'
import { launchBrowser } from '../helpers/browser'
import { type RunningStudio, startStudio } from '../helpers/startStudio'

let studio: RunningStudio
let browser: Browser

async function openPage(colorScheme: 'dark' | 'light'): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme, reducedMotion: 'reduce' })).newPage()
  page.setDefaultTimeout(20_000)
  await page.goto(studio.url)
  await page.getByRole('navigation', { name: 'Views' }).waitFor()
  return page
}

/** One line per element that breaks a rule, so that a failure says where to look. */
async function findViolations(page: Page): Promise<string[]> {
  // Asked from outside: waiting inside the page would evaluate text there, which its content policy forbids.
  await expect.poll(() => page.evaluate(isAtRest), { timeout: 20_000 }).toBe(true)
  await page.evaluate(axe.source)
  const { violations } = (await page.evaluate(`axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })`)) as axe.AxeResults
  return violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.html.slice(0, 200)} ${node.failureSummary?.split('\n').slice(1).join(';').trim() ?? ''}`))
}

// Scripts for the page, as text, because this file is checked without the names of a browser.
const isAtRest = `document.querySelector('.animate-spin, .animate-pulse, [aria-busy="true"]') === null`
const leaveField = 'document.activeElement?.blur()'
/** The element in focus when nothing on the page marks it. A field draws its ring on the control around it, the grid on a pair. */
const describeHiddenFocus = `(() => {
  const element = document.activeElement
  if (!element || element === document.body) return null
  const marked = [element, element.closest('.control'), element.querySelector('[role="option"][id]')].filter(Boolean)
  const hasRing = marked.some((each) => {
    const style = getComputedStyle(each)
    return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none'
  })
  return hasRing ? null : element.outerHTML.slice(0, 160)
})()`

beforeAll(async () => {
  studio = await startStudio()
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await studio?.stop()
})

describe.each(['dark', 'light'] as const)('accessibility, %s', (colorScheme) => {
  let page: Page
  beforeAll(async () => {
    page = await openPage(colorScheme)
  })
  afterAll(() => page?.context().close())

  it.each(viewNames)('finds nothing wrong in %s', async (view) => {
    await page.goto(`${studio.origin}/#/${view}`)
    await page.locator('main h1').waitFor({ state: 'attached' })
    await page.waitForTimeout(300)
    expect(await findViolations(page)).toEqual([])
  })

  it.each([['the lineage', '2'], ['a comparison', '3'], ['the pull', 'p'], ['the import', 'i'], ['the creation', 'n'], ['the export', 'e'], ['the deletion', 'Delete']])('finds nothing wrong in %s of models', async (_name, key) => {
    await page.goto(`${studio.origin}/#/models`)
    await page.getByRole('complementary', { name: 'Model details' }).waitFor()
    await page.evaluate(leaveField)
    await page.keyboard.press(key)
    if (key.length > 1 || /[a-z]/.test(key)) await page.getByRole('dialog').waitFor()
    await page.waitForTimeout(300)
    expect(await findViolations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  it.each([['the keys', 'Shift+?'], ['the command palette', 'Control+k'], ['the import', 'Control+i']])('finds nothing wrong in %s', async (_name, keys) => {
    await page.goto(`${studio.origin}/#/library`)
    await page.getByRole('listbox', { name: 'Pairs' }).waitFor()
    await page.keyboard.press(keys)
    await page.getByRole('dialog').waitFor()
    await page.waitForTimeout(300)
    expect(await findViolations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })
})

describe('the keyboard alone', () => {
  it('reaches every view, and finds its keys under ?', async () => {
    const page = await openPage('dark')
    for (const [keys, title] of [['l', 'Library'], ['r', 'Review'], ['n', 'Negatives'], ['t', 'Train'], ['s', 'Search'], ['m', 'Models']] as const) {
      if (title !== 'Library') await page.keyboard.press('Escape')
      await page.evaluate(leaveField)
      await page.keyboard.press('g')
      await page.keyboard.press(keys)
      await page.waitForURL(new RegExp(`#/${title.toLowerCase()}`))
      await page.evaluate(leaveField)
      await page.keyboard.press('Shift+?')
      await page.getByRole('dialog', { name: `Keys in ${title}` }).waitFor()
      expect(await page.getByRole('dialog').getByRole('listitem').count()).toBeGreaterThan(5)
    }
    await page.context().close()
  })

  it('shows where the focus is, on every stop of Tab', async () => {
    const page = await openPage('dark')
    for (const view of viewNames) {
      await page.goto(`${studio.origin}/#/${view}`)
      await page.waitForTimeout(300)
      const hidden: string[] = []
      for (let stop = 0; stop < 25; stop += 1) {
        await page.keyboard.press('Tab')
        const found = (await page.evaluate(describeHiddenFocus)) as string | null
        if (found) hidden.push(found)
      }
      expect(hidden, view).toEqual([])
    }
    await page.context().close()
  })
})
