// A package for the published trainer: tables with real quoting, pictures that exist, and a checkpoint that comes back.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Papa from 'papaparse'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { importModel } from '../../src/main/engine/compute/library/importModel'
import { readWeightFile } from '../../src/main/engine/compute/weights/weightFiles'
import { tableColumns } from '../../src/main/engine/services/scaleOut/pairTable'
import { writePackage, type PackageRequest } from '../../src/main/engine/services/scaleOut/writePackage'
import { writeSnapshot } from '../../src/main/engine/services/snapshots/writeSnapshot'
import { verifySnapshot } from '../../src/main/engine/services/snapshots/verifySnapshot'
import { defaultRecipe } from '../../src/shared/recipe'
import { openColourProject, shortRecipe } from '../helpers/colourProject'
import { quiet } from '../helpers/importing'
import { hostileTexts, outProject } from '../helpers/outProject'
import { pickle, zipFile } from '../helpers/pytorchFile'
import { temporaryFolder } from '../helpers/temporaryFolder'

const root = temporaryFolder()
const resources = join(import.meta.dirname, '..', '..', 'resources')
const packageDir = join(root, 'package')
type Row = Record<(typeof tableColumns)[number], string>
const table = (name: string): Row[] => {
  const { data, errors } = Papa.parse<Row>(readFileSync(join(packageDir, name), 'utf8'), { header: true, skipEmptyLines: true })
  expect(errors).toEqual([])
  return data
}
const request = (change: Partial<PackageRequest> = {}): PackageRequest => ({
  snapshotFolder: join(root, 'snapshot'), snapshotSha256: 'abc', scaleOutDir: join(resources, 'scaleOut'), slug: 'a-run', recipe: defaultRecipe, recipeOrigin: 'a test', baseModelId: 'bundled:nano',
  size: 'small', isOwnSize: false, contextLength: 180, precision: 'amp', gpuCount: 8, gpuKind: 'A100', nodeCount: 1, writeStart: null, ...change,
})

beforeAll(async () => {
  const store = await outProject(join(root, 'project'))
  mkdirSync(join(root, 'snapshot'))
  mkdirSync(packageDir)
  await writeSnapshot(store, join(root, 'snapshot'), { name: 'Data | one', scope: { filter: { query: '' }, except: [] }, scopeText: 'all pairs', licence: null, notes: '', createdBy: 'test' }, { ...quiet, onProblem: () => undefined })
  store.close()
  const result = await writePackage(packageDir, request(), { ...quiet, onPhase: () => undefined })
  expect(result).toEqual({ trainCount: table('train.csv').length, validationCount: table('validation.csv').length, groupCount: 3 })
})

test('the tables hold the accepted training pairs and the validation pairs, texts unharmed', () => {
  const train = table('train.csv')
  expect(Object.keys(train[0]!)).toEqual([...tableColumns])
  const captions = hostileTexts.filter((_, index) => index % 3 === 0)
  expect(train.filter(row => row.task === 'caption').map(row => row.caption).sort()).toEqual([...captions].sort())
  expect(train.find(row => row.task === 'vqa')).toMatchObject({ edit: 'how many?', caption: 'two', output_image: '' })
  // Validation pairs are those of the third texts, unreviewed, and one transformation without any text.
  expect(table('validation.csv').filter(row => row.task === 'caption').map(row => row.caption).sort()).toEqual(hostileTexts.filter((_, index) => index % 3 === 1).sort())
  expect(table('validation.csv').every(row => row.group === '')).toBe(true)
})

test('every path is relative, inside the package, and a picture; derived ones are drawn', async () => {
  const paths = [...table('train.csv'), ...table('validation.csv')].flatMap(row => [row.input_image, row.output_image]).filter(path => path !== '')
  for (const path of paths) {
    expect(path).toMatch(/^images\/[0-9a-f]{2}\/[0-9a-f]{64}\.(png|jpg|webp)$/)
    expect((await sharp(join(packageDir, path)).metadata()).width).toBeGreaterThan(0)
  }
  const region = table('train.csv').find(row => row.task === 'region')!
  expect(await sharp(join(packageDir, region.output_image)).metadata()).toMatchObject({ width: 12, height: 9, format: 'png' })
})

test('rows of a group stand together, and each group has at least two', () => {
  const groups = table('train.csv').map(row => row.group)
  const runs = groups.filter((group, index) => group !== '' && group !== groups[index - 1])
  expect(new Set(runs).size).toBe(runs.length)
  for (const group of runs) expect(groups.filter(other => other === group).length).toBeGreaterThan(1)
})

test('the README says how to run it, what is not carried over, and how it comes back; checksums fit', async () => {
  const card = readFileSync(join(packageDir, 'README.md'), 'utf8')
  expect(card).toContain('Data \\| one')
  expect(card).toContain('fuselip models import logs/a-run/checkpoints/epoch_final.pt')
  expect(card).toContain('`remineEveryEpochs = 4`: the trainer does not mine')
  expect(card).toContain('trains the published size “small”')
  expect(readdirSync(packageDir).sort()).toEqual(['README.md', 'checksums.sha256', 'images', 'recipe.json', 'sky.yaml', 'train.csv', 'train.sh', 'train_pairs.py', 'validation.csv'])
  expect(await verifySnapshot(packageDir, null, quiet)).toMatchObject({ differenceCount: 0 })
})

test('a checkpoint as the trainer saves it comes back: state_dict, module. before every name, configuration above', async () => {
  const golden = join(import.meta.dirname, '..', 'fixtures', 'golden', 'fuselip')
  const weights = await readWeightFile(join(golden, 'pytorch_model.bin'))
  const files: Record<string, Uint8Array> = {}
  const entries = [...weights].map(([name, { shape, data }], index): [string, Buffer] => {
    files[`epoch_final/data/${index}`] = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1))
    return [`module.${name}`, pickle.tensor(pickle.storage('FloatStorage', String(index), data.length), 0, [...shape], strides)]
  })
  const checkpoint = pickle.dictionary([['epoch', pickle.int(8)], ['name', pickle.text('a-run')], ['state_dict', pickle.dictionary(entries)]])
  const run = join(root, 'logs', 'a-run')
  mkdirSync(join(run, 'checkpoints'), { recursive: true })
  writeFileSync(join(run, 'fuse-clip-config.json'), readFileSync(join(golden, 'config.json')))
  writeFileSync(join(run, 'checkpoints', 'epoch_final.pt'), zipFile({ 'epoch_final/data.pkl': pickle.file(checkpoint), ...files }))
  const take = (sourcePath: string, name: string) => importModel({ sourcePath, modelDir: join(root, name), tokenizersDir: join(root, 'tokenizers'), knownTokenizers: {}, record: { name } }, () => undefined, quiet.signal)
  expect(await take(join(run, 'checkpoints', 'epoch_final.pt'), 'wrapped')).toMatchObject({ kind: 'fuselip' })
  await take(golden, 'plain')
  const [wrapped, plain] = await Promise.all(['wrapped', 'plain'].map(name => readWeightFile(join(root, name, 'model.safetensors'))))
  expect([...wrapped!.keys()].sort()).toEqual([...plain!.keys()].sort())
  for (const [name, { data }] of plain!) expect(wrapped!.get(name)!.data).toEqual(data)
})

const colours = { current: null as Awaited<ReturnType<typeof openColourProject>> | null }
afterAll(() => colours.current?.dispose())

test('through the contract: a job writes the package, and weights of another size are refused', async () => {
  const project = colours.current = await openColourProject()
  const { client } = project
  mkdirSync(join(project.dir, 'resources', 'scaleOut'))
  writeFileSync(join(project.dir, 'resources', 'scaleOut', 'train_pairs.py'), '# here\n')
  const created = await client.snapshots.create({ name: 'colours', scope: { filter: { query: '' } } })
  await project.waitForJob(created.jobId)
  const { id: snapshotId } = (await client.snapshots.list({}))[0]!
  const folderToken = project.engine.services.picker.tokenForPath(project.dir)
  const { jobId } = await client.snapshots.scaleOut({ snapshotId, folderToken, folderName: 'Cluster', recipe: shortRecipe, gpuKind: 'L4', gpuCount: 2 })
  expect(await project.waitForJob(jobId)).toMatchObject({ state: 'done', summary: expect.stringMatching(/^9 training and 6 validation pairs, \d+ groups, in /) as string })
  expect(readFileSync(join(project.dir, 'Cluster', 'sky.yaml'), 'utf8')).toContain('accelerators: "L4:2"')
  await expect(client.snapshots.scaleOut({ snapshotId, folderToken, folderName: 'Cluster', recipe: shortRecipe })).rejects.toMatchObject({ code: 'conflict' })
  await expect(client.snapshots.scaleOut({ snapshotId, folderToken, folderName: 'Other', recipe: shortRecipe, withWeights: true })).rejects.toMatchObject({ code: 'bad-input' })
  await expect(client.snapshots.scaleOut({ snapshotId, folderToken, folderName: 'Other', recipe: shortRecipe, gpuKind: '"; rm' })).rejects.toMatchObject({ code: 'bad-input' })
})
