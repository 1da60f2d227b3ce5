// The whole loop as a person does it, in a real browser on the running studio: review, undo, mine, judge, train, search,
// reload. The steps build on each other, so they run in order in one page.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collectErrors, launchBrowser } from '../helpers/browser'
import { type RunningStudio, startStudio } from '../helpers/startStudio'

let studio: RunningStudio
let browser: Browser
let page: Page
let errors: string[]

/** Checks again until it holds; the interface may take its time, but not for ever. */
async function eventually<Value>(read: () => Promise<Value>, holds: (value: Value) => boolean, patienceMs = 20_000): Promise<Value> {
  const endMs = Date.now() + patienceMs
  let value = await read()
  while (!holds(value)) {
    if (Date.now() > endMs) throw new Error(`Still ${JSON.stringify(value)} after ${patienceMs / 1000} s at ${page.url()}.`)
    await page.waitForTimeout(100)
    value = await read()
  }
  return value
}

const openView = async (label: string): Promise<void> => {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: label }).click()
  await page.waitForURL(new RegExp(`#/${label.toLowerCase()}`))
}

/** The number on a status filter of the Library, for example “Accepted 1,300”. */
async function countOf(status: string): Promise<number> {
  await openView('Library')
  const option = page.getByRole('search', { name: 'Filter pairs' }).getByRole('radio', { name: new RegExp(`^${status}`) })
  await option.waitFor()
  return eventually(async () => Number((await option.innerText()).replace(/\D/g, '')), Number.isFinite)
}

const shownPair = async (): Promise<string> => (await page.getByRole('article').first().getAttribute('aria-label')) ?? ''

/** Presses a decision key and waits for the next pair or candidate. */
async function decide(key: string): Promise<void> {
  const before = await shownPair()
  await page.keyboard.press(key)
  await eventually(shownPair, (now) => now !== before)
}

beforeAll(async () => {
  studio = await startStudio()
  browser = await launchBrowser()
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage()
  errors = collectErrors(page)
  page.setDefaultTimeout(20_000)
})
afterAll(async () => {
  await browser?.close()
  await studio?.stop()
})

describe('first light', () => {
  it('opens the sample project, without the token in the address bar', async () => {
    await page.goto(studio.url)
    await page.getByRole('navigation', { name: 'Views' }).waitFor()
    expect(page.url()).not.toContain(studio.token)
    expect(existsSync(join(studio.dataDir, 'sample-project'))).toBe(true)
    await openView('Library')
    const first = page.getByRole('listbox', { name: 'Pairs' }).getByRole('option').first()
    await first.waitFor()
    // What is inside an option has no role of its own.
    const picture = first.locator('img').first()
    await eventually(() => picture.evaluate((image) => ('naturalWidth' in image ? Number(image.naturalWidth) : 0)), (width) => width > 0)
  })

  it('reviews three pairs by keyboard and takes one back', async () => {
    const before = { unreviewed: await countOf('Unreviewed'), accepted: await countOf('Accepted'), rejected: await countOf('Rejected') }
    await openView('Review')
    await page.getByRole('article').first().waitFor()
    await decide('a')
    await decide('r')
    await decide('a')
    await eventually(() => countOf('Unreviewed'), (count) => count === before.unreviewed - 3)
    expect(await countOf('Accepted')).toBe(before.accepted + 2)
    expect(await countOf('Rejected')).toBe(before.rejected + 1)

    await page.keyboard.press('Control+z')
    await eventually(() => countOf('Unreviewed'), (count) => count === before.unreviewed - 2)
    expect(await countOf('Accepted')).toBe(before.accepted + 1)
  })

  it('mines hard negatives and judges one', async () => {
    await openView('Negatives')
    await page.getByRole('button', { name: 'Mine hard negatives' }).click()
    await page.getByRole('article', { name: /^Candidate/ }).waitFor({ timeout: 180_000 })
    await decide('1')
    await page.getByRole('radio', { name: 'Judged' }).click()
    await page.getByRole('article', { name: /^Candidate/ }).waitFor()
    expect(await page.getByRole('article', { name: /^Candidate/ }).innerText()).toContain('Negative')
    expect(await page.getByRole('main').getByRole('status').first().innerText()).toBe('1 of 1')
  })

  it('trains, and the loss chart moves while it does', async () => {
    await openView('Train')
    const form = page.getByRole('form', { name: 'New run' })
    await form.getByLabel('Name', { exact: true }).fill('First light')
    for (const [label, value] of [['Epochs', '2'], ['Validate every', '5'], ['Checkpoint every', '5']]) {
      const field = form.getByRole('spinbutton', { name: label as string })
      await field.fill(value as string)
      await field.press('Tab')
    }
    await form.getByRole('button', { name: 'Start training' }).click()
    const chart = page.getByRole('img', { name: /^Total/ })
    const points = async (): Promise<number> => Number((await chart.getAttribute('data-points')) ?? 0)
    const first = await eventually(points, (count) => count > 0, 120_000)
    await eventually(points, (count) => count > first, 60_000)
    await page.getByRole('heading', { name: 'First light' }).waitFor()
    await page.getByRole('row', { name: /First light/ }).getByText('Finished').waitFor({ timeout: 240_000 })
    expect(await points()).toBeGreaterThan(10)
  })

  it('searches with text, an image, and both', async () => {
    await openView('Search')
    const box = page.getByRole('textbox', { name: 'Search text' })
    const hits = page.getByRole('list', { name: /^Hits of/ }).first()
    const best = async (): Promise<string> => (await hits.getByRole('listitem').first().getAttribute('aria-label').catch(() => null)) ?? ''
    await box.fill('a rose heart')
    await box.press('Enter')
    await hits.getByRole('listitem').first().waitFor()
    const byText = await best()
    expect(byText).toMatch(/^Rank 1, score/)

    await page.getByRole('button', { name: 'Clear query' }).click()
    await page.getByLabel('Query picture file').setInputFiles(await pictureOfProject())
    await page.getByRole('img', { name: 'Query picture' }).waitFor()
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    const byImage = await eventually(best, (name) => name !== '' && name !== byText)
    // The picture is one of the project's own, so it finds itself.
    expect(Number(/score ([\d.]+)/.exec(byImage)?.[1])).toBeGreaterThan(0.9)

    await box.fill('flip horizontally')
    await box.press('Enter')
    await eventually(best, (name) => name !== '' && name !== byImage)
  })

  it('finds everything again after a reload', async () => {
    await page.reload()
    await openView('Train')
    await page.getByRole('row', { name: /First light/ }).getByText('Finished').waitFor()
    await eventually(async () => Number((await page.getByRole('img', { name: /^Total/ }).getAttribute('data-points')) ?? 0), (count) => count > 10)
    await openView('Negatives')
    await page.getByRole('radio', { name: 'Judged' }).click()
    await page.getByRole('article', { name: /^Candidate/ }).waitFor()
    expect(await countOf('Rejected')).toBe(1)
  })

  it('logged no error in the page and broke no policy', () => {
    expect(errors).toEqual([])
  })
})

/** The bytes of a picture of the project, as a person would have it on disk. */
async function pictureOfProject(): Promise<{ name: string; mimeType: string; buffer: Buffer }> {
  const answer = await page.request.get(`${studio.origin}/media/images/1/full`)
  return { name: 'query.png', mimeType: answer.headers()['content-type'] ?? 'image/png', buffer: await answer.body() }
}
