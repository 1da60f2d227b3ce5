// The imports of the repository go one way, and the rules really refuse those that do not.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkLayers, root } from './support'

describe('layers', () => {
  it('holds in the whole source tree', () => {
    expect(checkLayers(root)).toEqual([])
  })

  it('refuses an import against every rule', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fuselip-layers-'))
    const files: Record<string, string> = {
      'src/shared/thing.ts': "import { readFileSync } from 'node:fs'\nexport const thing = readFileSync",
      'src/shared/plain.ts': 'export const plain = 1',
      'src/renderer/reaching.ts': "import { serve } from '../main/server/serve'\nimport { join } from 'node:path'\nexport const reaching = [serve, join]",
      'src/main/server/serve.ts': "import { windowOf } from '../app/window'\nexport const serve = windowOf",
      'src/main/app/window.ts': 'export const windowOf = 1',
      'src/main/engine/router/router.ts': 'export const router = 1',
      'src/main/engine/services/service.ts': "import { router } from '../router/router'\nexport const service = router",
      'src/main/engine/store/store.ts': "import { service } from '../services/service'\nexport const store = service",
      'src/main/engine/compute/step.ts': "import { store } from '../store/store'\nexport const step = store",
      'src/main/engine/toybox/scene.ts': "import { step } from '../compute/step'\nexport const scene = step",
      'src/main/engine/services/sql.ts': "import { DatabaseSync } from '@photostructure/sqlite'\nexport const sql = DatabaseSync",
      'src/main/engine/services/shell.ts': "import { app } from 'electron'\nexport const shell = app",
      'src/main/engine/services/one.ts': "import { two } from './two'\nexport const one = () => two",
      'src/main/engine/services/two.ts': "import { one } from './one'\nexport const two = () => one",
    }
    try {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true })
        await writeFile(join(folder, path), `${text}\n`)
      }
      for (const name of ['tsconfig.base.json', 'node_modules', 'package.json']) await symlink(join(root, name), join(folder, name))
      const refused = new Set(checkLayers(folder).map((violation) => `${violation.rule} ${violation.from}`))
      for (const expected of [
        'shared-is-pure src/shared/thing.ts',
        'renderer-knows-shared-only src/renderer/reaching.ts',
        'renderer-is-a-web-page src/renderer/reaching.ts',
        'hosts-do-not-import-each-other src/main/server/serve.ts',
        'services-below-router src/main/engine/services/service.ts',
        'store-is-sql-only src/main/engine/store/store.ts',
        'compute-is-tensors-only src/main/engine/compute/step.ts',
        'toybox-is-data src/main/engine/toybox/scene.ts',
        'sql-in-store-only src/main/engine/services/sql.ts',
        'engine-without-electron src/main/engine/services/shell.ts',
        'electron-in-app-only src/main/engine/services/shell.ts',
      ]) expect([...refused], expected).toContain(expected)
      expect([...refused].some((violation) => violation.startsWith('no-circular'))).toBe(true)
      expect([...refused].some((violation) => violation.endsWith('plain.ts'))).toBe(false)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
