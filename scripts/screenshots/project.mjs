// A project that looks as one does after an hour of work: mined, trained on twice, measured, partly reviewed and judged.
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from '../build.mjs'

const program = join(root, 'out', 'main', 'cli.js')
/** Half the batch of the quick preset gives twice the points on a chart for the same work. */
const recipe = ['--preset', 'quick', '--set', 'batchSize=32', '--set', 'epochs=2']
const commands = [
  ['tokenize'],
  ['mine'],
  ['check'],
  ['train', ...recipe, '--set', 'useHardNegatives=false', '--name', 'Random batches'],
  ['train', ...recipe, '--name', 'Hard negatives'],
  ['evaluate', '--model', 'bundled:nano'],
  ['evaluate', '--model', 'run:1:best'],
  ['evaluate', '--model', 'run:2:best'],
]

/** Runs the command line on a data folder; the sample project is made on the way. */
export function prepare(dataDir, note) {
  for (const parameters of commands) {
    const done = spawnSync(process.execPath, [program, ...parameters], { env: { ...process.env, FUSELIP_DATA_DIR: dataDir }, encoding: 'utf8' })
    if (done.status !== 0) throw new Error(`fuselip ${parameters.join(' ')} failed.\n${done.stderr}`)
    note(`fuselip ${parameters.join(' ')}`)
  }
}

export async function serve(dataDir) {
  const child = spawn(process.execPath, [program, 'serve', '--port', '0', '--no-open', '--json'], { env: { ...process.env, FUSELIP_DATA_DIR: dataDir }, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const line = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', (code) => reject(new Error(`The studio ended with code ${code}.`)))
  })
  const { url } = JSON.parse(line)
  const stop = () => {
    child.kill('SIGINT')
    return ended
  }
  return { url, origin: new URL(url).origin, stop }
}

/** Presses decision keys one by one, waiting for what comes next after each. */
async function decide(page, keys) {
  const article = page.getByRole('article').first()
  await article.waitFor()
  for (const key of keys) {
    const before = await article.getAttribute('aria-label')
    await page.keyboard.press(key)
    await page.waitForFunction((label) => document.querySelector('article')?.getAttribute('aria-label') !== label, before)
  }
}

/** Decides about some pairs by keyboard. Done before the mining, which would be out of date afterwards. */
export async function review(page) {
  await page.goto(`${new URL(page.url()).origin}/#/review`)
  await decide(page, ['a', 'a', 'r', 'a', 's', 'a', 'a'])
}

/** Judges some candidates by keyboard. */
export async function judge(page) {
  await page.goto(`${new URL(page.url()).origin}/#/negatives`)
  await decide(page, ['1', '1', '2', '1', '3', '1'])
}
