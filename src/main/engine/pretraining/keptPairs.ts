// Drawing and tokenizing the pairs of a long training takes minutes; an interrupted one that goes on finds them in its work
// folder. They are made again when anything that they were made from differs.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import type { ToyboxPairs } from './toyboxPairs'

/** @param madeFrom everything that decides what `make` gives */
export async function keptPairs(workDir: string, name: string, madeFrom: object, make: () => Promise<ToyboxPairs>): Promise<ToyboxPairs> {
  const path = join(workDir, `${name}.pairs`)
  const key = JSON.stringify(madeFrom)
  const kept = await readFile(path).catch(() => null)
  if (kept !== null) {
    const { key: keptKey, ...pairs } = deserialize(kept) as ToyboxPairs & { key: string }
    if (keptKey === key) return pairs
  }
  const made = await make()
  await mkdir(workDir, { recursive: true })
  await writeFile(`${path}.new`, serialize({ key, ...made }))
  await rename(`${path}.new`, path)
  return made
}
