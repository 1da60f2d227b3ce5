// Where the built parts lie, and where the studio keeps what is not part of a project.
import { join } from 'node:path'

export interface AppPaths {
  engineScript: string
  computeScript: string
  preloadScript: string
  rendererDir: string
  resourcesDir: string
}

/** `mainDir` is the folder of the built main script: `out/main`. */
export const appPaths = (mainDir: string): AppPaths => ({
  engineScript: join(mainDir, 'engine.js'),
  computeScript: join(mainDir, 'compute.js'),
  preloadScript: join(mainDir, '..', 'preload', 'index.cjs'),
  rendererDir: join(mainDir, '..', 'renderer'),
  resourcesDir: join(mainDir, '..', '..', 'resources'),
})

/** The value of `--project DIR` or `--project=DIR`; null opens the last project, or the sample. */
export function projectArgument(argv: readonly string[]): string | null {
  const inline = argv.find((argument) => argument.startsWith('--project='))
  if (inline) return inline.slice('--project='.length) || null
  const index = argv.indexOf('--project')
  return index >= 0 ? (argv[index + 1] ?? null) : null
}
