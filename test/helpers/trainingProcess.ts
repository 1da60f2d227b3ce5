// A process of its own that trains, so that a test can kill it: prints each step that the store holds.
// Arguments: folder of the colour project, recipe as JSON.
import { join, resolve } from 'node:path'
import { createEngine, createEngineClient } from '../../src/main/engine/engine'
import { recipeSchema } from '../../src/shared/recipe'

const [dir = '', recipe = '{}'] = process.argv.slice(2)
const engine = await createEngine({
  projectDir: join(dir, 'colours'), dataDir: join(dir, 'data'), resourcesDir: join(dir, 'resources'),
  computeScript: resolve(import.meta.dirname, '../../out/main/compute.js'), host: 'cli',
})
const client = createEngineClient(engine)
const { runId } = await client.runs.start({ name: 'Killed', recipe: recipeSchema.parse(JSON.parse(recipe)) })
for (;;) {
  const { lastMetric } = await client.runs.get({ runId })
  process.stdout.write(`${lastMetric?.step ?? 0}\n`)
  await new Promise((resolve) => setTimeout(resolve, 5))
}
