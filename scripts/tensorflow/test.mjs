// `npm run test:tensorflow`: holds the linked TensorFlow to the compiled engine. Says loudly when there is none to test.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..')
const folder = process.env.FUSELIP_TENSORFLOW_DIR ?? join(root, '.cache', 'tensorflow')

if (!existsSync(join(folder, 'link.json'))) {
  process.stderr.write('\nNOT TESTED: no TensorFlow is linked, so nothing was compared.\nRun `npm run tensorflow:link` first (about 1.3 GB).\n\n')
} else {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', 'vitest.tensorflow.config.ts', ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' })
  process.exitCode = status ?? 1
}
