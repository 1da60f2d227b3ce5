// Projects that were opened before: `recent-projects.json` in the data folder, newest first.
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { replaceFile } from '../compute/weights/replaceFile'
import { isProjectDir } from '../store/projectFiles'

const entrySchema = z.object({ projectDir: z.string(), name: z.string(), lastOpenedAtMs: z.number() })
export type RecentProject = z.infer<typeof entrySchema>

const longestList = 20

export class RecentProjects {
  readonly #dataDir: string
  readonly #path: string

  constructor(dataDir: string) {
    this.#dataDir = dataDir
    this.#path = join(dataDir, 'recent-projects.json')
  }

  /** Projects that are still there. A list that cannot be read counts as empty: it is only a convenience. */
  list(): RecentProject[] {
    try {
      return z.array(entrySchema).parse(JSON.parse(readFileSync(this.#path, 'utf8'))).filter(({ projectDir }) => isProjectDir(projectDir))
    } catch {
      return []
    }
  }

  async remember(projectDir: string, name: string): Promise<void> {
    const others = this.list().filter(entry => entry.projectDir !== projectDir)
    const entries = [{ projectDir, name, lastOpenedAtMs: Date.now() }, ...others].slice(0, longestList)
    await mkdir(this.#dataDir, { recursive: true })
    await replaceFile(this.#path, file => file.writeFile(`${JSON.stringify(entries, null, 2)}\n`))
  }
}
