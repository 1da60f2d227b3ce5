// Finds the Chromium that the end-to-end tests and the screenshots drive. Run by itself it prints the path, or fails.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge']
const places = [
  '/usr/bin', '/usr/local/bin', '/snap/bin', '/usr/lib/chromium',
  ...(process.env.PATH ?? '').split(delimiter),
]
const elsewhere = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
]

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export const advice = 'No Chromium was found. Install one (Debian and Ubuntu: `sudo apt-get install chromium`), or name it with CHROMIUM_PATH=/path/to/chromium.'

/** CHROMIUM_PATH wins, and must then be right. Throws with advice when there is none. */
export function findChromium(environment = process.env) {
  const chosen = environment.CHROMIUM_PATH
  if (chosen) {
    if (isExecutable(chosen)) return chosen
    throw new Error(`CHROMIUM_PATH names ${chosen}, which cannot be run.`)
  }
  const found = [...names.flatMap((name) => places.filter(Boolean).map((place) => join(place, name))), ...elsewhere].find(isExecutable)
  if (!found) throw new Error(advice)
  return found
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    process.stdout.write(`${findChromium()}\n`)
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}
