// A person who searches while a model trains waits for the search alone, not for the step that runs.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createEngine, createEngineClient, type Engine, type EngineClient } from '../../src/main/engine/engine'
import { recipeSchema } from '../../src/shared/recipe'
import { numberedTexts, writeTextProject } from '../helpers/textProject'

const root = resolve(import.meta.dirname, '../..')
const pairCount = 192
const recipe = recipeSchema.parse({ epochs: 1000, batchSize: pairCount, warmupSteps: 1, validateEverySteps: 1000, checkpointEverySteps: 1000, useHardNegatives: false })

let dir = ''
let engine: Engine
let client: EngineClient
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fuselip-queries-'))
  writeTextProject(join(dir, 'texts'), { pairCount, texts: numberedTexts })
  engine = await createEngine({
    projectDir: join(dir, 'texts'), dataDir: join(dir, 'data'), resourcesDir: join(root, 'resources'), computeScript: join(root, 'out/main/compute.js'), host: 'cli',
  })
  client = createEngineClient(engine)
})
afterEach(async () => {
  await engine.close()
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 })
})

it('answers several searches within one step', async () => {
  const search = (text: string) => client.search.query({ text, modelIds: ['bundled:nano'], target: 'texts' })
  const quiet = (await search('small red circles, left')).columns[0]!
  const { runId } = await client.runs.start({ name: '', recipe })
  const stepOf = async (): Promise<number> => (await client.runs.get({ runId })).step
  while (await stepOf() === 0) await new Promise((settle) => setTimeout(settle, 20))
  const before = await stepOf()
  const searches = 12
  for (let index = 0; index < searches; index += 1) await search(`small red circles, number ${index}`)
  // Where a search takes its turn between two steps, each of them costs one.
  expect(await stepOf() - before).toBeLessThan(searches / 2)
  const trained = (await search('small red circles, left')).columns[0]!
  expect(trained.hits.map(({ pair, side, score }) => [pair.id, side, score])).toEqual(quiet.hits.map(({ pair, side, score }) => [pair.id, side, score]))
  await client.runs.stop({ runId })
}, 120_000)
