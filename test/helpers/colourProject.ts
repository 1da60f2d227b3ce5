// A small project of plain coloured pictures with captions, and an engine on it, for tests of the services.
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import sharp from 'sharp'
import { initialiseTitok } from '../../src/main/engine/compute/titok/initialise'
import { titokJson, type TitokConfig } from '../../src/main/engine/compute/titok/titokConfig'
import { createRandom } from '../../src/main/engine/compute/training/random'
import { writeSafetensors } from '../../src/main/engine/compute/weights/safetensors'
import { createEngine, createEngineClient, type Engine, type EngineClient } from '../../src/main/engine/engine'
import { createStore, type Store } from '../../src/main/engine/store/openStore'
import type { PairRow } from '../../src/main/engine/store/pairStore'
import { recipeSchema } from '../../src/shared/recipe'
import type { Job } from '../../src/shared/contract/entities'
import { FakeCompute } from './fakeCompute'
import { pairRow } from './pairRows'
import { writeTinyModel } from './tinyModel'

export const namedColours: Record<string, readonly [number, number, number]> = {
  red: [230, 20, 20], green: [20, 200, 30], blue: [20, 30, 230], yellow: [230, 220, 20], cyan: [20, 220, 230], magenta: [220, 20, 230],
}
const colourNames = Object.keys(namedColours)
const presetsDir = resolve(import.meta.dirname, '../../resources/presets')

export interface ColourProject {
  dir: string
  projectDir: string
  compute: FakeCompute
  engine: Engine
  client: EngineClient
  waitForJob(jobId: number): Promise<Job>
  /** Closes the engine and opens another on the same folders. */
  reopen(whileClosed?: () => void): Promise<void>
  dispose(): Promise<void>
}

async function addPicture(store: Store, colour: readonly number[], shade: number): Promise<number> {
  const background = { r: colour[0]! - shade, g: colour[1]! - shade, b: colour[2]! - shade }
  const bytes = await sharp({ create: { width: 8, height: 8, channels: 3, background } }).png().toBuffer()
  const hash = createHash('sha256').update(bytes).digest('hex')
  const relativePath = store.files.imageRelativePath(hash, 'png')
  await store.files.writeWhole(store.files.absolute(relativePath), bytes, { isDurable: false })
  return store.images.ensure({ hash, widthPx: 8, heightPx: 8, format: 'png', byteCount: bytes.length, relativePath, sourceName: `${colour.join('-')}.png` })
}

/** Per split: six caption pairs, and for train and test three edits (picture and “make it …” → picture). */
async function fill(store: Store): Promise<void> {
  const rows: PairRow[] = []
  let shade = 0
  for (const split of ['train', 'validation', 'test'] as const) {
    const imageIds = new Map<string, number>()
    shade += 3
    for (const name of colourNames) {
      const imageId = await addPicture(store, namedColours[name]!, shade)
      imageIds.set(name, imageId)
      rows.push(pairRow({ leftImageId: imageId, leftText: null, rightImageId: null, rightText: `a ${name} card of the ${split} set`, task: 'caption', split, status: 'accepted' }))
    }
    if (split === 'validation') continue
    for (const [from, to] of [['red', 'green'], ['green', 'blue'], ['blue', 'yellow']] as const) {
      rows.push(pairRow({ leftImageId: imageIds.get(from)!, leftText: `not ${from}, make it ${to} ${to} ${to}`, rightImageId: imageIds.get(to)!, rightText: null, task: 'edit', split, status: 'accepted' }))
    }
  }
  store.transaction(() => {
    const revision = store.project.nextRevision()
    for (const row of rows) store.pairs.insert(store.pairs.nextId(), row, revision)
  })
}

const tinyTokenizer: TitokConfig = {
  imageSizePx: 32, latentCount: 6, tokenSize: 4, codebookSize: 64, isNormalised: false, isLegacy: false, decoder: null, pixelStage: 'rgb',
  encoder: { patchPx: 8, gridSize: 4, width: 32, layerCount: 1, headCount: 1 },
}

/** Resources as they are in the product, with a tiny model and its tokenizer in place of the bundled ones. */
export async function writeResources(resourcesDir: string): Promise<void> {
  const modelDir = await writeTinyModel(join(resourcesDir, 'models'))
  const tokenizerDir = join(resourcesDir, 'models', 'tiny-titok')
  mkdirSync(tokenizerDir)
  const random = createRandom(5)
  await writeSafetensors(join(tokenizerDir, 'model.safetensors'), initialiseTitok(tinyTokenizer, () => random.next()))
  writeFileSync(join(tokenizerDir, 'config.json'), JSON.stringify(titokJson(tinyTokenizer)))
  renameSync(modelDir, join(resourcesDir, 'models', 'nano-fuselip'))
  writeFileSync(join(resourcesDir, 'models', 'nano-fuselip', 'README.md'), '# A tiny model\n')
  cpSync(presetsDir, join(resourcesDir, 'presets'), { recursive: true })
}

/** Writes `colours` (the project) and `resources` below a folder. */
export async function writeColourProject(dir: string): Promise<{ projectDir: string; resourcesDir: string }> {
  const projectDir = join(dir, 'colours')
  const resourcesDir = join(dir, 'resources')
  await writeResources(resourcesDir)
  const store = createStore(projectDir, { name: 'Colours', isSample: false })
  await fill(store)
  store.close()
  return { projectDir, resourcesDir }
}

export async function openColourProject(): Promise<ColourProject> {
  const dir = mkdtempSync(join(tmpdir(), 'fuselip-engine-'))
  const { projectDir, resourcesDir } = await writeColourProject(dir)
  const open = async () => {
    const compute = new FakeCompute()
    const engine = await createEngine({ projectDir, dataDir: join(dir, 'data'), resourcesDir, computeScript: resolve(import.meta.dirname, '../../out/main/compute.js'), host: 'cli', compute })
    return { compute, engine, client: createEngineClient(engine) }
  }
  const project: ColourProject = {
    dir, projectDir, ...(await open()),
    waitForJob: (jobId) => project.engine.services.jobs.wait(jobId),
    reopen: async (whileClosed) => {
      await project.engine.close()
      whileClosed?.()
      Object.assign(project, await open())
    },
    dispose: async () => {
      await project.engine.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
  return project
}

/** Short enough for a test, with every kind of event. */
export const shortRecipe = recipeSchema.parse({ epochs: 10, batchSize: 4, validateEverySteps: 10, checkpointEverySteps: 10, hardNegativesPerPair: 2 })
