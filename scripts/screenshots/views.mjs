// What is done in each view before its picture is taken, and how to tell that the view has loaded.

/** Chooses from one of the studio's own lists. */
async function choose(page, label, option) {
  await page.getByRole('combobox', { name: label, exact: true }).click()
  await page.getByRole('option', { name: option }).first().click()
}

async function chooseRuns(page) {
  await page.getByRole('row', { name: /hard negatives/i }).getByRole('button').click()
  await page.getByRole('heading', { name: /hard negatives/i, level: 2 }).waitFor()
}

async function ask(page, text) {
  const box = page.getByRole('textbox', { name: 'Search text' })
  await box.fill(text)
  await box.press('Enter')
  await page.getByRole('list', { name: /^Hits of/ }).first().waitFor()
}

/** By file name, in the order in which the pictures are taken; each is named `NAME-dark.png` and `NAME-light.png`. */
export const views = {
  'library': {
    at: 'library',
    act: async (page) => {
      await page.getByRole('radio', { name: 'Grid' }).click()
      await page.getByRole('listbox', { name: 'Pairs' }).getByRole('option').nth(2).click()
      await page.getByRole('complementary', { name: 'Details' }).getByRole('heading', { level: 2 }).waitFor()
    },
  },
  'table': {
    at: 'library',
    act: async (page) => {
      await page.getByRole('radio', { name: 'Table' }).click()
      await page.getByRole('grid', { name: 'Pairs' }).getByRole('row').nth(4).click()
      await page.getByRole('button', { name: 'Counts by value' }).click()
      await page.getByRole('complementary', { name: 'Counts by value' }).waitFor()
    },
  },
  'map': {
    at: 'library',
    act: async (page) => {
      const counts = page.getByRole('complementary', { name: 'Counts by value' })
      if (await counts.isVisible()) await page.getByRole('button', { name: 'Counts by value' }).click()
      await page.getByRole('radio', { name: 'Map' }).click()
      const map = page.getByRole('listbox', { name: 'Map of pairs' })
      const make = page.getByRole('button', { name: 'Make a map' })
      await map.or(make).first().waitFor()
      if (await make.isVisible()) await make.click()
      await map.waitFor({ timeout: 300_000 })
      await choose(page, 'Colour by', 'Task')
      await map.focus()
      await page.keyboard.press('ArrowRight')
      await page.getByRole('group', { name: 'Colours: Task' }).waitFor()
    },
  },
  'quality': {
    at: 'quality',
    act: async (page) => {
      await page.getByRole('button', { name: /^Low agreement/ }).click()
      await page.locator('main img').first().waitFor()
    },
  },
  'make': {
    at: 'make',
    act: async (page) => {
      await page.getByRole('button', { name: 'New region' }).click()
      for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight']) await page.keyboard.press(key)
    },
  },
  'review': { at: 'review', act: (page) => page.getByRole('article').waitFor() },
  'negatives': { at: 'negatives', act: (page) => page.getByRole('article').waitFor() },
  'train': {
    at: 'train',
    act: async (page) => {
      await chooseRuns(page)
      await choose(page, 'Compare with', 'Random batches')
      await page.waitForFunction(() => [...document.querySelectorAll('[data-points]')].every((chart) => Number(chart.getAttribute('data-points')) > 1))
    },
  },
  'evaluate': {
    at: 'train',
    act: async (page) => {
      await chooseRuns(page)
      await page.getByRole('tab', { name: 'Evaluate' }).click()
      await page.getByRole('table', { name: 'Retrieval before and after' }).getByText(/^[+−]/).first().waitFor()
    },
  },
  'search': {
    at: 'search',
    act: async (page) => {
      await ask(page, 'a violet wedge over an ivory tile')
    },
  },
  'compare': {
    at: 'search',
    act: async (page) => {
      const hits = page.getByRole('list', { name: /^Hits of/ })
      const clear = page.getByRole('button', { name: 'Clear query' })
      if (await clear.isVisible()) await clear.click()
      // The last example asks with a picture and words.
      await page.getByRole('region', { name: 'Example queries' }).getByRole('button').last().click()
      await page.getByRole('img', { name: 'Query picture' }).waitFor()
      await hits.first().waitFor()
      await choose(page, 'Second model', /hard negatives.*best/i)
      await hits.nth(1).waitFor()
    },
  },
  'models': {
    at: 'models',
    act: async (page) => {
      await page.getByRole('radio', { name: 'Lineage' }).click()
      await page.getByRole('list', { name: 'Lineage' }).getByRole('button', { name: /tuned/ }).first().click()
      await page.getByRole('region', { name: 'Origin' }).getByRole('img').first().waitFor()
    },
  },
  'inspector': {
    at: 'inspector',
    act: async (page) => {
      await page.getByRole('button', { name: 'Choose', exact: true }).click()
      await page.getByRole('searchbox', { name: 'Words of the pair' }).fill('wedge over')
      await page.getByRole('button', { name: /^Inspect pair .*wedge over/ }).first().click()
      await page.getByRole('tab', { name: 'Hidden tokens' }).click()
      const tokens = page.getByRole('toolbar', { name: 'Tokens' }).getByRole('button')
      for (const place of [3, 17, 34, 36]) await tokens.nth(place).click()
      await page.getByRole('img', { name: 'With the expected codes' }).waitFor()
    },
  },
  'settings': { at: 'settings', act: (page) => page.getByRole('radiogroup', { name: 'Device' }).getByRole('radio').nth(1).waitFor() },
}

/** Waits until nothing on the page is still on its way: words that say so, pictures, charts, fonts. */
export async function settle(page) {
  for (const notice of await page.getByRole('button', { name: 'Dismiss', exact: true }).all()) await notice.click()
  await page.waitForFunction(() => {
    const busy = document.querySelector('[aria-busy="true"], .animate-spin, .animate-pulse')
    const pictures = [...document.images].filter((image) => {
      const box = image.getBoundingClientRect()
      return box.width > 2 && box.bottom > 0 && box.top < window.innerHeight
    })
    return !busy && pictures.every((image) => image.complete && image.naturalWidth > 0) && document.fonts.status === 'loaded'
  })
  await page.mouse.move(720, 899)
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur())
  // Charts draw one frame after their numbers are there.
  await page.waitForTimeout(400)
}
