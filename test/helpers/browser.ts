// A real Chromium for the end-to-end tests, and what went wrong inside its pages.
import { type Browser, chromium, type Page } from 'playwright-core'
import { findChromium } from '../../scripts/findChromium.mjs'

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: findChromium(),
    // Chromium's own sandbox does not start for root, as which containers run.
    chromiumSandbox: process.platform !== 'linux' || process.getuid?.() !== 0,
    args: ['--disable-dev-shm-usage'],
  })

/** Collects what a page logs as an error: exceptions, refused policies, failed requests of its own. */
export function collectErrors(page: Page): string[] {
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(`exception: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`console: ${message.text()} (${message.location().url})`)
  })
  return errors
}
